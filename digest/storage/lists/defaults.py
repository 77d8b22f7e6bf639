"""What the config says for the readers of a list who did not choose it themselves."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from digest.config import ListConfig
from digest.storage.lists.fields import says_nothing
from digest.storage.lists.row import FIELDS, Value
from digest.storage.lists.text import trim

_FIRST = FIELDS.index("themes")
_TAGS = FIELDS.index("tags") - _FIRST


class Defaults(NamedTuple):
    """`values` in the order of `FIELDS` behind email and name, as if a person had typed them.

    `daily` and `weekly` are the template sets, "" for the newsletter's own.
    """

    values: tuple[Value, ...]
    daily: str = ""
    weekly: str = ""

    def says(self, name: str) -> bool:
        """Whether it has something for a field."""
        return name in FIELDS[_FIRST:] and bool(self.values[FIELDS.index(name) - _FIRST])

    @property
    def tags(self) -> tuple[str, ...]:
        return _parts(self.values[_TAGS])


NONE = Defaults(("",) * (len(FIELDS) - _FIRST))


def defaults_of(entry: ListConfig) -> Defaults:
    """Those of one entry of `subscribers.lists`."""
    given = {
        "themes": entry.themes,
        "keywords": entry.keywords,
        "exclude": entry.exclude,
        "frequency": entry.frequency or "",
        "timezone": entry.timezone or "",
        "send_at": f"{entry.send_at:%H:%M}" if entry.send_at else "",
        "max_papers": str(entry.max_papers or ""),
        "format": entry.format or "",
        "tags": entry.tags,
    }
    values = tuple(given.get(name) or "" for name in FIELDS[_FIRST:])
    made = Defaults(values, entry.templates.daily, entry.templates.weekly)
    return NONE if made == NONE else made


@lru_cache(maxsize=8192)
def fill(values: tuple[Value, ...], defaults: Defaults) -> tuple[Value, ...]:
    """A reader's own values, the list's where she has none; the list's tags behind hers."""
    filled = [
        default if default and _is_empty(value) else value
        for value, default in zip(values, defaults.values, strict=True)
    ]
    if defaults.values[_TAGS]:
        hers = () if says_nothing(values[_TAGS]) else _parts(values[_TAGS])
        filled[_TAGS] = (*hers, *defaults.tags)
    return tuple(filled)


def _is_empty(value: Value) -> bool:
    return not any(map(trim, _parts(value)))


def _parts(value: Value) -> tuple[str, ...]:
    return tuple(value.split(";")) if isinstance(value, str) else value
