"""`digest subscribers list`: everyone on the lists."""

from __future__ import annotations

from typing import Any

import click

from digest.cli.desk import Desk, json_option, note, pass_desk, show, show_json
from digest.model import Subscriber
from digest.model.subscriber import FURTHER_NOTICE


@click.command("list")
@json_option
@pass_desk
def command(desk: Desk, as_json: bool) -> int:
    """Everyone on the lists, with what they chose."""
    from digest.storage.lists.reading import open_lists
    from digest.storage.suppressions import suppressed_keys

    barred: frozenset[str] = frozenset()
    if desk.house.has_state:
        barred, _ = suppressed_keys(desk.house.database)
    reading = open_lists(desk.config)
    if as_json:
        show_json([_document(s, suppressed=s.address.key in barred) for s in reading])
    else:
        for subscriber in reading:
            state = "suppressed" if subscriber.address.key in barred else subscriber.frequency
            show(f"{subscriber.address}\t{subscriber.name}\t{state}\t{_wishes(subscriber)}")
    for problem in reading.problems:
        note(str(problem))
    return 0


def _document(subscriber: Subscriber, *, suppressed: bool) -> dict[str, Any]:
    return {
        "email": str(subscriber.address),
        "name": subscriber.name,
        "themes": list(subscriber.themes),
        "keywords": list(subscriber.keywords),
        "exclude": list(subscriber.exclude),
        "frequency": str(subscriber.frequency),
        "timezone": subscriber.timezone,
        "send_at": f"{subscriber.send_at:%H:%M}" if subscriber.send_at else None,
        "max_papers": subscriber.max_papers,
        "format": str(subscriber.format),
        "tags": list(subscriber.tags),
        "interests": list(subscriber.interests),
        "paused_until": _until(subscriber),
        "templates": subscriber.templates,
        "weekly_templates": subscriber.weekly_templates,
        "file": subscriber.file,
        "line": subscriber.line,
        "suppressed": suppressed,
    }


def _until(subscriber: Subscriber) -> str | None:
    until = subscriber.paused_until
    if until is None:
        return None
    return "further notice" if until == FURTHER_NOTICE else until.isoformat()


def _wishes(subscriber: Subscriber) -> str:
    wishes = [*subscriber.themes, *(f'"{word}"' for word in subscriber.keywords)]
    wishes += [f"like {interest}" for interest in subscriber.interests]
    text = ", ".join(wishes) or "everything"
    if subscriber.exclude:
        text += f" without {', '.join(subscriber.exclude)}"
    return text + (f", at {subscriber.send_at:%H:%M}" if subscriber.send_at else "")
