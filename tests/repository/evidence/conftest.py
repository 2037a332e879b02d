"""The scene is made once: forging and verifying need no engines."""

from pathlib import Path

import pytest

from ops.stack import EngineAddresses
from repository.evidence.verify import Outcome, verify
from tests.repository.evidence import scene as scenes


@pytest.fixture(scope="session")
def scene(engines: EngineAddresses, tmp_path_factory: pytest.TempPathFactory) -> scenes.Scene:
    return scenes.make(engines, tmp_path_factory.mktemp("evidence"))


@pytest.fixture
def judged(tmp_path: Path):
    """Verifies bytes as a file."""

    def run(content: bytes, **options: object) -> Outcome:
        path = tmp_path / "goi.zip"
        path.write_bytes(content)
        return verify(path, **options)

    return run
