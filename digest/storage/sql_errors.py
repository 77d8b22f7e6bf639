"""Turn a database's errors into one line for a person."""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from digest.errors import StorageBusy, StorageError

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
_HELD = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL)


@contextmanager
def plain_errors(path: Path) -> Iterator[None]:
    """Let nothing of the database's own exceptions out.

    Raises:
        StorageBusy: another program holds it; the line says which file.
        StorageError: with the file and what is wrong with it.
    """
    try:
        yield
    except DBAPIError as error:
        raise _plain(path, error.orig) from None
    except sqlite3.Error as error:
        raise _plain(path, error) from None
    except PoolTimeout:
        raise StorageError(f"{path}: all connections to it are busy") from None
    except SQLAlchemyError as error:
        raise StorageError(f"{path}: {_one_line(error)}") from None
    except zlib.error:
        raise StorageError(f"{path}: is damaged; restore it from a backup") from None


def is_held(error: BaseException | None) -> bool:
    """Whether it says that another program holds the database."""
    return _primary(error) in _HELD


def _primary(error: BaseException | None) -> int | None:
    code = getattr(error, "sqlite_errorcode", None)
    return None if code is None else code & 0xFF


def _plain(path: Path, error: BaseException | None) -> StorageError:
    if known := _WORDS.get(_primary(error)):
        kind = StorageBusy if is_held(error) else StorageError
        return kind(f"{path}: {known} ({_one_line(error)})")
    return StorageError(f"{path}: the database says: {_one_line(error)}")


def _one_line(error: BaseException | None) -> str:
    return " ".join(str(error).split())[:300]
