"""What a sending would do, said without doing it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from digest.cli.desk import count, show, show_json
from digest.cli.labels import label_segment
from digest.cli.reports import edition_counts
from digest.cli.watch import TerminalWatch
from digest.errors import NothingFresh
from digest.mailing.choice import Choice
from digest.model import EditionKey
from digest.storage.campaigns import frozen_at

if TYPE_CHECKING:
    from digest.app import House

_SEGMENTS_SHOWN = 10


def tell_plan(house: House, key: EditionKey, skip_bad_rows: bool, *, as_json: bool) -> int:
    """Print the plan; it never says that anything was mailed.

    Raises:
        NothingFresh: there is no edition yet although one is due.
    """
    if frozen_at(house.database, key) is not None:
        facts = edition_counts(house, key)
        if as_json:
            show_json({"dry_run": True, **facts})
        else:
            left = facts["pending"] + facts["deferred"]
            done = facts["total"] - left
            show(f"edition {key} is frozen: {left} letters would go, {done} readers are done with")
        return 0
    from digest.app.day import plan_day

    with TerminalWatch(all_sources=True) as watch:
        plan = plan_day(house, key, watch, skip_bad_rows=skip_bad_rows)
    if plan is None:
        raise NothingFresh(f"there is no edition {key} to plan; `digest compose` says why")
    readers = sum(plan.segments.values())
    later = sum(n for due, n in plan.due.items() if due > plan.now)
    facts = {
        "dry_run": True,
        "edition": str(key),
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
        f" {count(readers, 'letter')} in {count(facts['segments'], 'segment')} would go"
        f" ({readers - later} now, {later} at their hour)"
    )
    sections = [(section.theme, len(section.papers)) for section in plan.edition.sections]
    for segment, number in plan.segments.most_common(_SEGMENTS_SHOWN):
        choice = Choice.from_json(plan.choices[segment])
        show(f"  {count(number, 'reader')}: {label_segment(choice, sections)}")
    if len(plan.segments) > _SEGMENTS_SHOWN:
        show(f"  and {len(plan.segments) - _SEGMENTS_SHOWN} segments more")
    if plan.skipped:
        show(f"no paper today matches the choice of {count(plan.skipped, 'reader')}")
    if plan.not_today:
        show(f"not on this day: {count(plan.not_today, 'reader')} (weekly, weekdays or paused)")
    return 0
