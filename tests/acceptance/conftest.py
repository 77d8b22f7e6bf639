"""The command line from outside; a command that a test waits for starts from a warm process."""

from collections.abc import Iterator

import pytest

from tests.support.newsroom import warm_newsrooms


@pytest.fixture(scope="session", autouse=True)
def _warm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with warm_newsrooms(tmp_path_factory.mktemp("warm")):
        yield
