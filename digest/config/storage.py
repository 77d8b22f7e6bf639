"""What config.yaml says of the database and of the workers: `storage:` and `workers:`."""

from __future__ import annotations

import re
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, model_validator

from digest.config.values import OneLine, Positive, Seconds, Shape, VariableName

_SCHEME = re.compile(r"postgres(ql)?://")


def check_database_url(value: str) -> str:
    """A libpq connection URI (postgresql.org/docs/current/libpq-connect.html).

    Raises:
        ValueError: it is of another kind, or would be read otherwise than it was meant.
    """
    if not _SCHEME.match(value):
        raise ValueError("is no PostgreSQL address; write postgresql://host/database")
    # libpq would take the rest of such a password for a host, and we would print it as one.
    user, _, host = value.partition("://")[2].partition("?")[0].partition("@")
    if "@" in host or (host and "/" in user):
        raise ValueError("has an @ or / in its user or password; write them as %40 and %2F")
    return value


def refuse_password(value: str, *, elsewhere: str) -> str:
    """The address of a database, which holds no password; `elsewhere` is the key that may.

    Raises:
        ValueError: it holds one, or cannot be read.
    """
    try:
        parts = urlsplit(value)
        secret = parts.password or re.search(r"(^|&)password=", parts.query)
    except ValueError:
        raise ValueError("cannot be read as an address") from None
    if secret:
        raise ValueError(
            "holds a password; leave it out and put it into ~/.pgpass or PGPASSWORD,"
            f" or the whole address into the environment ({elsewhere})"
        )
    return value


def _without_password(value: str) -> str:
    return refuse_password(check_database_url(value), elsewhere="storage.url_env")


class StorageConfig(Shape):
    """Where the ledger is kept: a file in the state folder, or the PostgreSQL database `url`.

    What the environment holds under the name `url_env` goes before `url`.
    """

    url: Annotated[OneLine, AfterValidator(_without_password)] | None = None
    url_env: VariableName = "DIGEST_DATABASE_URL"
    connect_timeout: Seconds = 10.0


class WorkersConfig(Shape):
    """How workers share an edition's batches.

    A worker says that it is there every `heartbeat`. One that has not for `timeout` is taken for
    dead: its batches go to the others, and it may begin no letter. It works on so many `batches`
    at once.
    """

    heartbeat: Seconds = 5.0
    timeout: Seconds = 30.0
    batches: Positive = 4

    @model_validator(mode="after")
    def _beats_in_time(self) -> Self:
        if self.timeout < 3 * self.heartbeat:
            raise ValueError("workers.timeout must be three times workers.heartbeat at least")
        return self
