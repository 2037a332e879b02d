"""The main story tells the truth: it ends with 0 when every step holds, and with 1 at the first that
does not.
"""

import asyncio
import dataclasses
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ops.demo.children import served
from ops.demo.command import Demo
from ops.demo.pki import DemoPki
from ops.demo.samples import Sample
from ops.demo.story import STEPS, tell
from ops.stack import EngineAddresses
from repository.settings import Settings
from tests.factories import District
from tests.stories.letters import signed_letter, trust


@pytest.fixture
async def demo(
    settings: Settings, engines: EngineAddresses, district: District, tmp_path: Path, request
) -> AsyncIterator[Demo]:
    """Service and worker as child processes over the test's database, and one signed letter to tell the
    story with.
    """
    pki = DemoPki.open(tmp_path / "pki")
    letter = await asyncio.to_thread(signed_letter, pki)
    path = tmp_path / "cong-dien.pdf"
    path.write_bytes(letter.content)
    trusted = dataclasses.replace(settings, port=0, trust_anchors=trust(pki) if request.param else "")
    # The last step looks for the store's own files: they lie where the engines were started.
    seen = dataclasses.replace(trusted, data=engines.search_dir.parent)
    async with served(trusted, say=print) as address:
        yield Demo(address, seen, "", [Sample("van-phong/x", path, letter.metadata, "agency+person")])


@pytest.mark.parametrize("demo", [True], indirect=True)
async def test_every_step_holds(demo: Demo) -> None:
    lines: list[str] = []
    status = await tell(demo, lines.append)
    assert status == 0, "\n".join(lines)
    assert len(lines) == len(STEPS) + 1 and all(": ĐẠT – " in line for line in lines[:-1])


@pytest.mark.parametrize("demo", [False], indirect=True)
async def test_a_step_that_does_not_hold_ends_the_story_and_is_named(demo: Demo) -> None:
    """Nobody trusts the signers' certificates: the second step must say so."""
    lines: list[str] = []
    assert await tell(demo, lines.append) == 1
    assert len(lines) == 2 and lines[1].startswith(" 2. Kiểm tra chữ ký") and "KHÔNG ĐẠT" in lines[1]
