"""A reader in words, and as JSON."""

from __future__ import annotations

from datetime import date
from typing import Any

from digest.model import Subscriber
from digest.model.subscriber import FURTHER_NOTICE


def reader_document(subscriber: Subscriber, *, suppressed: bool) -> dict[str, Any]:
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
        "paused_until": pause_text(subscriber),
        "templates": subscriber.templates,
        "weekly_templates": subscriber.weekly_templates,
        "file": subscriber.file,
        "line": subscriber.line,
        "suppressed": suppressed,
    }


def pause_text(subscriber: Subscriber) -> str | None:
    """`2026-12-24`, `further notice`, or None."""
    until = subscriber.paused_until
    if until is None:
        return None
    return "further notice" if until == FURTHER_NOTICE else until.isoformat()


def reader_state(subscriber: Subscriber, today: date, *, suppressed: bool) -> str:
    """Suppressed, paused, or how often she gets letters."""
    if suppressed:
        return "suppressed"
    if subscriber.paused_until is not None and subscriber.is_paused(today):
        return f"paused until {pause_text(subscriber)}"
    return str(subscriber.frequency)


def reader_wishes(subscriber: Subscriber) -> str:
    """What she wants to read, on one line."""
    wishes = [*subscriber.themes, *(f'"{word}"' for word in subscriber.keywords)]
    wishes += [f"like {interest}" for interest in subscriber.interests]
    text = ", ".join(wishes) or "everything"
    if subscriber.exclude:
        text += f" without {', '.join(subscriber.exclude)}"
    return text + (f", at {subscriber.send_at:%H:%M}" if subscriber.send_at else "")
