"""Any byte changed anywhere: refused in words, or what a package says and holds is what it was. Nothing crashes."""

import asyncio
import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from repository.archive_packages import reading
from repository.archive_packages.contents import Found, Kind, from_json
from tests.repository.archive_packages.scene import OPTIONS, Bent, by_hand

EXAMPLES = int(os.environ.get("TANGTHU_MUTATIONS", "60"))


@pytest.fixture(scope="module")
def whole() -> tuple[bytes, Found]:
    """An AIP that is packed tightly, as others pack, and what it says."""
    with tempfile.TemporaryDirectory() as folder:
        content = asyncio.run(by_hand(Kind.AIP, Path(folder)))
        path = Bent.of(content).write(Path(folder) / "x.zip")
        return path.read_bytes(), from_json(reading.read(str(path), OPTIONS)["found"])


def judge(path: Path, known: Found) -> None:
    answer = reading.read(str(path), OPTIONS)
    if "refused" in answer:
        assert answer["refused"]
        return
    found = from_json(answer["found"])
    assert found.contents.fields == known.contents.fields
    for one, other in zip(found.contents.documents, known.contents.documents, strict=True):
        assert (one.fields, one.process) == (other.fields, other.process)
        assert [each.sha256 for each in one.files] == [each.sha256 for each in other.files]


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.data())
def test_a_byte_of_the_file(whole: tuple[bytes, Found], data: st.DataObject) -> None:
    content, known = bytearray(whole[0]), whole[1]
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(content) - 1))
        content[at] ^= data.draw(st.integers(1, 255))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.zip"
        path.write_bytes(content)
        judge(path, known)


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.data())
def test_a_byte_of_a_member(whole: tuple[bytes, Found], data: st.DataObject) -> None:
    """Packed again, so that the zip's own checks say nothing."""
    bent, known = Bent.of(whole[0]), whole[1]
    name = data.draw(st.sampled_from(sorted(bent.files)))
    content = bytearray(bent.files[name])
    at = data.draw(st.integers(0, len(content) - 1))
    content[at] ^= data.draw(st.integers(1, 255))
    bent.files[name] = bytes(content)
    with tempfile.TemporaryDirectory() as folder:
        path = bent.write(Path(folder) / "x.zip")
        if name.endswith(f"{bent.top}/METS.xml"):
            judge(path, known)  # nobody vouches for it but whoever sent it; what it names stays what it was
        else:
            assert name.partition("/")[2] in reading.read(str(path), OPTIONS)["refused"]
