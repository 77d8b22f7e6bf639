"""From the sources to an edition in the archive."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from digest.app.house import House
from digest.app.summaries import ask_model
from digest.editorial.decide import Decision, DecisionKind, decide, usable
from digest.errors import StorageError, UsageError
from digest.mailing.schedule import weekly_day
from digest.model import Edition, EditionKey, SourceReport, Verdict
from digest.model.document import edition_from_document, edition_to_document
from digest.storage.archive import documents_until, list_editions, load_edition, save_edition
from digest.storage.campaigns import frozen_at
from digest.storage.source_memory import memory_before, save_memory

if TYPE_CHECKING:
    from digest.config import ThemesConfig
    from digest.editorial.knowledge import Knowledge
    from digest.sources.collect import Collection

OnReport = Callable[[SourceReport], None]
#: So many editions back, a theme's name is preferred where it fits again.
REMEMBERED_EDITIONS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Composition:
    """An edition, and whether it may be sent. `reused`: it was in the archive already."""

    edition: Edition
    decision: Decision
    reused: bool = False

    @property
    def may_send(self) -> bool:
        return self.decision.kind is DecisionKind.SEND


def why_not(reports: Sequence[SourceReport]) -> str:
    """The sources that keep the day's edition back, without their reasons, which were told."""
    held = [r for r in reports if r.verdict not in (Verdict.FRESH, Verdict.QUIET)]
    return ", ".join(f"{r.source} is {r.verdict}" for r in held)


def collect_papers(house: House, day: date, on_report: OnReport | None = None) -> Collection:
    """Ask every source for the papers of `day`; failures are verdicts."""
    from digest.sources.collect import collect  # heavy, and most cron runs compose nothing

    return asyncio.run(
        collect(
            house.config.sources,
            folder=house.config.folder,
            day=day,
            now=house.clock(),
            agent=house.agent,
            cache=house.reply_cache,
            memory=memory_before(house.database, day),
            report=on_report,
        )
    )


def compose_day(
    house: House, day: date, *, refresh: bool = False, on_report: OnReport | None = None
) -> Composition:
    """The edition of `day`: from the archive, or composed now and, if it may be sent, kept there.

    `refresh` composes it again from the sources, as long as it is not frozen.
    """
    key = EditionKey.daily(day)
    if refresh and frozen_at(house.database, key) is not None:
        raise UsageError(f"edition {key} is frozen, its letters are planned or sent: leave it")
    kept = None if refresh else load_kept(house, key)
    if kept is not None:
        reason = f"edition {key} is in the archive"
        decision = Decision(kind=DecisionKind.SEND, reason=reason)
        return Composition(edition=kept, decision=decision, reused=True)
    collection = collect_papers(house, day, on_report)
    edition, decision = _edit(house, key, day, collection)
    if decision.kind is DecisionKind.SEND:
        edition = ask_model(house, edition)
        _keep(house, edition)
        save_memory(house.database, key, day, collection.given)
    return Composition(edition=edition, decision=decision)


def compose_week(house: House, day: date) -> Edition | None:
    """The best of the week of `day` up to that day, kept in the archive; None: nothing to tell.

    Raises:
        UsageError: the week is not that far yet: an edition made now would lack its last days.
    """
    from digest.editorial.compose import compose_weekly  # heavy, and only once a week

    key = EditionKey.weekly(day)
    kept = load_kept(house, key)
    if kept is not None:
        return kept
    day = min(day, house.today())
    ready = weekly_day(key.day(), house.config.edition.weekly_on)
    if day < ready:
        raise UsageError(f"edition {key} is made on {ready} (edition.weekly_on), not before")
    days = [EditionKey.daily(each) for each in key.days() if each <= day]
    editions = [edition for each in days if (edition := load_kept(house, each)) is not None]
    if not editions:
        return None
    config = house.config
    themes, knowledge = _known(house, day)
    edition = compose_weekly(
        editions,
        key=key,
        day=day,
        now=house.clock(),
        edition=config.edition,
        themes=themes,
        knowledge=knowledge,
        template_set=config.templates.of(key),
    )
    if len(edition.papers) < config.edition.min_papers:
        return None
    edition = ask_model(house, edition)
    _keep(house, edition)
    return edition


