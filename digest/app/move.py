"""Moves the state from its file in the state folder into the PostgreSQL database of `storage`.

    fence     "moving" is told; the file refuses all writes from here on, whoever has it open
    copy      everything in one transaction of the server, read back and compared, then COMMIT
    mark      "moved" is told, in the file and in state.json

Killed before COMMIT, nothing is there, and nothing can be written here: a repeated copy begins
anew, or `abandon_copy` takes the fence away. Killed after it, a repeated copy finds the state there
and only marks it. Whoever has the old config is refused from the fence on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace

from digest.app.house import House
from digest.errors import StorageAway, StorageError, UsageError
from digest.storage.copying import count_rows, facts_of
from digest.storage.database import NAME, SqliteDatabase, open_database
from digest.storage.lock import run_lock
from digest.storage.moving import (
    Move,
    abandon_move,
    begin_move,
    end_move,
    mark_folder,
    move_of,
)
from digest.storage.postgres.database import PostgresDatabase, open_unseen
from digest.storage.postgres.receiving import OnTable, holds_state, receive
from digest.storage.state_marker import load_marker


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    """`rows` of each table; none where an earlier copy had done it all (`before`)."""

    source: str
    target: str
    rows: Mapping[str, int]
    before: bool = False


def copy_state(house: House, on_table: OnTable) -> Copied:
    """Move the state; to do it again does what is left.

    Raises:
        UsageError: there is nothing to move, or nowhere to move it to.
        LockHeld: a run is at work.
        StorageError: it could not be moved; the target is as it was.
    """
    with _both(house, "digest db copy") as (source, target):
        move = _move_of(house, source)
        _require_place(source, target, move)
        there = _is_there(source, target)
        _require_sense(source, target, move, there)
        if move is None or not move.done:
            move = Move(place=target.place, at=_now(house), done=False)
            mark_folder(house.config.state_dir, move)
        with source.write() as connection:
            begin_move(connection, move)
        rows = None if there else _send(house, source, target, on_table)
        moved = replace(move, done=True)
        with source.write() as connection:
            end_move(connection, moved)
        mark_folder(house.config.state_dir, moved)
    return Copied(source=source.place, target=target.place, rows=rows or {}, before=rows is None)


def _send(
    house: House, source: SqliteDatabase, target: PostgresDatabase, on_table: OnTable
) -> dict[str, int] | None:
    """What `receive` does; where it surely did not, the file may be written again."""
    try:
        with source.read() as connection:
            return receive(target, connection, source.place, on_table)
    except StorageAway as error:  # perhaps on the way back from COMMIT
        raise StorageAway(f"{error}; `digest db copy` again finishes it") from None
    except StorageError:
        _take_back(house, source)
        raise


def _take_back(house: House, source: SqliteDatabase) -> None:
    with source.write() as connection:
        abandon_move(connection)
    mark_folder(house.config.state_dir, None)


def look_at_copy(house: House) -> Copied:
    """What would be copied; nothing is changed.

    Raises:
        UsageError, StorageError: as `copy_state`.
    """
    with _source(house) as source, _target(house) as target:
        before = _is_there(source, target)
        with source.read() as connection:
            return Copied(
                source=source.place,
                target=target.place,
                rows=count_rows(connection),
                before=before,
            )


def abandon_copy(house: House) -> str:
    """Take back a copy that was begun: the file is the state again. Answers its place.

    Raises:
        UsageError: none was begun.
        LockHeld: a run or a copy is at work.
        StorageError: the copy is complete, or nobody can look.
    """
    with _both(house, "digest db copy --abandon") as (source, target):
        move = _move_of(house, source)
        if move is None:
            raise UsageError(f"{source.place}: no copy of it was begun")
        _require_place(source, target, move)
        if move.done or _is_there(source, target):
            raise StorageError(
                f"{target.place}: holds the state, whole, and may have gone on;"
                " `digest db copy` marks it as moved"
            )
        _take_back(house, source)
        return source.place


@contextmanager
def _both(house: House, command: str) -> Iterator[tuple[SqliteDatabase, PostgresDatabase]]:
    """The file and the server's database, while no run is at work."""
    folder = house.config.state_dir
    _require_file(house)
    with (
        run_lock(folder, command=command, now=house.clock()),
        _source(house) as source,
        _target(house) as target,
    ):
        yield source, target


def _require_file(house: House) -> None:
    path = house.config.state_dir / NAME
    if not path.exists():
        raise UsageError(f"{path}: does not exist, so there is nothing to copy")


def _source(house: House) -> SqliteDatabase:
    _require_file(house)
    path = house.config.state_dir / NAME
    return open_database(path, create=False, busy_seconds=house.busy_seconds, moving=True)


def _target(house: House) -> PostgresDatabase:
    if not house.database_url:
        raise UsageError("storage.url names no PostgreSQL database to copy into")
    timeout = house.config.storage.connect_timeout
    return open_unseen(house.database_url, busy_seconds=house.busy_seconds, connect_timeout=timeout)


def _move_of(house: House, source: SqliteDatabase) -> Move | None:
    """A file restored from a backup does not know of the move, `state.json` does."""
    return move_of(facts_of(source)) or move_of(load_marker(house.config.state_dir))


def _require_place(source: SqliteDatabase, target: PostgresDatabase, move: Move | None) -> None:
    if move is not None and move.place != target.place:
        way = "was moved" if move.done else "is on its way"
        raise StorageError(f"{source.place}: {way} to {move.place}: set storage.url to that one")


def _require_sense(
    source: SqliteDatabase, target: PostgresDatabase, move: Move | None, there: bool
) -> None:
    """Refuse what would put an old state in the place of a newer one."""
    if there and move is None:
        raise StorageError(
            f"{target.place}: holds this very state, which {source.place} knows nothing of; was"
            " the folder restored from a backup?"
        )
    if move is not None and move.done and not there:
        raise StorageError(
            f"{source.place}: was moved to {move.place} on {move.day}, which holds it no more;"
            " restore that database from a backup: readers were mailed since"
        )


def _is_there(source: SqliteDatabase, target: PostgresDatabase) -> bool:
    """Whether the target has the state; a copy that is about to end there is waited for."""
    return holds_state(target, facts_of(source)["id"])


def _now(house: House) -> str:
    return house.clock().isoformat(timespec="seconds")
