"""What is kept is kept alike in a file and on PostgreSQL: tests marked `both` run on each."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.newsroom import warm_newsrooms


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if metafunc.definition.get_closest_marker("both"):
        metafunc.parametrize("kept_in", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture(scope="session", autouse=True)
def _warm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with warm_newsrooms(tmp_path_factory.mktemp("warm")):
        yield


@pytest.fixture(autouse=True)
def kept_in(request: pytest.FixtureRequest) -> Iterator[str]:
    """Where `new_database` keeps its state: sqlite or postgresql."""
    kind = getattr(request, "param", "sqlite")
    if kind == "sqlite":
        yield kind
        return
    from tests.support.ledgers import close_ledgers
    from tests.support.state import on_postgres

    with on_postgres():
        yield kind
        close_ledgers()
