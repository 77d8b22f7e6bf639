"""Who gets which letter of an edition, frozen into the ledger."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Protocol

from digest.app.compose import edition_json
from digest.app.house import House
from digest.app.looks import look_for, render_looks
from digest.errors import ListError, Problem
from digest.mailing.schedule import plan_due
from digest.mailing.segments import segment_in
from digest.model import Edition, EditionKey, Recipient, Subscriber
from digest.model.audience import EVERYBODY, Audience, join_tags
from digest.storage.audiences import planned_readers
from digest.storage.batches import OnBatches
from digest.storage.campaigns import Campaign, extend, freeze
from digest.storage.list_memory import find_losses, load_lists
from digest.storage.planned import Planned, SkippedReader

if TYPE_CHECKING:
    from digest.app.interests import Interests
    from digest.mailing.choice import Chooser
    from digest.storage.lists.reading import ListReading, ListSize

OnProblem = Callable[[Problem], None]
#: So many readers are asked about together where some have interests.
BATCH = 4_096
#: Many readers share few sets of tags.
_joined = lru_cache(8_192)(join_tags)
NOTHING_MATCHES = "nothing in this edition matches the reader's choice"


class Queue(Protocol):
    """Where the letters of an edition go that workers are to deliver."""

    @property
    def batch_size(self) -> int: ...

    def deferring(self, edition: EditionKey, key_fingerprint: str) -> OnBatches:
        """What makes jobs of new batches, in the transaction that plans them."""
        ...

    def enqueue_rest(self, edition: EditionKey) -> int:
        """Jobs for what was planned before and is in none; says how many letters."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders:
    """What a command asks of a plan: for whom it is, and what of the lists it shall bear with."""

    readers: Audience = EVERYBODY
    skip_bad_rows: bool = False
    accept_list_change: bool = False


@dataclass(kw_only=True)
class Plan:
    """The readers of an edition, worked out while they are iterated: lists may be long.

    `audience` are those whom it is for; who is in `planned` (address keys) has a letter already.
    `looks` are the template sets of the lists, where they are not the newsletter's own.
    `choices` (segment -> JSON), the counters and `lists` are complete once `readers` is.
    """

    house: House
    edition: Edition
    subscribers: Iterable[Subscriber]
    now: datetime
    interests: Interests
    audience: Audience = EVERYBODY
    planned: frozenset[str] = frozenset()
    looks: tuple[str, ...] = ()
    lists: dict[str, ListSize] = field(default_factory=dict)
    choices: dict[str, str] = field(default_factory=dict)
    skipped: int = 0
    not_today: int = 0
    segments: Counter[str] = field(default_factory=Counter)
    due: Counter[datetime] = field(default_factory=Counter)

    def readers(self) -> Iterator[Planned]:
        """Who gets a letter on this day, or would if the edition held something for her.

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
            tags = _joined(subscriber.tags)
            if not choice.count:
                self.skipped += 1
                yield SkippedReader(
                    address=subscriber.address,
                    name=subscriber.name,
                    reader_id=reader,
                    reason=NOTHING_MATCHES,
                    tags=tags,
                )
                continue
            segment = segment_in(look_for(self.house, self.edition.key, subscriber), choice.segment)
            if segment not in self.choices:
                self.choices[segment] = choice.to_json()
            self.segments[segment] += 1
            due = max(due, self.now)  # the edition was not there before, so nobody is late
            self.due[due] += 1
            yield Recipient(
                edition=self.edition.key,
                address=subscriber.address,
                name=subscriber.name,
                reader_id=reader,
                segment=segment,
                due_at=due,
                tags=tags,
            )

    def _prepared(self) -> Iterator[Subscriber]:
        """The readers in their order; those with interests are worked out a batch at a time."""
        waiting: list[Subscriber] = []
        for subscriber in self._asked():
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

    def _asked(self) -> Iterable[Subscriber]:
        """The readers whom it is for, without those who have a letter."""
        if not (self.audience.tags or self.planned):
            return self.subscribers
        return (
            each
            for each in self.subscribers
            if each.address.key not in self.planned and self.audience.holds(_joined(each.tags))
        )


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


def make_plan(
    house: House,
    edition: Edition,
    orders: Orders = Orders(),
    *,
    again: bool = False,
    on_problem: OnProblem | None = None,
) -> Plan:
    """The plan for the config's lists; `on_problem` gets their warnings when they are read.

    `again`: some readers of the edition were planned before.
    """
    from digest.app.interests import Interests  # not where everybody was planned
    from digest.storage.lists.files import find_lists
    from digest.storage.lists.reading import ListReading

    interests = Interests(house, edition)
    files, problems = find_lists(house.config)
    reading = ListReading(
        files, problems, skip_bad_rows=orders.skip_bad_rows, check=interests.check
    )
    weekly, own = edition.key.is_weekly, house.config.templates.of(edition.key)
    looks = (file.defaults.weekly if weekly else file.defaults.daily for file in files)
    lists: dict[str, ListSize] = {}
    return Plan(
        house=house,
        edition=edition,
        now=house.began,
        interests=interests,
        subscribers=_told(house, reading, lists, orders, on_problem),
        audience=orders.readers,
        planned=planned_readers(house.database, edition.key) if again else frozenset(),
        looks=tuple(look for look in dict.fromkeys(looks) if look not in ("", own)),
        lists=lists,
    )


def _told(
    house: House,
    reading: ListReading,
    lists: dict[str, ListSize],
    orders: Orders,
    on_problem: OnProblem | None,
) -> Iterator[Subscriber]:
    """The readers of the lists; at their end `lists` has the lists' sizes, if none lost readers."""
    yield from reading
    for problem in reading.problems:
        if on_problem is not None:
            on_problem(problem)
    if reading.rows and reading.rejected == reading.rows:
        raise ListError([_all_left_out(reading.rows)])
    if not orders.accept_list_change and (losses := list_losses(house, reading.sizes)):
        raise ListError(losses)
    lists |= reading.sizes


