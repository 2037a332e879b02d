"""A site of one's own for each story, and the one browser that they share."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from repository.settings import Settings
from tests.stories.live import ARGUMENTS, CHROMIUM, Live, Visitors, serving


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield opened
        opened.close()


@pytest.fixture
def live(settings: Settings) -> Iterator[Live]:
    with serving(settings) as opened:
        yield opened


@pytest.fixture
def visitors(browser: Browser, live: Live) -> Iterator[Visitors]:
    opened = Visitors(browser, live)
    yield opened
    opened.leave()
