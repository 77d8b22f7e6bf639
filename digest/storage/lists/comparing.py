"""What differs between two lists: by reader and field, not by line."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import date, time
from typing import Any

from digest.model.address import EmailAddress
from digest.model.subscriber import FURTHER_NOTICE, Subscriber
from digest.storage.lists.fields import UNTIL_NOTICE
from digest.storage.lists.row import FIELDS


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedReader:
    """`fields` has, by name, what the field said and what it says."""

    address: EmailAddress
    fields: dict[str, tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Readers in the order of the list that has them."""

    added: tuple[Subscriber, ...]
    removed: tuple[Subscriber, ...]
    changed: tuple[ChangedReader, ...]

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed)


def compare_lists(old: Iterable[Subscriber], new: Iterable[Subscriber]) -> Comparison:
    """Compare two lists' readers, each once. An address that only changed its case is a change."""
    before = {s.address.key: s for s in old}
    added, changed, seen = [], [], set()
    for reader in new:
        key = reader.address.key
        seen.add(key)
        was = before.get(key)
        if was is None:
            added.append(reader)
        elif differing := changed_fields(was, reader):
            changed.append(ChangedReader(address=reader.address, fields=differing))
    removed = tuple(s for key, s in before.items() if key not in seen)
    return Comparison(added=tuple(added), removed=removed, changed=tuple(changed))


def changed_fields(old: Subscriber, new: Subscriber) -> dict[str, tuple[str, str]]:
    """The fields that say something else, with both values as a list would have them."""
    before, after = as_fields(old), as_fields(new)
    pairs = {name: (before.get(name, ""), after.get(name, "")) for name in FIELDS}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def as_fields(subscriber: Subscriber) -> dict[str, str]:
    """A reader's choices as the fields of a list; what is not chosen is left out.

    The frequency and the format that everybody has are left out as well.
    """
    named = {each.name for each in fields(Subscriber)}
    usual = Subscriber(address=subscriber.address)
    found = {"email": str(subscriber.address)}
    for name in FIELDS[1:]:
        if name in named and (value := getattr(subscriber, name)) != getattr(usual, name):
            found[name] = _text(value)
    return found


def _text(value: Any) -> str:
    if value == FURTHER_NOTICE:
        return UNTIL_NOTICE
    if isinstance(value, tuple):
        return ";".join(value)
    if isinstance(value, time):
        return f"{value:%H:%M}"
    return value.isoformat() if isinstance(value, date) else str(value)
