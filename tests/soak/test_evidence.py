"""Evidence of a dossier of 200 papers, fetched in a browser and proven by a process that has nothing but the file."""

from pathlib import Path

import pytest

from repository.settings import Settings
from tests.stories.conftest import browser, live, visitors
from tests.stories.live import Live, Visitors
from tests.stories.test_evidence_browser import told_by

__all__ = ["browser", "live", "visitors"]

COUNT = 200


@pytest.mark.soak
@pytest.mark.timeout(900)
def test_two_hundred_papers(live: Live, visitors: Visitors, settings: Settings, tmp_path: Path) -> None:
    package = told_by(live, visitors, tmp_path, COUNT, patience=600_000)
    assert package.stat().st_size > 1_000_000
