"""After a power cut the ledger is whole and knows everything that was on the disk."""

from __future__ import annotations

import random
import sqlite3
from itertools import pairwise
from pathlib import Path

from digest.model import OutcomeKind
from digest.storage.ledger import EditionLedger
from digest.storage.state_marker import NAME as MARKER
from tests.support.state import KEY, NOW, freeze_readers, new_database, outcome, reader

CUTS = 200
States = dict[str, str]


def _states(path: Path) -> States:
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    found = dict(connection.execute("SELECT address_key, state FROM delivery"))
    connection.close()
    return found


def test_a_log_cut_anywhere_behind_the_last_sync_loses_no_commit(tmp_path: Path) -> None:
    """What was not synced, and is there in part or as other bytes, counts for nothing."""
    chance = random.Random(20261123)
    run, cut = tmp_path / "run", tmp_path / "cut"
    with new_database(run) as database:
        freeze_readers(database, [reader(f"r{n:02}") for n in range(60)])
    log = run / "digest.db-wal"
    main = (run / "digest.db").read_bytes()
    logs: list[bytes] = [b""]
    states: list[States] = [_states(run / "digest.db")]

    def note() -> None:
        logs.append(log.read_bytes())
        with database.read() as connection:
            rows = connection.exec_driver_sql("SELECT address_key, state FROM delivery")
            states.append({row[0]: row[1] for row in rows})

    with new_database(run) as database:
        ledger = EditionLedger(database, KEY)
        while claimed := ledger.claim(4, NOW):
            note()
            ledger.record(claimed, (), NOW)
            note()
            ledger.record((), [(each, outcome(OutcomeKind.SENT)) for each in claimed], NOW)
            note()
        assert (run / "digest.db").read_bytes() == main  # all of it is in the log alone
    assert all(len(a) < len(b) for a, b in pairwise(logs))
    cut.mkdir(mode=0o700)
    (cut / MARKER).write_bytes((run / MARKER).read_bytes())
    for _ in range(CUTS):
        step = chance.randrange(len(logs) - 1)
        synced, later = len(logs[step]), logs[step + 1]
        end = chance.randint(synced, len(later) - 1)
        junk = chance.randbytes(chance.choice([0, 0, 100, 5_000]))
        (cut / "digest.db").write_bytes(main)
        (cut / "digest.db-wal").write_bytes(later[:end] + junk)
        (cut / "digest.db-shm").unlink(missing_ok=True)
        new_database(cut).close()
        assert _states(cut / "digest.db") == states[step]
