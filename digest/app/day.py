"""The day's work from end to end: take up what was left, compose, plan, deliver."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Protocol

from digest.app.belonging import require_own_state
from digest.app.bounces import book_rejections
from digest.app.compose import Composition, compose_day, compose_week, week_is_due, why_not
from digest.app.deliver import deliver_edition, make_ways
from digest.app.groups import require_readers
from digest.app.house import House
from digest.app.plan import Orders, Plan, Queue, extend_edition, freeze_edition, make_plan
from digest.app.signing import load_signers
from digest.delivery.faults import LedgerLost, RunStopped
from digest.delivery.report import DeliveryReport
from digest.editorial.decide import DecisionKind
from digest.errors import DigestError, Problem
from digest.model import Edition, EditionKey, Outcome, Recipient, SourceReport
from digest.model.audience import EVERYBODY, Audience, say_audience
from digest.model.document import edition_from_document
from digest.storage.audiences import count_waiting, planned_for
from digest.storage.campaigns import Campaign, load_campaign, open_editions
from digest.storage.lock import everywhere_lock, run_lock
from digest.storage.recovery import Recovered, give_up, recover

_log = logging.getLogger(__name__)
OUT_OF_DATE = "given up: the edition is out of date (delivery.give_up_after)"


class Watch(Protocol):
    """Who looks on while the day is done: a progress bar, a log, nobody."""

    def on_report(self, report: SourceReport) -> None: ...
    def on_problem(self, problem: Problem) -> None: ...
    def on_edition(self, key: EditionKey, letters: int) -> None: ...
    def on_outcome(self, recipient: Recipient, outcome: Outcome) -> None: ...


@dataclass(kw_only=True)
class DayReport:
    """What was done. `composition` is None when the day's edition was not looked at.

    `enqueued` counts the letters of each edition that were handed to workers. `failure` ended the
    delivery (the relay refuses us, the ledger cannot be written); what was done before it is
    counted all the same.
    """

    day: date
    recovered: Recovered | None = None
    given_up: int = 0
    composition: Composition | None = None
    frozen: list[EditionKey] = field(default_factory=list)
    deliveries: dict[EditionKey, DeliveryReport] = field(default_factory=dict)
    enqueued: dict[EditionKey, int] = field(default_factory=dict)
    failure: DigestError | None = None

    @property
    def stopped(self) -> bool:
        return any(report.stopped for report in self.deliveries.values())

    @property
    def undelivered(self) -> int:
        """Letters that were tried in this run and did not arrive."""
        reports = self.deliveries.values()
        return self.given_up + sum(r.deferred + r.rejected + r.unknown for r in reports)

    @property
    def later(self) -> str | None:
        """Why there is no edition yet although one is due; None when all is as it should be."""
        composed = self.composition
        if composed is None or composed.decision.kind is not DecisionKind.LATER:
            return None
        return why_not(composed.edition.verdicts)


def run_day(
    house: House,
    day: date,
    watch: Watch,
    *,
    compose: bool = True,
    orders: Orders = Orders(),
) -> DayReport:
    """Everything that is due: what earlier runs left, the day's edition, the week's on its day.

    Without `compose` (it is too early for today's) only what is frozen already is delivered.
    Nobody but `orders.readers` is planned for or mailed.

    Raises:
        DigestError: as the rooms raise it; what was sent until then is in the ledger.
    """
    report = DayReport(day=day)
    _check(house, EditionKey.daily(day), orders)
    with _at_work(house, report, "digest run"):
        if compose:
            _plan_what_is_due(house, report, watch, orders)
        for key in open_editions(house.database, house.clock()):
            _deliver(house, key, report, watch, orders.readers, due_only=True)
            if report.stopped or report.failure:
                break
    return report


def enqueue_day(
    house: House,
    day: date,
    watch: Watch,
    queue: Queue,
    *,
    compose: bool = True,
    orders: Orders = Orders(),
) -> DayReport:
    """As `run_day`, but what is due, now or later, goes to workers instead of to the relay.

    An edition's jobs are made in the transaction that plans it. Letters of earlier plans that are
    in no job get one too, unless only for some readers is to be planned.

    Raises:
        DigestError: as the rooms raise it; what was planned until then is enqueued.
    """
    report = DayReport(day=day)
    require_readers(
        house, EditionKey.daily(day), orders.readers, skip_bad_rows=orders.skip_bad_rows
    )
    with _at_work(house, report, "digest run --enqueue"):
        if compose:
            _plan_what_is_due(house, report, watch, orders, queue)
        if orders.readers == EVERYBODY:
            _enqueue_rest(house, report, queue)
    for key, letters in report.enqueued.items():
        facts = {"edition": str(key), "letters": letters}
        said = {"event": "letters_enqueued", "facts": facts}
        _log.info("edition %s: %d letters handed to the workers", key, letters, extra=said)
    return report


def send_edition(
    house: House,
    key: EditionKey,
    watch: Watch,
    *,
    due_only: bool = False,
    orders: Orders = Orders(),
    prepare: Callable[[House], None] | None = None,
) -> DayReport:
    """One edition to those of `orders.readers` not yet served; it is composed first if need be.

    `prepare` runs under the lock before anything is claimed (to resend unknown letters).
    """
    report = DayReport(day=key.day())
    _check(house, key, orders)
    with _at_work(house, report, "digest send"):
        if not _plan(house, key, key.days()[-1], report, watch, orders):
            return report
        if prepare is not None:
            prepare(house)
        _deliver(house, key, report, watch, orders.readers, due_only=due_only, command="send")
    return report


def plan_day(house: House, key: EditionKey, watch: Watch, orders: Orders) -> Plan | None:
    """What is still to be planned of an edition, with nothing written but the archive.

    None: no edition to send. Who was planned before is not in it.
    """
    campaign = load_campaign(house.database, key)
    edition = (
        _frozen_edition(campaign)
        if campaign
        else _edition_of(house, key, key.days()[-1], DayReport(day=key.day()), watch)
    )
    if edition is None:
        return None
    again = campaign is not None
    plan = make_plan(house, edition, orders, again=again, on_problem=watch.on_problem)
    for _ in plan.readers():
        pass
    return plan


def _check(house: House, key: EditionKey, orders: Orders) -> None:
    """A missing password or key, or a group without readers, stops before anything is planned."""
    make_ways(house)
    load_signers(house)
    require_readers(house, key, orders.readers, skip_bad_rows=orders.skip_bad_rows)


@contextmanager
def _at_work(house: House, report: DayReport, command: str) -> Iterator[None]:
    """Hold the run lock, with what a killed run left behind settled first."""
    delivery = house.config.delivery
    with (
        run_lock(house.config.state_dir, command=command, now=house.clock()),
        everywhere_lock(house.database, command=command),
    ):
        require_own_state(house)
        now = house.clock()
        report.recovered = recover(house.database, delivery.unknown, now)
        oldest = now - timedelta(seconds=delivery.give_up_after)
        report.given_up = give_up(house.database, oldest, OUT_OF_DATE, now)
        yield


def _enqueue_rest(house: House, report: DayReport, queue: Queue) -> None:
    for key in open_editions(house.database):
        if key not in report.enqueued and (letters := queue.enqueue_rest(key)):
            report.enqueued[key] = letters


def _plan_what_is_due(
    house: House, report: DayReport, watch: Watch, orders: Orders, queue: Queue | None = None
) -> None:
    _plan(house, EditionKey.daily(report.day), report.day, report, watch, orders, queue)
    settled = report.later is None
    if week_is_due(house, report.day, settled=settled):
        _plan(house, EditionKey.weekly(report.day), report.day, report, watch, orders, queue)


def _plan(
    house: House,
    key: EditionKey,
    until: date,
    report: DayReport,
    watch: Watch,
    orders: Orders,
    queue: Queue | None = None,
) -> bool:
    """Plan an edition for those of the readers for whom it was not yet; False: there is none.

    The first plan freezes it, and whoever comes later gets it as it is.
    """
    planned = planned_for(house.database, key)
    readers = orders.readers.without(planned)
    if readers is None:
        return True
    campaign = load_campaign(house.database, key) if planned else None
    edition = (
        _frozen_edition(campaign) if campaign else _edition_of(house, key, until, report, watch)
    )
    if edition is None:
        return False
    orders, again = replace(orders, readers=readers), campaign is not None
    plan = make_plan(house, edition, orders, again=again, on_problem=watch.on_problem)
    if campaign is None:
        if not freeze_edition(house, edition, plan, queue):
            return True
        report.frozen.append(key)
    elif not extend_edition(house, campaign, plan, queue):
        return True
    _log_plan("edition_extended" if campaign else "edition_frozen", plan)
    if queue is not None:
        report.enqueued[key] = sum(plan.segments.values())
    return True


def _frozen_edition(campaign: Campaign) -> Edition:
    return edition_from_document(json.loads(campaign.edition_document))


def _edition_of(
    house: House, key: EditionKey, until: date, report: DayReport, watch: Watch
) -> Edition | None:
    """The edition to send, or None when there is none (yet); `report` keeps why.

    A week is told up to the day `until`.
    """
    if key.is_weekly:
        return compose_week(house, until)
    report.composition = compose_day(house, key.day(), on_report=watch.on_report)
    return report.composition.edition if report.composition.may_send else None


def _log_plan(event: str, plan: Plan) -> None:
    facts = {
        "edition": str(plan.edition.key),
        "planned_for": say_audience(plan.audience.names),
        "papers": len(plan.edition.papers),
        "letters": sum(plan.segments.values()),
        "segments": len(plan.segments),
        "skipped": plan.skipped,
    }
    said = {"event": event, "facts": facts}
    _log.info("edition %s is planned", plan.edition.key, extra=said)


def _deliver(
    house: House,
    key: EditionKey,
    report: DayReport,
    watch: Watch,
    readers: Audience,
    *,
    due_only: bool,
    command: str = "run",
) -> None:
    watch.on_edition(key, count_waiting(house.database, key, readers))
    try:
        done = deliver_edition(
            house,
            key,
            due_only=due_only,
            on_outcome=watch.on_outcome,
            readers=readers,
            command=command,
        )
    except (RunStopped, LedgerLost) as error:
        report.failure = error
        if error.report is None:
            return
        done = error.report
    report.deliveries[key] = done
    if done.rejected and not isinstance(report.failure, LedgerLost):
        book_rejections(house, stopped=report.failure is not None)
