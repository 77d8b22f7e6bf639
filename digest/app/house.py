"""What every step of the work needs: config, clock, state and secrets, opened when first used."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from digest import __version__
from digest.config import Config
from digest.config.storage import check_database_url
from digest.config.wording import variable
from digest.errors import ConfigError, Problem, StorageError
from digest.model import Catalogue, EditionKey, EmailAddress, TemplateSet
from digest.storage.catalogues import load_catalogues
from digest.storage.database import NAME as DATABASE_NAME
from digest.storage.database import Database, open_database
from digest.storage.permission import explain
from digest.storage.reply_cache import FileReplyCache
from digest.storage.secret_key import fingerprint, has_keys, load_keys
from digest.storage.state_marker import NAME as MARKER_NAME
from digest.storage.templates import PAGES, load_template_set

if TYPE_CHECKING:
    from digest.mailing.token import ReaderNamer


@dataclass(kw_only=True)
class House:
    """One newsletter at work. `clock` gives the present moment, aware; `environ` the secrets.

    `began` is the moment from which a reader of an edition made now is due: a second program
    started with the same clock finds her due as well. For `busy_seconds` a transaction waits for
    another program's.
    """

    config: Config
    clock: Callable[[], datetime]
    environ: Mapping[str, str]
    began: datetime = field(default=None)  # type: ignore[assignment]  # set below
    busy_seconds: float = 30.0
    #: Whether a database that was replaced is taken up; a run stops there.
    follows_database: bool = False
    _opened: bool = field(default=False, init=False)
    _seen: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        self.began = self.began or self.clock()

    @property
    def database(self) -> Database:
        """The state, made on the first run.

        Raises:
            StorageError: it cannot be opened; nothing may be sent then.
        """
        if self.follows_database and self._opened and self._database.is_replaced:
            self.drop_database()
        return self._database

    @cached_property
    def _database(self) -> Database:
        """One that this program has seen is not made anew: its disk may just be away."""
        database = self._open(create=not self._opened)
        self._opened = True
        return database

    def _open(self, *, create: bool) -> Database:
        synchronous = self.config.delivery.synchronous
        if url := self.database_url:
            from digest.storage.postgres.database import open_postgres

            return open_postgres(
                url,
                create=create,
                state=self.config.state_dir,
                busy_seconds=self.busy_seconds,
                connect_timeout=self.config.storage.connect_timeout,
                synchronous=synchronous,
            )
        return open_database(
            self.config.state_dir / DATABASE_NAME,
            create=create,
            busy_seconds=self.busy_seconds,
            synchronous=synchronous,
        )

    @cached_property
    def database_url(self) -> str | None:
        """The PostgreSQL database's address; None: the state is a file in the state folder.

        Raises:
            ConfigError: the environment holds another kind of address, or none although the config
                says that there is a server: a state of this machine's own would mail all again.
        """
        storage = self.config.storage
        from_environment = self.environ.get(storage.url_env)
        if not from_environment:
            if storage.model_fields_set and not storage.url:
                raise ConfigError([_no_address(storage.url_env)])
            return storage.url
        try:
            return check_database_url(from_environment)
        except ValueError as error:
            raise ConfigError(
                [Problem(file=f"environment variable {storage.url_env}", what=str(error))]
            ) from None

    @property
    def has_state(self) -> bool:
        """Whether there has been a run, so that looking need not make a database.

        A database that is gone although its marker is there counts: opening it tells the loss.

        Raises:
            StorageError: this user may not look.
        """
        folder = self.config.state_dir
        if url := self.database_url:
            from digest.storage.postgres.database import has_tables

            timeout = self.config.storage.connect_timeout
            # Each look is a connection: what was there once needs no other.
            self._seen = (
                self._seen or self._opened or has_tables(url, state=folder, connect_timeout=timeout)
            )
            return self._seen
        try:
            return (folder / DATABASE_NAME).exists() or (folder / MARKER_NAME).exists()
        except PermissionError as error:
            raise StorageError(explain(error, folder, "cannot be read")) from None

    @property
    def place(self) -> str:
        """Where the state is kept, for a person to find."""
        if url := self.database_url:
            from digest.storage.postgres.connecting import name_place

            return name_place(url)
        return str(self.config.state_dir)

    @cached_property
    def keys(self) -> tuple[bytes, ...]:
        """The signing keys, newest first."""
        return load_keys(self.config.state_dir, self.environ.get("DIGEST_SECRET_KEY"))

    @property
    def has_keys(self) -> bool:
        """Whether there are signing keys, so that looking need not make one."""
        return has_keys(self.config.state_dir, self.environ.get("DIGEST_SECRET_KEY"))

    def has_key_of(self, fingerprint_then: str) -> bool:
        """Whether the key is there that signed then; none is made to find out."""
        return self.has_keys and any(fingerprint(key) == fingerprint_then for key in self.keys)

    @property
    def key_fingerprint(self) -> str:
        """Names the key that signs today."""
        return fingerprint(self.keys[0])

    def keys_for(self, fingerprint_then: str) -> tuple[bytes, ...]:
        """The keys with the one that signed then in front, if it is still there.

        The oldest stays the last: Message-IDs and readers' ids are made with it.
        """
        then = [key for key in self.keys if fingerprint(key) == fingerprint_then]
        return (*then, *self.keys)

    def templates(self, key: EditionKey, look: str = "") -> TemplateSet:
        """The look of the edition `key`: days and weeks have one each, and lists may.

        Raises:
            TemplateError: there is no such set, or its files cannot be read.
        """
        asked = f"templates.{'weekly' if key.is_weekly else 'daily'}"
        if look:
            entries = enumerate(self.config.subscribers.lists)
            number = next((n for n, each in entries if each.templates.of(key) == look), 0)
            asked = f"subscribers.lists[{number}].templates"
        name = look or self.config.templates.of(key)
        return load_template_set(name, self.config.folder, asked=f"config.yaml: {asked}")

    @cached_property
    def page_templates(self) -> TemplateSet:
        """The look of the pages that `digest serve` shows.

        Raises:
            TemplateError: there is no such set, or its files cannot be read.
        """
        named = self.config.templates.pages
        asked = "config.yaml: templates.pages"
        return load_template_set(named, self.config.folder, asked=asked, base=PAGES)

    @cached_property
    def catalogues(self) -> tuple[Catalogue, ...]:
        """The newsletter's words in its language."""
        return load_catalogues(self.config.newsletter.language, self.config.folder)

    @cached_property
    def reply_cache(self) -> FileReplyCache:
        return FileReplyCache(self.config.state_dir / "cache")

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.config.newsletter.timezone)

    def today(self) -> date:
        """The newsletter's own date."""
        return self.clock().astimezone(self.zone).date()

    @property
    def agent(self) -> str:
        """The User-Agent for sources: who asks, and whom to write to about it."""
        newsletter = self.config.newsletter
        contact = newsletter.reply_to or newsletter.from_
        words = f"papers-digest/{__version__} ({newsletter.name}; {newsletter.site_url}; {contact})"
        return words.encode("ascii", "replace").decode("ascii")

    def outbox(self) -> Path:
        return self.config.path(self.config.delivery.outbox)

    def reader_id(self, address: EmailAddress) -> str:
        """The opaque id of a reader; the oldest key makes it, so that it outlives rotations."""
        return self._namer.name(address)

    @cached_property
    def _namer(self) -> ReaderNamer:
        from digest.mailing.token import ReaderNamer

        return ReaderNamer(self.keys[-1], str(self.config.newsletter.sender))

    def drop_database(self) -> None:
        """Open it anew when it is asked for next: the file may have been mended or replaced."""
        database = self.__dict__.pop("_database", None)
        if database is not None:
            database.close()

    def close(self) -> None:
        self.drop_database()


def _no_address(url_env: str) -> Problem:
    what = "names a PostgreSQL database by neither url nor the environment"
    mend = f"set {variable(url_env, 'storage.url_env')} where this runs, or storage.url"
    return Problem(file="config.yaml", key="storage", what=what, mend=mend)
