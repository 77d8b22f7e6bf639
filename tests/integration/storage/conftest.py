"""What is kept is kept alike in a file and on PostgreSQL: these tests run on both."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.ledgers import close_ledgers
from tests.support.state import on_postgres

#: Modules whose rules are of the state, whichever database it is kept in.
_BOTH = (
    "test_breakdown",
    "test_freeze",
    "test_ledger",
    "test_suppressions",
    "test_unruly",
    "test_upgrade",
)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if metafunc.module.__name__.rpartition(".")[2] in _BOTH:
        metafunc.parametrize("kept_in", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture(autouse=True)
def kept_in(request: pytest.FixtureRequest) -> Iterator[str]:
    """Where `new_database` keeps its state: sqlite or postgresql."""
    kind = getattr(request, "param", "sqlite")
    if kind == "sqlite":
        yield kind
        return
    with on_postgres():
        yield kind
        close_ledgers()
