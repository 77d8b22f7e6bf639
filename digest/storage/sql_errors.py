"""Turn a database's errors into one line for a person."""

from __future__ import annotations

import re
import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from digest.errors import StorageAway, StorageBusy, StorageError, StorageRefused

# The primary result code is the low byte of the extended one (sqlite.org/rescode.html).
_WORDS: dict[int | None, str] = {
    sqlite3.SQLITE_BUSY: "is locked by another program",
    sqlite3.SQLITE_LOCKED: "is locked by another program",
    sqlite3.SQLITE_READONLY: "cannot be written: it, its folder or the disk is read-only",
    sqlite3.SQLITE_FULL: "cannot be written: the disk is full",
    sqlite3.SQLITE_CORRUPT: "is damaged; restore it from a backup",
    sqlite3.SQLITE_NOTADB: "is damaged or no database; restore it from a backup",
    sqlite3.SQLITE_CANTOPEN: "cannot be opened: check the owner and the mode of its folder",
    sqlite3.SQLITE_PERM: "cannot be opened: check its owner and mode",
    sqlite3.SQLITE_AUTH: "cannot be opened: check its owner and mode",
    sqlite3.SQLITE_IOERR: "cannot be read or written: is the disk full or failing?",
    sqlite3.SQLITE_NOMEM: "cannot be used: the machine has no memory left",
    sqlite3.SQLITE_PROTOCOL: "is locked by another program",
}
#: The SQLSTATEs of PostgreSQL, or their first two letters (appendix A of its manual).
_STATES = {
    "28": "refuses us: check the user and the password (~/.pgpass, PGPASSWORD)",
    "3D": "does not exist: make it with createdb",
    "42501": "its user lacks a right; make him the owner (createdb -O, ALTER DATABASE OWNER TO)",
    "53100": "cannot be written: the disk is full",
    "53200": "cannot be used: the server has no memory left",
    "53300": "takes no more connections (max_connections)",
    "25006": "cannot be written: it is read-only, perhaps a standby",
}
_FULL_UP = "53300"
#: What may pass while a program runs: a standby takes over, somebody makes room or lets us in.
_PASSING = ("28", "53", "25006")
_REFUSALS = {
    "authentication failed|no password supplied|no pg_hba.conf entry": "28000",
    'role ".*" does not exist|role ".*" is not permitted': "28000",
    'database ".*" does not exist': "3D000",
    "permission denied for database": "42501",
    "too many clients|remaining connection slots|too many connections": _FULL_UP,
}
_HELD_STATES = ("55P03", "40001", "40P01")
_AWAY_STATES = ("08", "57P")
_HELD = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL)


@contextmanager
def plain_errors(place: str) -> Iterator[None]:
    """Let nothing of the database's own exceptions out.

    Raises:
        StorageBusy: another program holds it; the line says which.
        StorageError: with the place and what is wrong with it.
    """
    try:
        yield
    except DBAPIError as error:
        raise _plain(place, error.orig) from None
    except sqlite3.Error as error:
        raise _plain(place, error) from None
    except PoolTimeout:
        raise StorageError(f"{place}: all connections to it are busy") from None
    except SQLAlchemyError as error:
        raise StorageError(f"{place}: {_one_line(error)}") from None
    except zlib.error:
        raise StorageError(f"{place}: is damaged; restore it from a backup") from None
    except Exception as error:
        if not hasattr(error, "sqlstate"):
            raise
        raise plain_postgres(place, error) from None


def is_held(error: BaseException | None) -> bool:
    """Whether it says that another program holds the database."""
    return _primary(error) in _HELD


def _primary(error: BaseException | None) -> int | None:
    code = getattr(error, "sqlite_errorcode", None)
    return None if code is None else code & 0xFF


def _plain(place: str, error: BaseException | None) -> StorageError:
    if hasattr(error, "sqlstate"):
        return plain_postgres(place, error)
    if known := _WORDS.get(_primary(error)):
        kind = StorageBusy if is_held(error) else StorageError
        return kind(f"{place}: {known} ({_one_line(error)})")
    return StorageError(f"{place}: the database says: {_one_line(error)}")


def plain_postgres(place: str, error: Any) -> StorageError:
    """What psycopg raised, as a line of ours. It holds no data of a row."""
    state = error.sqlstate or _state_of_refusal(str(error))
    words = " ".join((error.diag.message_primary or str(error)).split())[:300]
    known = _STATES.get(state) or _STATES.get(state[:2])
    if known:
        kind = StorageRefused if state.startswith(_PASSING) else StorageError
        return kind(f"{place}: {known} ({words})")
    if state in _HELD_STATES:
        return StorageBusy(f"{place}: is locked by another program ({words})")
    lost = not state and type(error).__name__ in ("OperationalError", "ConnectionTimeout")
    if lost or state.startswith(_AWAY_STATES):
        return StorageAway(f"{place}: the server is not to be reached ({words})")
    return StorageError(f"{place}: the database says: {words}")


def _state_of_refusal(words: str) -> str:
    """libpq keeps from us with which SQLSTATE a server refused to let us in."""
    return next((state for said, state in _REFUSALS.items() if re.search(said, words)), "")


def _one_line(error: BaseException | None) -> str:
    return " ".join(str(error).split())[:300]
