"""The `digest` command, ended at a named point as if it was killed there.

    python -m tests.support.crashing POINT WORDS...

runs `digest WORDS...` and ends with code 137 at the point, without any cleaning up. POINTS are in
the order of a day's work. A point whose function is gone ends with an error instead, so that no
trial passes because its crash never came.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import os
import sqlite3
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import psycopg

KILLED = 137


@dataclass(frozen=True, kw_only=True)
class Point:
    """The call of `function` ("module:name") at which the process ends.

    `commit`: when all is written in a transaction of that call, before it is committed. The
    `nth` call counts, from 1; at `commit`, the nth COMMIT within calls of `function`.
    """

    function: str
    when: Literal["before", "commit", "after"]
    nth: int = 1


def _around(name: str, function: str, nth: int = 1) -> dict[str, Point]:
    return {
        f"{name} {when}": Point(function=function, when=when, nth=nth)  # type: ignore[arg-type]
        for when in ("before", "commit", "after")
    }


_STORAGE = "digest.storage"
POINTS: dict[str, Point] = {
    "marker before": Point(function=f"{_STORAGE}.state_marker:save_marker", when="before"),
    "marker after": Point(function=f"{_STORAGE}.state_marker:save_marker", when="after"),
    "collect before": Point(function="digest.sources.collect:collect", when="before"),
    "collect after": Point(function="digest.sources.collect:collect", when="after"),
    "compose after": Point(function="digest.editorial.compose:compose_edition", when="after"),
    **_around("archive", f"{_STORAGE}.archive:save_edition"),
    "memory commit": Point(function=f"{_STORAGE}.source_memory:save_memory", when="commit"),
    "render before": Point(function="digest.rendering.render:render_edition", when="before"),
    "render after": Point(function="digest.rendering.render:render_edition", when="after"),
    "secret after": Point(function=f"{_STORAGE}.secret_key:load_keys", when="after"),
    **_around("freeze", f"{_STORAGE}.campaigns:freeze"),
    "freeze midway": Point(function="digest.mailing.schedule:plan_due", when="before", nth=5),
    **_around("claim", f"{_STORAGE}.ledger:EditionLedger.claim"),
    **_around("record", f"{_STORAGE}.ledger:EditionLedger.record", nth=4),
    "day after": Point(function="digest.app.day:run_day", when="after"),
    **_around("recover", f"{_STORAGE}.recovery:recover"),
    **_around("give up", f"{_STORAGE}.recovery:give_up"),
    "upgrade before": Point(function=f"{_STORAGE}.upgrade:upgrade", when="before"),
    "upgrade commit": Point(function=f"{_STORAGE}.upgrade:upgrade", when="after"),
    "upgrade after": Point(function=f"{_STORAGE}.database:open_database", when="after"),
}


def _beside(name: str, function: str) -> dict[str, Point]:
    return {
        f"{name} {when}": Point(function=function, when=when)  # type: ignore[arg-type]
        for when in ("before", "after")
    }


#: Those of the other commands, and of runs for groups and looks.
BESIDE: dict[str, Point] = {
    **_beside("list backup", f"{_STORAGE}.lists.backups:make_backup"),
    **_beside("list replace", f"{_STORAGE}.lists.safe_write:replace_file"),
    "list rename": Point(function="os:replace", when="before"),
    **_beside("looks", "digest.app.looks:render_looks"),
    **_around("extend", f"{_STORAGE}.campaigns:extend"),
    **_around("leave", f"{_STORAGE}.leaving:Leavers.leave"),
    **_beside("join", f"{_STORAGE}.lists.editing:add_subscriber"),
    **_around("return", f"{_STORAGE}.returning:let_return"),
    **_around("pause", f"{_STORAGE}.forgetting:pause_letters"),
    **_around("forget", f"{_STORAGE}.forgetting:forget"),
    "forget again": Point(function=f"{_STORAGE}.forgetting:forget", when="before", nth=2),
    **_around("book", f"{_STORAGE}.bounce_book:book"),
    **_beside("mark", "digest.bounces.maildir:Maildir.done"),
    "mark midway": Point(function="pathlib:Path.rename", when="after"),
    "rotate rename": Point(function="os:replace", when="before"),
    "rotate after": Point(function=f"{_STORAGE}.atomic:save_file", when="after"),
}
POINTS |= BESIDE

#: Those of `digest db copy`.
MOVES: dict[str, Point] = {
    **_beside("move told", "digest.storage.moving:mark_folder"),
    **_beside("move fenced", "digest.storage.moving:begin_move"),
    "move sent before": Point(function="digest.storage.postgres.receiving:receive", when="before"),
    "move midway": Point(
        function="digest.storage.postgres.receiving:_read_back", when="before", nth=11
    ),
    "move to be committed": Point(
        function="digest.storage.postgres.receiving:_set_sequences", when="after"
    ),
    "move committed": Point(function="digest.storage.postgres.receiving:receive", when="after"),
    **_beside("move ended", "digest.storage.moving:end_move"),
    "move marked": Point(function="digest.storage.moving:mark_folder", when="after", nth=2),
}
POINTS |= MOVES


def _die() -> None:
    os._exit(KILLED)


def set_crash(point: Point) -> None:
    """Wrap the point's function, wherever it is known by now."""
    if point.when == "commit":
        _watch_commits(point.nth)
        _replace(point.function, _marking)
    else:
        _replace(point.function, lambda original: _dying(original, point))


