"""An edition's way over all workers: who sends how fast, and what is left."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from digest.cli.desk import count
from digest.model import EditionKey

if TYPE_CHECKING:
    from digest.app import House
    from digest.storage.workers import Worker

_FACTS = (
    "host",
    "pid",
    "command",
    "state",
    "edition",
    "batches",
    "connections",
    "sent",
    "deferred",
    "rejected",
    "unknown",
)


def campaign_facts(house: House, key: EditionKey, left: int) -> dict[str, Any]:
    """What `digest status --json` adds where workers may be at work; nothing where none can.

    `left` letters of the edition are not sent yet. `batches` are those `waiting` for a worker,
    those whose moment comes `later`, and those `at_work`; `seconds_left` is None while nobody
    sends.
    """
    if not house.has_state or not house.database.is_shared:
        return {}
    from digest.storage.postgres.jobs import batches_left
    from digest.storage.workers import rate_of, recent_workers

    workers = recent_workers(house.database)
    with house.database.read() as connection:
        batches = batches_left(connection, key)
    rate = rate_of(workers, key)
    return {
        "rate": round(rate, 1),
        "seconds_left": round(left / rate) if rate else None,
        "batches": {
            "waiting": batches.now,
            "later": batches.later,
            "at_work": batches.doing,
        },
        "workers": [_document(each) for each in workers],
    }


def campaign_lines(facts: dict[str, Any], left: int) -> list[str]:
    """The same in words: what is left, then a line for each worker."""
    if not facts:
        return []
    lines = []
    batches = facts["batches"]
    at_work = sum(each["state"] in ("working", "stopping") for each in facts["workers"])
    if any(batches.values()):
        said = [f"{number:,} {name.replace('_', ' ')}" for name, number in batches.items()]
        lines.append(f"  batches: {', '.join(said)}")
    elif left and not at_work:
        lines.append("  batches: none; `digest run --enqueue` hands the rest to the workers")
    if facts["rate"]:
        rest = _duration(facts["seconds_left"])
        lines.append(f"  {facts['rate']:,.0f} letters/s by {count(at_work, 'worker')}; {rest} left")
    return lines + [f"  {_line(each)}" for each in facts["workers"]]


def _document(each: Worker) -> dict[str, Any]:
    facts = {name: getattr(each, name) for name in _FACTS}
    # What a dead worker held last is others' now.
    held = {} if each.lives else {"batches": 0, "connections": 0}
    return (
        facts
        | held
        | {
            "state": "silent" if each.silent else each.state,
            "rate": round(each.rate, 1) if each.works else 0.0,
            "started_at": each.started_at.isoformat(),
            "seen_seconds_ago": round(each.age.total_seconds(), 1),
        }
    )


def _line(each: dict[str, Any]) -> str:
    """`worker db1:4711  working  612/s  16,012 sent  4 batches, 8 connections`."""
    words = [f"{each['command']} {each['host']}:{each['pid']}", each["state"]]
    if each["state"] == "silent":
        words[-1] += f" for {_duration(each['seen_seconds_ago'])}"
    if each["state"] in ("working", "stopping"):
        words.append(f"{each['rate']:,.0f}/s")
    words.append(f"{each['sent']:,} sent")
    words += [
        f"{each[name]:,} {name}" for name in ("deferred", "rejected", "unknown") if each[name]
    ]
    batches = "1 batch" if each["batches"] == 1 else f"{each['batches']:,} batches"
    held = [batches] * bool(each["batches"])
    held += [count(each["connections"], "connection")] * bool(each["connections"])
    if held:
        words.append(", ".join(held))
    return "  ".join(words)


def _duration(seconds: float) -> str:
    """`40 s`, `12 min`, `3.5 h`."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"
