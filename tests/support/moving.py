"""A state that real runs made, to be moved to PostgreSQL; and all that a database says."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg

from digest.app.house import House
from digest.config import load_config
from digest.model import EmailAddress
from digest.storage.copying import columns_of, copied_tables
from digest.storage.leaving import Leavers
from tests.support.inside import inside
from tests.support.newsroom import Newsroom, counting_server
from tests.support.returned import status_report
from tests.support.smtp_server import Rule, ScriptedServer

Rows = dict[str, list[tuple[Any, ...]]]
READERS = [f"reader{n:02d}@example.org" for n in range(20)]
LATE, GONE, LOST = "late@example.org", "gone@example.org", "lost@example.org"
EVENING = "evening@example.org"
LEFT, LEAVING, BOUNCED = READERS[0], READERS[1], READERS[2]
#: Who has no letter of the day yet and is to have one.
WAITING = {LATE, EVENING, "second@example.org"}


@dataclass(frozen=True)
class Lived:
    """A newsroom after its first day, and the server that it mails by."""

    room: Newsroom
    server: ScriptedServer


@contextmanager
def lived_in(folder: Path) -> Iterator[Lived]:
    """Of the day's letters most are sent, one deferred, one rejected, one unknown, one for the
    evening, one left by a killed run; one reader left by hand, one by her link, one bounced.
    """
    rules = [
        Rule("rcpt", recipient="late@", reply="451 4.7.0 later", times=1),
        Rule("rcpt", recipient="gone@", reply="550 5.1.1 no such user"),
        Rule("dot", recipient="lost@", drop="before", times=1),
    ]
    with counting_server(*rules) as server:
        room = Newsroom(folder)
        room.mail_by(server.port)
        for name in ("new", "cur", "tmp"):
            (folder / "Maildir" / name).mkdir(parents=True)
        room.configure(
            newsletter={"bounces": "bounces@example.org"},
            bounces={"maildir": "Maildir"},
            delivery={"unknown": "hold"},
            subscribers={"lists": ["readers.yaml", {"path": "plain.csv", "templates": "plain"}]},
        )
        known = [*READERS, LATE, GONE, LOST]
        rows: list[dict[str, str]] = [{"email": each, "name": "A\\b"} for each in known]
        room.write_readers([*rows, {"email": EVENING, "send_at": "20:00"}])
        room.write("plain.csv", "email,name\nsecond@example.org,Second\nplain@example.org,\n")
        assert inside(room, "run").code == 3
        (back,) = {taken.sender for taken in server.accepted if taken.recipient == BOUNCED}
        room.write("Maildir/new/1", status_report(back, recipient=BOUNCED))
        assert inside(room, "bounces").code == 0
        assert inside(room, "subscribers", "suppress", LEFT).code == 0
        _leave_by_link(room)
        with closing(sqlite3.connect(room.state / "digest.db")) as database, database:
            # As a run leaves it that is killed before the second letter of a connection.
            database.execute(
                "UPDATE delivery SET state = 'claimed', stage = '', code = 0, words = ''"
                " WHERE address = 'second@example.org'"
            )
        server.accepted[:] = [t for t in server.accepted if t.recipient != "second@example.org"]
        yield Lived(room, server)


def _leave_by_link(room: Newsroom) -> None:
    config = load_config(room.folder / "config.yaml")
    house = House(config=config, clock=lambda: datetime.now(UTC), environ={})
    try:
        reader = house.reader_id(EmailAddress.parse(LEAVING))
        leavers = Leavers(house.database)
        at = datetime.now(UTC)
        leavers.leave([reader], reason="left", source="link", at=at, kind="unsubscribe")
        leavers.close()
    finally:
        house.close()


def of_file(folder: Path) -> Rows:
    """Every row of every table of a state in a file."""
    with closing(sqlite3.connect(folder / "digest.db")) as database:
        return {
            table.name: sorted(
                database.execute(f"SELECT {columns_of(table)} FROM {table.name}"), key=repr
            )
            for table in copied_tables()
        }


def of_server(url: str) -> Rows:
    """The same of a server's database."""
    found: Rows = {}
    with psycopg.connect(url) as server:
        for table in copied_tables():
            rows = server.execute(f"SELECT {columns_of(table)} FROM {table.name}".encode())
            plain = (tuple(map(_as_in_file, row)) for row in rows)
            found[table.name] = sorted(plain, key=repr)
    return found


def _as_in_file(cell: Any) -> Any:
    return int(cell) if isinstance(cell, bool) else cell


def twin(room: Newsroom, folder: Path) -> Newsroom:
    """A newsroom with the same state in another folder."""
    shutil.copytree(room.folder, folder)
    other = Newsroom.__new__(Newsroom)
    other.__dict__.update(room.__dict__, folder=folder, settings=dict(room.settings), environ={})
    other.configure()
    return other
