"""A list's text with rows added, taken out or changed, whichever kind of file it is.

What ends in `_anew` is the second way for YAML: the whole text written again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from digest.storage.lists.files import is_yaml
from digest.storage.lists.snapshot import Found
from digest.storage.lists.source import Source

#: What is to be said of some rows: "" clears a field.
Changes = Sequence[tuple[Found, Mapping[str, str]]]


def with_rows(source: Source, rows: Sequence[Mapping[str, str]]) -> bytes:
    if is_yaml(source.path):
        from digest.storage.lists.yaml_edit import add_items

        return add_items(source, rows)
    from digest.storage.lists.csv_edit import add_rows

    return add_rows(source, rows)


def without_rows(source: Source, rows: Sequence[Found]) -> bytes:
    if is_yaml(source.path):
        from digest.storage.lists.yaml_edit import remove_items

        return remove_items(source, [found.number for found in rows])
    from digest.storage.lists.csv_edit import cut_rows

    return cut_rows(source, [found.line for found in rows])


def with_changes(source: Source, changes: Changes) -> bytes:
    if is_yaml(source.path):
        from digest.storage.lists.yaml_change import change_items

        return change_items(source, {found.number: fields for found, fields in changes})
    from digest.storage.lists.csv_edit import change_rows

    return change_rows(source, {found.line: fields for found, fields in changes})


def with_rows_anew(source: Source, rows: Sequence[Mapping[str, str]]) -> bytes:
    from digest.storage.lists.yaml_roundtrip import add_items_anew

    return add_items_anew(source, rows)


def without_rows_anew(source: Source, rows: Sequence[Found]) -> bytes:
    from digest.storage.lists.yaml_roundtrip import remove_items_anew

    return remove_items_anew(source, [found.number for found in rows])


def with_changes_anew(source: Source, changes: Changes) -> bytes:
    from digest.storage.lists.yaml_roundtrip import change_items_anew

    return change_items_anew(source, {found.number: fields for found, fields in changes})
