"""Who gets which letter of an edition, frozen into the ledger."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from digest.app.compose import edition_json
from digest.app.house import House
from digest.errors import ListError, Problem
from digest.mailing.schedule import plan_due
from digest.model import Edition, Recipient, Rendition, Subscriber
from digest.model.rendition_document import rendition_to_document
from digest.storage.campaigns import SkippedReader, freeze

if TYPE_CHECKING:
    from digest.app.interests import Interests
    from digest.mailing.choice import Chooser

OnProblem = Callable[[Problem], None]
#: So many readers are asked about together where some have interests.
BATCH = 4_096
NOTHING_MATCHES = "nothing in this edition matches the reader's choice"


@dataclass(kw_only=True)
class Plan:
    """The readers of an edition, worked out while they are iterated: lists may be long.

    `choices` (segment -> JSON) and the counters are complete once `readers` is.
    """

    house: House
    edition: Edition
    subscribers: Iterable[Subscriber]
    now: datetime
    interests: Interests
    choices: dict[str, str] = field(default_factory=dict)
    skipped: int = 0
    not_today: int = 0
    segments: Counter[str] = field(default_factory=Counter)
    due: Counter[datetime] = field(default_factory=Counter)

    def readers(self) -> Iterator[Recipient | SkippedReader]:
        """Everyone who gets a letter on this day, or would if the edition held something for her.

        Raises:
            ListError: at the end, when a list turned out to be wrong.
        """
        newsletter = self.house.config.newsletter
        chooser = make_chooser(self.house, self.edition, self.interests)
        for subscriber in self._prepared():
            due = plan_due(
                subscriber,
                weekly=self.edition.key.is_weekly,
                day=self.edition.date,
                timezone=newsletter.timezone,
                weekly_on=self.house.config.edition.weekly_on,
            )
            if due is None:
                self.not_today += 1
                continue
            choice = chooser.choose(subscriber)
            reader = self.house.reader_id(subscriber.address)
            if not choice.count:
                self.skipped += 1
                yield SkippedReader(
                    address=subscriber.address,
                    name=subscriber.name,
                    reader_id=reader,
                    reason=NOTHING_MATCHES,
                )
                continue
            if choice.segment not in self.choices:
                self.choices[choice.segment] = choice.to_json()
            self.segments[choice.segment] += 1
            due = max(due, self.now)  # the edition was not there before, so nobody is late
            self.due[due] += 1
            yield Recipient(
                edition=self.edition.key,
                address=subscriber.address,
                name=subscriber.name,
                reader_id=reader,
                segment=choice.segment,
                due_at=due,
            )

    def _prepared(self) -> Iterator[Subscriber]:
        """The readers in their order; those with interests are worked out a batch at a time."""
        waiting: list[Subscriber] = []
        for subscriber in self.subscribers:
            if not waiting and not subscriber.interests:
                yield subscriber
                continue
            waiting.append(subscriber)
            if len(waiting) == BATCH:
                self.interests.prepare(waiting)
                yield from waiting
                waiting = []
        self.interests.prepare(waiting)
        yield from waiting


def make_chooser(house: House, edition: Edition, interests: Interests | None = None) -> Chooser:
    """Who chooses from `edition` as the config asks."""
    from digest.app.interests import Interests  # here, as runs that plan nothing are many
    from digest.mailing.choice import Chooser

    return Chooser(
        edition,
        relevance=interests or Interests(house, edition),
        weight=house.config.edition.relevance,
        why=house.config.edition.why,
        why_words=_why_words(house) if house.config.edition.why else {},
    )


def _why_words(house: House) -> Mapping[str, str]:
    from digest.rendering.language import speak  # heavy: Babel
    from digest.rendering.words import why_words

    return why_words(speak(house.config.newsletter.language, house.catalogues))


def render(house: House, edition: Edition) -> Rendition:
    """The edition with the newsletter's template set for its kind, fit to be mailed.

    Raises:
        TemplateError: a template or a catalogue is wrong, or makes what would mislead readers;
            nothing was frozen.
    """
    from digest.rendering.check_edition import require_sound  # heavy: once an edition
    from digest.rendering.render import render_edition

    templates, newsletter = house.templates(edition.key), house.config.newsletter
    rendition = render_edition(edition, templates, newsletter, house.catalogues)
    require_sound(edition, rendition, templates, newsletter)
    return rendition


def make_plan(
    house: House,
    edition: Edition,
    *,
    skip_bad_rows: bool = False,
    on_problem: OnProblem | None = None,
) -> Plan:
    """The plan for the config's lists; `on_problem` gets their warnings when they are read."""
    from digest.app.interests import Interests  # not where the edition is frozen

    interests = Interests(house, edition)
    return Plan(
        house=house,
        edition=edition,
        now=house.began,
        interests=interests,
        subscribers=_told(house, interests, skip_bad_rows=skip_bad_rows, on_problem=on_problem),
    )


def _told(
    house: House, interests: Interests, *, skip_bad_rows: bool, on_problem: OnProblem | None
) -> Iterator[Subscriber]:
    from digest.storage.lists.reading import open_lists  # not where the edition is frozen

    reading = open_lists(house.config, skip_bad_rows=skip_bad_rows, check=interests.check)
    yield from reading
    for problem in reading.problems:
        if on_problem is not None:
            on_problem(problem)
    if reading.rows and reading.rejected == reading.rows:
        raise ListError([_all_left_out(reading.rows)])


def _all_left_out(rows: int) -> Problem:
    what = "its only row was left out" if rows == 1 else f"all {rows:,} rows were left out"
    return Problem(
        file="config.yaml",
        key="subscribers.lists",
        what=f"{what}, so nobody would get a letter",
        mend="mend them: digest subscribers check",
    )


def freeze_edition(house: House, edition: Edition, plan: Plan) -> bool:
    """Write edition, rendition and readers in one transaction; False: it was frozen before.

    Raises:
        TemplateError, ListError, StorageError: nothing was frozen.
    """
    from digest.app.remembered import kept_names  # heavy: only where something is frozen

    rendition = render(house, edition)
    _ = house.keys  # a missing secret stops here, before the transaction
    return freeze(
        house.database,
        edition.key,
        day=edition.date,
        frozen_at=house.clock(),
        edition_document=edition_json(edition),
        rendition_document=json.dumps(rendition_to_document(rendition), ensure_ascii=False),
        choices=plan.choices,
        readers=plan.readers(),
        # A week repeats its days on purpose: it does not make a paper seen.
        paper_ids=() if edition.key.is_weekly else tuple(map(kept_names, edition.papers)),
        newsletter=house.config.newsletter,
        key_fingerprint=house.key_fingerprint,
    )
