"""What a sending would do, said without doing it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from digest.cli.desk import count, show, show_json
from digest.cli.labels import label_segment
from digest.cli.reports import edition_counts, planned_words
from digest.cli.watch import TerminalWatch
from digest.errors import NothingFresh
from digest.mailing.choice import Choice
from digest.mailing.segments import look_of
from digest.model import EditionKey
from digest.model.audience import say_audience
from digest.storage.audiences import count_waiting, planned_for

if TYPE_CHECKING:
    from digest.app import House
    from digest.app.plan import Orders

_SEGMENTS_SHOWN = 10


def tell_plan(house: House, key: EditionKey, orders: Orders, *, as_json: bool) -> int:
    """Print the plan; it never says that anything was mailed.

    Raises:
        NothingFresh: there is no edition yet although one is due.
        UsageError: nobody is in one of the groups.
        ListError: the lists are wrong, or lost many readers.
        ConfigError: the state is another newsletter's.
    """
    from digest.app.belonging import require_own_state
    from digest.app.day import plan_day
    from digest.app.groups import require_readers

    require_readers(house, key, orders.readers, skip_bad_rows=orders.skip_bad_rows)
    require_own_state(house)
    planned = planned_for(house.database, key)
    waiting = count_waiting(house.database, key, orders.readers) if planned else 0
    before = edition_counts(house, key)
    to = say_audience(orders.readers.names)
    if orders.readers.without(planned) is None:
        if as_json:
            show_json({"dry_run": True, **before, "to": to, "letters": waiting})
        else:
            show(_frozen_line(before, waiting, to))
        return 0
    with TerminalWatch(all_sources=True) as watch:
        plan = plan_day(house, key, watch, orders)
    if plan is None:
        raise NothingFresh(f"there is no edition {key} to plan; `digest compose` says why")
    readers = sum(plan.segments.values())
    later = sum(n for due, n in plan.due.items() if due > plan.now)
    facts = {
        "dry_run": True,
        "edition": str(key),
        "planned_for": before["planned_for"],
        "to": to,
        "waiting": waiting,
        "papers": len(plan.edition.papers),
        "sections": len(plan.edition.sections),
        "letters": readers,
        "due_now": readers - later,
        "due_later": later,
        "segments": len(plan.segments),
        "skipped": plan.skipped,
        "not_today": plan.not_today,
    }
    if as_json:
        show_json(facts)
        return 0
    papers, themes = count(facts["papers"], "paper"), count(facts["sections"], "theme")
    show(
        f"edition {key}: {papers} in {themes};"
        f" {count(readers, 'letter')} in {count(facts['segments'], 'segment')} would go{_whom(to)}"
        f" ({readers - later} now, {later} at their hour)"
    )
    if planned:
        show(f"it is frozen{planned_words(before)}; {count(waiting, 'letter')} of it would go too")
    sections = [(section.theme, len(section.papers)) for section in plan.edition.sections]
    for segment, number in plan.segments.most_common(_SEGMENTS_SHOWN):
        choice = Choice.from_json(plan.choices[segment])
        look = look_of(segment)
        show(f"  {count(number, 'reader')}: {label_segment(choice, sections, look)}")
    if len(plan.segments) > _SEGMENTS_SHOWN:
        show(f"  and {len(plan.segments) - _SEGMENTS_SHOWN} segments more")
    if plan.skipped:
        show(f"no paper today matches the choice of {count(plan.skipped, 'reader')}")
    if plan.not_today:
        show(f"not on this day: {count(plan.not_today, 'reader')} (weekly, weekdays or paused)")
    return 0


def _frozen_line(facts: dict[str, Any], waiting: int, to: Sequence[str]) -> str:
    """Of an edition that was planned for all of the readers."""
    done = facts["total"] - facts["pending"] - facts["deferred"]
    letters = f"{waiting} letters would go{_whom(to)}"
    readers = f"{done} readers are done with"
    return f"edition {facts['edition']} is frozen{planned_words(facts)}: {letters}, {readers}"


def _whom(to: Sequence[str]) -> str:
    return "" if "everybody" in to else f" to {', '.join(to)}"
