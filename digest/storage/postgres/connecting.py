"""Reach a PostgreSQL server by whatever address libpq understands."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy import event

from digest.errors import ConfigError, Problem
from digest.storage.dialect import WRITES, Synchronous

if TYPE_CHECKING:
    import psycopg

#: Connections that one program keeps; the ledger of a run has its own.
_POOL = 4
#: What the server shows of us where a program is not named (pg_stat_activity).
_NAME = "papers-digest"
# One writer at a time, as SQLite has it: who looks first and writes then finds what he saw. Short
# writes that many make at once (the ledger's, leaving) do without, and lock their rows.
_TURN = "SELECT pg_advisory_xact_lock(hashtext('papers-digest'), hashtext(current_schema()))"
#: A server whose machine is gone says nothing: it is missed after about so many seconds, not hours.
SILENCE = 20
_KEPT_ALIVE = {
    "keepalives_idle": 5,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": SILENCE * 1000,
}
#: The same for the server, which otherwise keeps the locks of a machine that is gone for hours.
MISS_US = """
    SET tcp_keepalives_idle = 30; SET tcp_keepalives_interval = 10; SET tcp_keepalives_count = 3;
"""


def terms_of(url: str, *, name: str, connect_timeout: float = 10.0) -> dict[str, Any]:
    """What libpq is told for any connection to the database at `url`; what `url` says itself wins.

    The server shows the connection as `name`, of which it keeps 63 octets.
    """
    from psycopg.conninfo import conninfo_to_dict

    # libpq rounds 1 up to 2.
    given: dict[str, Any] = _KEPT_ALIVE | {"connect_timeout": max(int(connect_timeout), 2)}
    return given | conninfo_to_dict(url) | {"application_name": name, "client_encoding": "UTF8"}


def connect(
    url: str, *, connect_timeout: float, name: str = _NAME, **more: Any
) -> psycopg.Connection[Any]:
    """A connection to the database at `url`; the server shows its owner as `name`.

    Raises:
        psycopg.Error: none can be had.
    """
    import psycopg

    given = terms_of(url, name=name, connect_timeout=connect_timeout)
    return psycopg.connect(**given, **more)


def name_place(url: str) -> str:
    """The address as a person may read it, without user and password.

    Raises:
        ConfigError: it cannot be read, or the extra `cluster` is not installed.
    """
    try:
        from psycopg import ProgrammingError
        from psycopg.conninfo import conninfo_to_dict
    except ImportError:
        what = "a PostgreSQL database needs the package psycopg, which is not installed"
        mend = "pip install 'papers-digest[cluster]'"
        raise ConfigError([Problem(file="storage.url", what=what, mend=mend)]) from None
    try:
        parts = conninfo_to_dict(url)
    except ProgrammingError:  # its words repeat parts of the address, perhaps the password
        what = "is no address that can be read"
        mend = "write postgresql://user@host/database, other characters as %20 and the like"
        raise ConfigError([Problem(file="storage.url", what=what, mend=mend)]) from None
    host = str(parts.get("host") or parts.get("hostaddr") or "localhost")
    port = f":{parts['port']}" if "port" in parts else ""
    database = str(parts.get("dbname") or parts.get("user") or "")
    if Path(host).is_absolute():
        return f"postgresql:///{database} ({host})"
    return f"postgresql://{host}{port}/{database}"


def make_engine(
    url: str, *, busy_seconds: float, connect_timeout: float, synchronous: Synchronous
) -> sa.Engine:
    """An engine on which one writer at a time has his turn; `busy_seconds` another waits for it."""
    engine = sa.create_engine(
        "postgresql+psycopg://",
        creator=lambda: connect(url, connect_timeout=connect_timeout),
        pool_size=_POOL,
        pool_pre_ping=True,
    )

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, record: Any) -> None:
        connection.execute(f"{MISS_US} SET lock_timeout = {int(busy_seconds * 1000)}")
        if synchronous == "normal":
            connection.execute("SET synchronous_commit = off")
        connection.commit()

    @event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        writes = connection.get_execution_options().get(WRITES, False)
        driver: Any = connection.connection.driver_connection
        # None is what the server is set to: a provider may have made it read-only for want of disk.
        driver.read_only = None if writes else True
        if writes:
            connection.exec_driver_sql(_TURN)

    return engine
