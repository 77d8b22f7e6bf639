"""The day's work from end to end: take up what was left, compose, plan, deliver."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Protocol

from digest.app.bounces import book_rejections
from digest.app.compose import Composition, compose_day, compose_week, week_is_due, why_not
from digest.app.deliver import deliver_edition, make_ways
from digest.app.house import House
from digest.app.plan import Plan, freeze_edition, make_plan
from digest.app.signing import load_signers
from digest.delivery.faults import LedgerLost, RunStopped
from digest.delivery.report import DeliveryReport
from digest.editorial.decide import DecisionKind
from digest.errors import DigestError, Problem
from digest.model import Edition, EditionKey, Outcome, Recipient, SourceReport
from digest.storage.campaigns import frozen_at, open_editions
from digest.storage.census import counts
from digest.storage.lock import run_lock
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

    `failure` ended the delivery (the relay refuses us, the ledger cannot be written); what was
    done before it is counted all the same.
    """

    day: date
    recovered: Recovered | None = None
    given_up: int = 0
    composition: Composition | None = None
    frozen: list[EditionKey] = field(default_factory=list)
    deliveries: dict[EditionKey, DeliveryReport] = field(default_factory=dict)
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
    skip_bad_rows: bool = False,
) -> DayReport:
    """Everything that is due: what earlier runs left, the day's edition, the week's on its day.

    Without `compose` (it is too early for today's) only what is frozen already is delivered.

    Raises:
        DigestError: as the rooms raise it; what was sent until then is in the ledger.
    """
    report = DayReport(day=day)
    _check_secrets(house)
    with _at_work(house, report, "digest run"):
        if compose:
            _compose_and_freeze(house, report, watch, skip_bad_rows=skip_bad_rows)
        for key in open_editions(house.database, house.clock()):
            _deliver(house, key, report, watch, due_only=True)
            if report.stopped or report.failure:
                break
    return report


def send_edition(
    house: House,
    key: EditionKey,
    watch: Watch,
    *,
    due_only: bool = False,
    skip_bad_rows: bool = False,
    prepare: Callable[[House], None] | None = None,
) -> DayReport:
    """One edition to everyone not yet served; it is composed first if need be.

    `prepare` runs under the lock before anything is claimed (to resend unknown letters).
    """
    report = DayReport(day=key.day())
    _check_secrets(house)
    with _at_work(house, report, "digest send"):
        if frozen_at(house.database, key) is None:
            edition = _edition_of(house, key, report, watch)
            if edition is None:
                return report
            _freeze(house, edition, report, watch, skip_bad_rows=skip_bad_rows)
        if prepare is not None:
            prepare(house)
        _deliver(house, key, report, watch, due_only=due_only)
    return report


def plan_day(house: House, key: EditionKey, watch: Watch, *, skip_bad_rows: bool) -> Plan | None:
    """What `send` would do, with nothing written but the archive; None: no edition to send."""
    edition = _edition_of(house, key, DayReport(day=key.day()), watch)
    if edition is None:
        return None
    plan = make_plan(house, edition, skip_bad_rows=skip_bad_rows, on_problem=watch.on_problem)
    for _ in plan.readers():
        pass
    return plan


def _check_secrets(house: House) -> None:
    """A missing password or key stops here, before anything is planned."""
    make_ways(house)
    load_signers(house)


@contextmanager
def _at_work(house: House, report: DayReport, command: str) -> Iterator[None]:
    """Hold the run lock, with what a killed run left behind settled first."""
    delivery = house.config.delivery
    with run_lock(house.config.state_dir, command=command, now=house.clock()):
        now = house.clock()
        report.recovered = recover(house.database, delivery.unknown, now)
        oldest = now - timedelta(seconds=delivery.give_up_after)
        report.given_up = give_up(house.database, oldest, OUT_OF_DATE, now)
        yield


def _compose_and_freeze(
    house: House, report: DayReport, watch: Watch, *, skip_bad_rows: bool
) -> None:
    key = EditionKey.daily(report.day)
    if frozen_at(house.database, key) is None:
        edition = _edition_of(house, key, report, watch)
        if edition is not None:
            _freeze(house, edition, report, watch, skip_bad_rows=skip_bad_rows)
    settled = report.later is None
    week = EditionKey.weekly(report.day)
    if week_is_due(house, report.day, settled=settled) and not frozen_at(house.database, week):
        weekly = compose_week(house, report.day)
        if weekly is not None:
            _freeze(house, weekly, report, watch, skip_bad_rows=skip_bad_rows)


def _edition_of(house: House, key: EditionKey, report: DayReport, watch: Watch) -> Edition | None:
    """The edition to send, or None when there is none (yet); `report` keeps why."""
    if key.is_weekly:
        return compose_week(house, key.days()[-1])
    report.composition = compose_day(house, key.day(), on_report=watch.on_report)
    return report.composition.edition if report.composition.may_send else None


def _freeze(
    house: House, edition: Edition, report: DayReport, watch: Watch, *, skip_bad_rows: bool
) -> None:
    plan = make_plan(house, edition, skip_bad_rows=skip_bad_rows, on_problem=watch.on_problem)
    if freeze_edition(house, edition, plan):
        report.frozen.append(edition.key)
        facts = {
            "edition": str(edition.key),
            "papers": len(edition.papers),
            "letters": sum(plan.segments.values()),
            "segments": len(plan.segments),
            "skipped": plan.skipped,
        }
        said = {"event": "edition_frozen", "facts": facts}
        _log.info("edition %s is frozen", edition.key, extra=said)


def _deliver(
    house: House, key: EditionKey, report: DayReport, watch: Watch, *, due_only: bool
) -> None:
    states = counts(house.database, key)
    watch.on_edition(key, states["pending"] + states["deferred"])
    try:
        done = deliver_edition(house, key, due_only=due_only, on_outcome=watch.on_outcome)
    except (RunStopped, LedgerLost) as error:
        report.failure = error
        if error.report is None:
            return
        done = error.report
    report.deliveries[key] = done
    if done.rejected and report.failure is None:
        book_rejections(house)
