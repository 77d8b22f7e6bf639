"""A newsletter's busy week: everything at work on one state, each killed again and again."""

from __future__ import annotations

import os
import random
import sqlite3
from contextlib import closing

import pytest

from tests.support.busy_week import BusyWeek
from tests.support.newsroom import serving

pytestmark = pytest.mark.soak

DAYS = int(os.environ.get("SOAK_DAYS", "6"))
SEED = int(os.environ.get("SOAK_SEED", "11"))


def test_a_busy_week_of_kills_keeps_every_promise(tmp_path):
    """Nobody is mailed after her 200 nor lost nor doubled beyond the bound; all files are whole."""
    week = BusyWeek(tmp_path, random.Random(SEED))
    with serving(week.server):
        week.open()
        try:
            for _ in range(DAYS):
                week.day()
        finally:
            week.close()
        print(week.told())
        assert week.breaches() == []
        assert week.room.run("run").code == 0, "no lock is left, nothing is to do"
        assert week.room.run("subscribers", "check").code == 0
    with closing(sqlite3.connect(week.room.state / "digest.db")) as ledger:
        assert ledger.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert ledger.execute("PRAGMA foreign_key_check").fetchall() == []
    assert week.server.violations == []
