"""Marks a state that moves to another database, so that nothing is written where it was.

A run that still has the old config would mail everybody twice, and a page would take wishes to
leave that nobody reads. So before the first row is copied, triggers in the file refuse every
write, of programs that have it open as well, and stay for good. Two places tell where the state
went: the file's `meta` and `state.json`, for a file restored from a backup has no triggers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from digest.errors import StorageError
from digest.storage.schema import meta, metadata
from digest.storage.state_marker import save_marker

#: What the file's `meta` and `state.json` say: "moving" or "moved" ("" of who stayed), where to,
#: and since when (ISO 8601).
_FACTS = ("move", "moved_to", "moved_at")
_TRIGGER = "handed_over"
#: What to do about a program that looks for a file although the state is a server's.
TELL_WHERE = "set storage.url in config.yaml, or its environment variable where this runs"


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """Where a state goes, and since when; `done`: it is there."""

    place: str
    at: str
    done: bool

    @property
    def day(self) -> str:
        return self.at[:10]


def move_of(facts: Mapping[str, str]) -> Move | None:
    """What a file's `meta`, or `state.json`, says of a move."""
    if not facts.get("move"):
        return None
    return Move(
        place=facts.get("moved_to", ""),
        at=facts.get("moved_at", ""),
        done=facts["move"] == "moved",
    )


def refuse_moved(path: Path, facts: Mapping[str, str]) -> None:
    """Let a state pass that is where it was.

    Raises:
        StorageError: it was moved, or is about to be; the line says where to.
    """
    move = move_of(facts)
    if move is None:
        return
    if move.done:
        raise StorageError(f"{path}: was moved to {move.place} on {move.day}; {TELL_WHERE}")
    raise StorageError(
        f"{path}: is being moved to {move.place} since {move.day}; `digest db copy` finishes it,"
        " `digest db copy --abandon` takes it back"
    )


def begin_move(connection: sa.Connection, move: Move) -> None:
    """Refuse all writes to the file from now on, in a transaction of its own."""
    _tell(connection, move)
    words = f"was handed over to {move.place} (digest db copy)".replace("'", "''")
    for table in _fenced():
        for verb in ("INSERT", "UPDATE", "DELETE"):
            connection.exec_driver_sql(
                f"CREATE TRIGGER IF NOT EXISTS {_name(table, verb)} BEFORE {verb} ON {table}"
                f" BEGIN SELECT RAISE(ABORT, '{words}'); END"
            )


def end_move(connection: sa.Connection, move: Move) -> None:
    """The state is where it was to go; the triggers stay."""
    _tell(connection, move)


def abandon_move(connection: sa.Connection) -> None:
    """Take writes again, as if nothing had been."""
    connection.execute(meta.delete().where(meta.c.name.in_(_FACTS)))
    for table in _fenced():
        for verb in ("INSERT", "UPDATE", "DELETE"):
            connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {_name(table, verb)}")


def mark_folder(folder: Path, move: Move | None) -> None:
    """Say the same in `state.json`; None: the state stays.

    Raises:
        StorageError: it cannot be written.
    """
    if move is None:
        save_marker(folder, **dict.fromkeys(_FACTS, ""))
    else:
        save_marker(folder, **_facts(move))


def _facts(move: Move) -> dict[str, str]:
    word = "moved" if move.done else "moving"
    return dict(zip(_FACTS, (word, move.place, move.at), strict=True))


def _tell(connection: sa.Connection, move: Move) -> None:
    connection.execute(meta.delete().where(meta.c.name.in_(_FACTS)))
    rows = [{"name": name, "value": value} for name, value in _facts(move).items()]
    connection.execute(meta.insert(), rows)


def _fenced() -> list[str]:
    return [name for name in metadata.tables if name != meta.name]


def _name(table: str, verb: str) -> str:
    return f"{_TRIGGER}_{table}_{verb.lower()}"