def list_losses(house: House, sizes: Mapping[str, ListSize]) -> tuple[Problem, ...]:
    """The lists that lost more readers since the last plan than `subscribers.shrink` lets them."""
    if not house.has_state:
        return ()
    shrink = house.config.subscribers.shrink
    return tuple(find_losses(load_lists(house.database), sizes, shrink=shrink, zone=house.zone))


def _all_left_out(rows: int) -> Problem:
    what = "its only row was left out" if rows == 1 else f"all {rows:,} rows were left out"
    return Problem(
        file="config.yaml",
        key="subscribers.lists",
        what=f"{what}, so nobody would get a letter",
        mend="mend them: digest subscribers check",
    )


def freeze_edition(house: House, edition: Edition, plan: Plan, queue: Queue | None = None) -> bool:
    """Write edition, renditions and readers in one transaction; False: it was frozen before.

    With a `queue` the jobs of its batches belong to the same transaction.

    Raises:
        TemplateError, ListError, StorageError: nothing was frozen.
    """
    from digest.app.remembered import kept_names  # heavy: only where something is frozen

    renditions = render_looks(house, edition, ("", *plan.looks))
    _ = house.keys  # a missing secret stops here, before the transaction
    return freeze(
        house.database,
        edition.key,
        day=edition.date,
        frozen_at=house.clock(),
        edition_document=edition_json(edition),
        rendition_document=renditions.pop(""),
        looks=renditions,
        choices=plan.choices,
        readers=plan.readers(),
        audience=plan.audience,
        lists=plan.lists,
        # A week repeats its days on purpose: it does not make a paper seen.
        paper_ids=() if edition.key.is_weekly else tuple(map(kept_names, edition.papers)),
        newsletter=house.config.newsletter,
        key_fingerprint=house.key_fingerprint,
        batch_size=queue.batch_size if queue else None,
        on_batches=queue.deferring(edition.key, house.key_fingerprint) if queue else None,
    )


def extend_edition(
    house: House, campaign: Campaign, plan: Plan, queue: Queue | None = None
) -> bool:
    """Add the plan's readers to a frozen edition; False: they were planned before.

    With a `queue` as there.

    It stays as it was frozen; only a look that it has not is rendered.

    Raises:
        TemplateError, ListError, StorageError: nothing was planned.
    """
    missing = [look for look in plan.looks if look not in campaign.looks]
    return extend(
        house.database,
        campaign.edition,
        at=house.clock(),
        choices=plan.choices,
        readers=plan.readers(),
        audience=plan.audience,
        looks=render_looks(house, plan.edition, missing, campaign.newsletter),
        lists=plan.lists,
        batch_size=queue.batch_size if queue else None,
        on_batches=queue.deferring(campaign.edition, campaign.key_fingerprint) if queue else None,
    )
