"""Letters in a real browser: Chromium, as the system installs it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.support.browsing import FLAGS, find_chromium
from tests.support.newsroom import warm_newsrooms


@pytest.fixture(scope="session", autouse=True)
def _warm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with warm_newsrooms(tmp_path_factory.mktemp("warm")):
        yield


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """For no longer than a module: its event loop would stand in the way of others' tests."""
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=find_chromium(), args=FLAGS)
        yield browser
        browser.close()
