"""What reaches a person's terminal."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import timedelta

import pytest

from digest.cli.voice import Voice


@pytest.fixture(autouse=True)
def _root() -> Iterator[None]:
    root = logging.getLogger()
    before = root.level, root.handlers[:]
    yield
    root.setLevel(before[0])
    root.handlers[:] = before[1]


@pytest.mark.parametrize("verbose", [0, 2])
def test_what_the_driver_and_the_queue_say_for_themselves_reaches_nobody(verbose, capsys):
    Voice().listen(verbose, None, timedelta())
    for name in ("psycopg", "psycopg.pool", "procrastinate.worker"):
        logging.getLogger(name).error("query not terminated after cancellation")
    logging.getLogger("digest.cluster.worker").warning("the server is away")
    assert capsys.readouterr().err == "digest: the server is away\n"
