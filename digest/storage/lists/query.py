"""A list that is no file but an SQL query: what is asked, and of which database."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from digest.config import Config
from digest.config.lists import ListConfig
from digest.config.wording import variable
from digest.errors import Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class ListQuery:
    """One query of `subscribers.lists`, known by its `name`.

    `url` may hold a password and is never shown: `place` is. A SQLite file's path is against
    `folder`. `timeout` is how many seconds the database may take for rows.
    """

    name: str
    sql: str
    url: str = field(repr=False)
    folder: Path
    timeout: float

    @property
    def place(self) -> str:
        """The database as a person may read it, without user and password."""
        if self.is_sqlite:
            return self.url.partition("://")[2].removeprefix("/")
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2] or 'localhost'}{parts.path}"

    @property
    def is_postgres(self) -> bool:
        return re.match(r"postgres(ql)?://", self.url) is not None

    @property
    def is_sqlite(self) -> bool:
        return re.match(r"sqlite(\+\w+)?://", self.url) is not None


def query_of(config: Config, number: int, problems: list[Problem]) -> ListQuery | None:
    """The query of the entry `number` of `subscribers.lists`; None: as `problems` then say."""
    entry = config.subscribers.lists[number]
    url, problem = _address(config, entry, f"subscribers.lists[{number}]")
    if url is None:
        problems.append(problem)
        return None
    return ListQuery(
        name=entry.name,
        sql=str(entry.query).strip().rstrip(";").rstrip(),
        url=url,
        folder=config.folder,
        timeout=entry.timeout,
    )


def _address(config: Config, entry: ListConfig, key: str) -> tuple[str | None, Problem]:
    """The entry's own database, else that of the ledger; the environment goes first, as there.

    It is read here, where everybody asks for lists, as libpq reads PGPASSWORD.
    """
    if entry.url_env is not None or entry.url is not None:
        url = os.environ.get(entry.url_env or "") or entry.url
        what = f"{variable(entry.url_env or '', f'{key}.url_env')} is not set"
    else:
        url = os.environ.get(config.storage.url_env) or config.storage.url
        what = "the query has no database: neither url nor url_env is here, nor storage.url"
    return url, Problem(file="config.yaml", key=key, what=what, mend="docs/lists.md")
