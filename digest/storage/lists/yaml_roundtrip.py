"""An edit by ruamel.yaml's round trip, for lists whose text cannot be cut and pasted.

It keeps comments, order and quoting, but sets indentation and line breaks anew, which is why it
comes second. What it loses (a comment in an odd place) makes the edit fail, not the comment.
"""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from digest.errors import ListError
from digest.storage.lists.row import LISTS
from digest.storage.lists.snapshot import unsafe
from digest.storage.lists.source import Source

_COMMENT = re.compile(r"(?:^|(?<=\s))#[^\r\n]*", re.MULTILINE)


def add_items_anew(source: Source, rows: Sequence[Mapping[str, str]]) -> bytes:
    """The list with more readers at its end."""
    document, items = _load(source)
    items.extend({name: _typed(name, value) for name, value in row.items()} for row in rows)
    return _dump(source, document, losing=False)


def remove_items_anew(source: Source, numbers: Sequence[int]) -> bytes:
    """The list without some readers; the comments on their own lines may go with them."""
    document, items = _load(source)
    for number in reversed(numbers):
        del items[number]
    return _dump(source, document, losing=True)


def change_items_anew(source: Source, changes: Mapping[int, Mapping[str, str]]) -> bytes:
    """The list with other values in the rows of these numbers."""
    document, items = _load(source)
    for number, fields in changes.items():
        item = items[number]
        if not isinstance(item, dict):
            items[number] = item = {"email": item}
        for name, value in fields.items():
            if value:
                item[name] = _typed(name, value)
            else:
                item.pop(name, None)
    return _dump(source, document, losing=False)


def _typed(name: str, value: str) -> Any:
    return value.split(";") if name in LISTS else value


def _yaml() -> Any:
    from ruamel.yaml import YAML

    yaml = YAML(typ="rt")
    yaml.preserve_quotes = True
    yaml.width = 1 << 16
    yaml.allow_unicode = True
    return yaml


def _load(source: Source) -> tuple[Any, Any]:
    """The document, and the list in it.

    Raises:
        ListError: ruamel.yaml cannot read what libyaml could.
    """
    try:
        document = _yaml().load(source.raw[source.bom :].decode(source.codec))
    except Exception:  # its errors have no common root
        raise ListError([unsafe(source)]) from None
    return document, document["subscribers"] if isinstance(document, dict) else document


def _dump(source: Source, document: Any, *, losing: bool) -> bytes:
    """The document's text in the file's own line ends.

    Raises:
        ListError: a comment would be lost.
    """
    yaml = _yaml()
    before = source.raw[source.bom :].decode(source.codec)
    deep = re.search(r"^( *)- *\S", before, re.MULTILINE)
    offset = len(deep[1]) if deep else 0
    if offset:
        yaml.indent(mapping=2, sequence=offset + 2, offset=offset)
    yaml.explicit_start = before.lstrip().startswith("---")
    stream = io.StringIO()
    yaml.dump(document, stream)
    text = stream.getvalue()
    if not losing and Counter(_COMMENT.findall(before)) - Counter(_COMMENT.findall(text)):
        raise ListError([unsafe(source)])
    if "\r\n" in before:
        text = text.replace("\n", "\r\n")
    return source.raw[: source.bom] + text.encode(source.codec)
