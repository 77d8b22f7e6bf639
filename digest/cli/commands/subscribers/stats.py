"""`digest subscribers stats`: the lists in numbers."""

from __future__ import annotations

from collections import Counter
from typing import Any

import click

from digest.cli.desk import Desk, count, json_option, note, pass_desk, show, show_json

_SHOWN = 20


@click.command("stats")
@json_option
@pass_desk
def command(desk: Desk, as_json: bool) -> int:
    """How many readers: by list, frequency, theme, tag and domain; paused, suppressed."""
    from digest.app.suppressed import suppressed_test
    from digest.storage.lists.reading import open_lists

    is_suppressed, today = suppressed_test(desk.house), desk.today()
    reading = open_lists(desk.config)
    groups: dict[str, Counter[str]] = {
        name: Counter() for name in ("list", "frequency", "theme", "tag", "domain")
    }
    total = paused = suppressed = everything = 0
    for reader in reading:
        total += 1
        paused += reader.is_paused(today)
        suppressed += is_suppressed(reader)
        everything += not (reader.themes or reader.keywords or reader.interests)
        groups["list"][reader.file] += 1
        groups["frequency"][str(reader.frequency)] += 1
        groups["theme"].update(reader.themes)
        groups["tag"].update(reader.tags)
        groups["domain"][reader.address.domain] += 1
    facts: dict[str, Any] = {
        "readers": total,
        "paused": paused,
        "suppressed": suppressed,
        "everything": everything,
        "duplicates": reading.duplicates,
    }
    if as_json:
        show_json(facts | {name: dict(group.most_common()) for name, group in groups.items()})
        return 0
    for name, number in facts.items():
        show(f"{name}\t{number}")
    for name, group in groups.items():
        for value, number in group.most_common(_SHOWN):
            show(f"{name}\t{value}\t{number}")
        if len(group) > _SHOWN:
            note(f"{count(len(group) - _SHOWN, name)} more: --json has all")
    return 0