def _replace(function: str, wrap: Callable[[Any], Any]) -> None:
    module, _, path = function.partition(":")
    *owners, name = path.split(".")
    owner = functools.reduce(getattr, owners, importlib.import_module(module))
    original = getattr(owner, name)
    wrapped = wrap(original)
    setattr(owner, name, wrapped)
    for other in [m for key, m in sys.modules.items() if key.startswith("digest")]:
        if not owners and vars(other).get(name) is original:
            setattr(other, name, wrapped)


def _dying(original: Any, point: Point) -> Any:
    calls = 0

    def count() -> bool:
        nonlocal calls
        calls += 1
        return calls == point.nth

    def sync(*given: Any, **named: Any) -> Any:
        due = count()
        if due and point.when == "before":
            _die()
        answer = original(*given, **named)
        if due:
            _die()
        return answer

    async def later(*given: Any, **named: Any) -> Any:
        due = count()
        if due and point.when == "before":
            _die()
        answer = await original(*given, **named)
        if due:
            _die()
        return answer

    return later if inspect.iscoroutinefunction(original) else sync


_inside = 0


def _marking(original: Any) -> Any:
    def marked(*given: Any, **named: Any) -> Any:
        global _inside
        _inside += 1
        try:
            return original(*given, **named)
        finally:
            _inside -= 1

    return marked


def _watch_commits(nth: int) -> None:
    """Whoever opens the database, and however: the driver says that it is about to commit."""
    commits = 0

    def about_to_commit() -> None:
        nonlocal commits
        if _inside:
            commits += 1
            if commits == nth:
                _die()

    _watch_sqlite(about_to_commit)
    _watch_postgres(about_to_commit)


def _watch_sqlite(about_to_commit: Callable[[], None]) -> None:
    original = sqlite3.dbapi2.connect

    def saw(statement: str) -> None:
        if statement.lstrip().upper().startswith(("COMMIT", "END")):
            about_to_commit()

    def connect(*given: Any, **named: Any) -> sqlite3.Connection:
        connection = original(*given, **named)
        connection.set_trace_callback(saw)
        return connection

    sqlite3.connect = sqlite3.dbapi2.connect = connect


def _watch_postgres(about_to_commit: Callable[[], None]) -> None:
    original = psycopg.Connection.commit

    def commit(connection: psycopg.Connection[Any]) -> None:
        about_to_commit()
        original(connection)

    psycopg.Connection.commit = commit  # type: ignore[method-assign]


def main() -> None:
    point = sys.argv.pop(1)
    set_crash(POINTS[point])
    from digest.cli import main as digest

    digest()


if __name__ == "__main__":
    main()
