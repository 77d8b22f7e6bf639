"""Our lists as a whole, for another program or another list: CSV or YAML.

Each reader's row says everything, also what is so by default, so that an import into any list
makes her the same reader.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from digest.model.subscriber import FURTHER_NOTICE, Subscriber
from digest.storage.lists.exchange.any_tool import SUPPRESSED
from digest.storage.lists.exchange.shield import shield
from digest.storage.lists.fields import NOTHING, UNTIL_NOTICE
from digest.storage.lists.row import FIELDS, LISTS

_QUOTED = re.compile(r"""^[\s#"]|[",;\r\n]|\s$|^sep=""", re.IGNORECASE)


#: Whether a reader's list has a default for a field: then nothing is said as `none`.
HasDefault = Callable[[Subscriber, str], bool]


def _no_default(subscriber: Subscriber, name: str) -> bool:
    return False


def fields_of(subscriber: Subscriber) -> dict[str, str]:
    """Every field as text, "" where there is none; several values are split at `;`."""
    return {name: _text(subscriber, name) for name in FIELDS}


def holds_semicolon(subscriber: Subscriber) -> str:
    """The field with a value that a CSV cell cannot say, or ""."""
    lists = (name for name in FIELDS if name in LISTS)
    return next((n for n in lists if any(";" in item for item in getattr(subscriber, n))), "")


def write_csv(
    subscribers: Iterable[tuple[Subscriber, str]],
    *,
    with_suppressed: bool = False,
    has_default: HasDefault = _no_default,
) -> Iterator[str]:
    """Lines of CSV, the header first. Beside each reader stands what her suppression came of, or
    "", which is a column `with_suppressed`.
    """
    yield ",".join((*FIELDS, SUPPRESSED) if with_suppressed else FIELDS) + "\n"
    for subscriber, cause in subscribers:
        cells = [
            text or (NOTHING if has_default(subscriber, name) else "")
            for name, text in fields_of(subscriber).items()
        ]
        if with_suppressed:
            cells.append(cause)
        yield ",".join(map(_cell, cells)) + "\n"


def write_yaml(
    subscribers: Iterable[Subscriber], *, has_default: HasDefault = _no_default
) -> Iterator[str]:
    """A YAML list; `[]` for nobody."""
    some = False
    for subscriber in subscribers:
        some = True
        yield _item(subscriber, has_default)
    if not some:
        yield "[]\n"


def _item(subscriber: Subscriber, has_default: HasDefault) -> str:
    import yaml

    item = {}
    for name in FIELDS:
        if value := _value(subscriber, name) or (NOTHING if has_default(subscriber, name) else ""):
            item[name] = value
    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    text: str = yaml.dump(
        [item], Dumper=dumper, allow_unicode=True, sort_keys=False, width=1_000_000
    )
    return text


def _value(subscriber: Subscriber, name: str) -> str | list[str]:
    return list(getattr(subscriber, name)) if name in LISTS else _text(subscriber, name)


def _text(subscriber: Subscriber, name: str) -> str:
    if name == "email":
        return str(subscriber.address)
    value: Any = getattr(subscriber, name)
    if value is None:
        return ""
    if name in LISTS:
        return ";".join(value)
    if name == "send_at":
        return f"{value:%H:%M:%S}" if value.second else f"{value:%H:%M}"
    if name == "paused_until":
        return UNTIL_NOTICE if value == FURTHER_NOTICE else str(value.isoformat())
    return str(value)


def _cell(text: str) -> str:
    safe = shield(text)
    return '"' + safe.replace('"', '""') + '"' if _QUOTED.search(safe) else safe