def load_kept(house: House, key: EditionKey) -> Edition | None:
    """An edition of the archive.

    Raises:
        StorageError: the archive cannot be read, or holds something else.
    """
    text = load_edition(house.database, key)
    if text is None:
        return None
    try:
        return edition_from_document(json.loads(text))
    except ValueError as error:
        raise StorageError(f"edition {key} in the archive cannot be read: {error}") from None


def require_kept(house: House, key: EditionKey) -> Edition:
    """The same; a missing edition is a person's mistake.

    Raises:
        UsageError: there is none; the line says which there are.
    """
    edition = load_kept(house, key)
    if edition is None:
        there = ", ".join(str(each.key) for each in list_editions(house.database)[:5])
        raise UsageError(f"there is no edition {key}; the newest are: {there or 'none yet'}")
    return edition


def require_week(house: House, key: EditionKey) -> Edition:
    """The edition of a week that was made already.

    Raises:
        UsageError: it was not; the line says when it can be, and how.
    """
    edition = load_kept(house, key)
    if edition is None:
        makes = f"`digest compose --date {key}` makes it"
        ready = weekly_day(key.day(), house.config.edition.weekly_on)
        if house.today() < ready:
            when = f"is made on {ready} (edition.weekly_on), not before: {makes} then"
            raise UsageError(f"edition {key} {when}")
        raise UsageError(f"edition {key} is not made yet: {makes}")
    return edition


def edition_json(edition: Edition) -> str:
    """The document that archive and ledger keep."""
    return json.dumps(edition_to_document(edition), ensure_ascii=False)


def _edit(
    house: House, key: EditionKey, day: date, collection: Collection
) -> tuple[Edition, Decision]:
    from digest.app.remembered import mailed_before
    from digest.editorial.compose import compose_edition  # heavy: not where it is frozen
    from digest.editorial.identity import merge_papers

    config = house.config
    decision = decide(collection.reports, config.edition)
    papers = usable(collection.reports, merge_papers(collection.papers), config.edition)
    themes, knowledge = _known(house, day)
    edition = compose_edition(
        papers,
        key=key,
        day=day,
        now=house.clock(),
        reports=collection.reports,
        edition=config.edition,
        themes=themes,
        knowledge=knowledge,
        sent=mailed_before(house, papers, key),
        template_set=config.templates.of(key),
    )
    news = sum(not paper.withdrawn for paper in edition.papers)
    if decision.kind is DecisionKind.SEND and news < config.edition.min_papers:
        words = f"{news} new papers, min_papers is {config.edition.min_papers}"
        mailed = f" ({edition.repeated} were mailed before)" if edition.repeated else ""
        decision = Decision(kind=DecisionKind.QUIET, reason=words + mailed)
    return edition, decision


def _known(house: House, day: date) -> tuple[ThemesConfig, Knowledge]:
    """The config's themes, and what is known of them on the morning of `day`."""
    from digest.app.knowledge import know  # heavy: numpy

    config = house.config
    return know(config.themes, config.folder, _recent_names(house, day), config.origin)


def _recent_names(house: House, day: date) -> tuple[str, ...]:
    """The names of the themes in the last editions before `day`, the newest first."""
    names: dict[str, None] = {}
    before = day - timedelta(days=1)
    for text in documents_until(house.database, before, REMEMBERED_EDITIONS):
        try:
            names |= dict.fromkeys(str(s["theme"]) for s in json.loads(text)["sections"])
        except (ValueError, TypeError, KeyError):  # an old name is not worth an edition
            continue
    return tuple(name for name in names if name != house.config.themes.other)


def _keep(house: House, edition: Edition) -> None:
    save_edition(
        house.database,
        edition.key,
        day=edition.date,
        created_at=edition.created_at,
        document=edition_json(edition),
    )


def week_is_due(house: House, day: date, *, settled: bool) -> bool:
    """Whether the week's edition may be made on `day`; `settled`: the day's own edition is out.

    On the configured weekday it waits for that day's edition; later in the week it waits for
    nothing more, so that a day without sources does not cost weekly readers their week.
    """
    its_day = weekly_day(day, house.config.edition.weekly_on)
    return day > its_day or (day == its_day and settled)
