"""What config.yaml says of subscriber lists: `subscribers:`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from digest.config.storage import refuse_password
from digest.config.values import (
    OneLine,
    Positive,
    Seconds,
    Shape,
    TimeOfDay,
    TimeZone,
    VariableName,
)
from digest.model import EditionKey

#: The longest name of a template set that a list may have: it stands in each segment's name.
LONGEST_LOOK = 40


def _words(value: Any) -> Any:
    """`Vision; Robotics` or a YAML list, as a cell of a list."""
    if isinstance(value, str):
        return tuple(filter(None, (word.strip() for word in value.split(";"))))
    return value


Words = Annotated[tuple[Annotated[OneLine, Field(min_length=1)], ...], BeforeValidator(_words)]
Look = Annotated[OneLine, Field(max_length=LONGEST_LOOK)]


class LookConfig(Shape):
    """The template sets of a list's readers; "" is the newsletter's."""

    daily: Look = ""
    weekly: Look = ""

    def of(self, key: EditionKey) -> str:
        """The set for an edition of this name."""
        return self.weekly if key.is_weekly else self.daily


def _look(value: Any) -> Any:
    if isinstance(value, str) and value:
        return {"daily": value}
    if not isinstance(value, Mapping | LookConfig):
        raise ValueError("must be a template set's name, or a mapping of daily and weekly")
    return value


def check_query_url(value: str) -> str:
    """The address of a database as SQLAlchemy writes it, without a password.

    Raises:
        ValueError: it is none, or holds one.
    """
    if not re.match(r"[a-z][a-z0-9_]*(\+[a-z0-9_]+)?://", value):
        words = "is no database's address; write postgresql://host/database or sqlite:///file.db"
        raise ValueError(words)
    return refuse_password(value, elsewhere="subscribers.lists[].url_env")


def _query_name(value: str) -> str:
    """It stands where a file's name does, so it must not be taken for one."""
    if re.search(r"[/\\:,]|^[.]|[.](ya?ml|csv|tsv|txt)$", value, re.IGNORECASE):
        raise ValueError("must not look like a file's name; write a word, such as members")
    return value


class ListConfig(Shape):
    """The readers of one list, with what they did not choose.

    They stand in the files of a `path` or pattern against config.yaml's folder, or are the rows
    of an SQL `query`, which is known by its `name` and is put to the database `url`: what the
    environment holds under `url_env` goes before it, and without either it is that of `storage`.
    A reader's own value counts before the list's; `tags` are added to hers.
    """

    path: Annotated[OneLine, Field(min_length=1)] | None = None
    name: Annotated[OneLine, AfterValidator(_query_name), Field(min_length=1, max_length=100)] = ""
    query: Annotated[str, Field(min_length=1)] | None = None
    url: Annotated[OneLine, AfterValidator(check_query_url)] | None = None
    url_env: VariableName | None = None
    timeout: Seconds = 60.0
    themes: Words = ()
    keywords: Words = ()
    exclude: Words = ()
    frequency: Literal["daily", "weekdays", "weekly", "paused"] | None = None
    timezone: TimeZone | None = None
    send_at: TimeOfDay | None = None
    max_papers: Positive | None = None
    format: Literal["html", "text"] | None = None
    tags: Words = ()
    templates: Annotated[LookConfig, BeforeValidator(_look)] = LookConfig()

    @model_validator(mode="after")
    def _is_one_kind(self) -> Self:
        if (self.path is None) == (self.query is None):
            raise ValueError("needs a path, or a name and a query; not both")
        if self.query is not None and not self.name:
            raise ValueError("needs a name, which its readers' rows are known by in messages")
        ours = {"name", "url", "url_env", "timeout"} & self.model_fields_set
        if self.path is not None and ours:
            raise ValueError(f"{min(ours)} goes with a query, not with a path")
        return self


def _list(value: Any) -> Any:
    if isinstance(value, str):
        return {"path": value}
    if not isinstance(value, Mapping | ListConfig):
        raise ValueError("must be a path, or a mapping with a path or a query")
    return value


class SubscribersConfig(Shape):
    """The lists, and by how much one may shrink between two editions (1: by all of it)."""

    lists: Annotated[
        tuple[Annotated[ListConfig, BeforeValidator(_list)], ...], Field(min_length=1)
    ] = (ListConfig.model_construct(path="subscribers/*.yaml"),)  # not built on import
    shrink: Annotated[float, Field(gt=0, le=1)] = 0.2

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        names = [entry.name for entry in self.lists if entry.name]
        if twice := next((name for name in names if names.count(name) > 1), None):
            raise ValueError(f"two lists are called {twice}")
        return self
