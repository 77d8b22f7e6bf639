"""A table of members in a real database, SQLite's or PostgreSQL's, for lists that are a query."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from tests.support.postgres import fresh_database

KINDS = ("sqlite", "postgresql")


@dataclass(frozen=True)
class Members:
    """A database; `url` is what an entry of `subscribers.lists` says, `place` what messages do."""

    kind: str
    url: str
    place: str
    folder: Path

    def do(self, *statements: str, rows: Sequence[Sequence[Any]] = ()) -> None:
        """Statements, the last one with each of the `rows` if there are any."""
        if self.kind == "sqlite":
            with closing(sqlite3.connect(self.folder / "members.db")) as database, database:
                for statement in statements[: -1 if rows else None]:
                    database.execute(statement)
                if rows:
                    database.executemany(statements[-1].replace("%s", "?"), rows)
            return
        with psycopg.connect(self.url) as server, server.cursor() as cursor:
            for statement in statements[: -1 if rows else None]:
                cursor.execute(statement.encode())
            if rows:
                cursor.executemany(statements[-1].encode(), rows)

    def count(self) -> int:
        if self.kind == "sqlite":
            with closing(sqlite3.connect(self.folder / "members.db")) as database:
                return int(database.execute("SELECT count(*) FROM members").fetchone()[0])
        with psycopg.connect(self.url) as server:
            found = server.execute("SELECT count(*) FROM members").fetchone()
            assert found
            return int(found[0])

    def entry(self, query: str = "SELECT * FROM members ORDER BY email", **more: Any) -> Any:
        """An entry of `subscribers.lists`."""
        return {"name": "members", "query": query, "url": self.url, **more}


@contextmanager
def members_in(kind: str, folder: Path) -> Iterator[Members]:
    """An empty table `members (email, name, themes)`, whose database is beside config.yaml or
    on a server.
    """
    if kind == "sqlite":
        members = Members(kind, "sqlite:///members.db", "members.db", folder)
        members.do("CREATE TABLE members (email TEXT, name TEXT, themes TEXT)")
        yield members
        return
    with fresh_database() as url:
        place = f"postgresql://localhost/{url.partition('?')[0].rpartition('/')[2]}"
        members = Members(kind, url, place, folder)
        members.do("CREATE TABLE members (email TEXT, name TEXT, themes TEXT)")
        yield members
