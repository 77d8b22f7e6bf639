"""The end of a run in words and as JSON."""

from __future__ import annotations

import sys
from collections import Counter
from datetime import datetime
from typing import TYPE_CHECKING, Any

from digest.cli.breakdowns import share_documents, share_lines
from digest.cli.desk import count, show_json
from digest.cli.voice import VOICE
from digest.errors import NothingFresh
from digest.model import EditionKey
from digest.model.audience import say_audience
from digest.model.document import report_to_document
from digest.storage.audiences import planned_for
from digest.storage.bounce_book import came_back
from digest.storage.campaigns import frozen_at
from digest.storage.census import counts, next_due, next_retry

if TYPE_CHECKING:
    # `digest status` needs no source, template or mail server, nor their imports.
    from digest.app import House
    from digest.app.day import DayReport
    from digest.delivery.report import DeliveryReport

_STATES = (
    "sent",
    "deferred",
    "rejected",
    "unknown",
    "pending",
    "in_flight",
    "suppressed",
    "skipped",
    "bounced",
    "complained",
)
_REPLIES_SHOWN = 10
EX_SOME_FAILED = 3
EX_TEMPFAIL = 75


def edition_counts(house: House, key: EditionKey, domain: str = "") -> dict[str, Any]:
    """What `digest status --json` prints of an edition, or of one domain's readers of it.

    `pending` counts what is not tried yet, claimed letters among them; `in_flight` what a run has
    on the wire this moment, or had when it was killed (the next run settles those). `bounced`
    and `complained` count readers of letters that were sent, as the mail that came back has it.
    """
    states: Counter[str] = Counter()
    back = {"bounced": 0, "complained": 0}
    frozen = due = retry = None
    planned: frozenset[str] = frozenset()
    if house.has_state:
        planned = planned_for(house.database, key)
        states.update(counts(house.database, key, domain))
        back = came_back(house.database, key, domain)
        frozen = frozen_at(house.database, key)
        due, retry = next_due(house.database, key), next_retry(house.database, key)
    return {
        "edition": str(key),
        "date": str(key.day()),
        "sent": states["sent"],
        "deferred": states["deferred"],
        "rejected": states["rejected"],
        "unknown": states["unknown"],
        "pending": states["pending"] + states["claimed"],
        "in_flight": states["data"],
        "suppressed": states["suppressed"],
        "skipped": states["skipped"],
        "total": sum(states.values()),
        **back,
        "frozen_at": _iso(frozen),
        "planned_for": say_audience(planned),
        "next_due": _iso(due),
        "next_retry": _iso(retry),
    }


def counts_line(facts: dict[str, Any]) -> str:
    """`2026-11-23: 120 sent, 2 rejected, 1 pending`; what is zero is not said.

    Nor for whom the edition was planned, where it was for everybody.
    """
    said = [f"{facts[name]:,} {name.replace('_', ' ')}" for name in _STATES if facts[name]]
    return f"{facts['edition']}: {', '.join(said) or 'nobody to mail'}{planned_words(facts)}"


def planned_words(facts: dict[str, Any]) -> str:
    """` (planned for tag:lab only)`, or nothing where it was for everybody, or not at all."""
    groups = [name for name in facts["planned_for"] if name.startswith("tag:")]
    return f" (planned for {', '.join(groups)} only)" if groups else ""


def tell_day(house: House, report: DayReport, *, as_json: bool, talk: bool = False) -> int:
    """Print the report; the exit code. Silent when well, unless `talk` or on a terminal.

    Raises:
        DigestError: what ended the delivery, after the report of what was done before.
        NothingFresh: there is no edition yet although one is due.
    """
    if VOICE.log is not None:
        for key, delivery in report.deliveries.items():
            VOICE.log.event("delivery_ended", edition=str(key), **_this_run(delivery))
    if as_json:
        show_json(report_document(house, report))
    talk = (
        talk
        or sys.stderr.isatty()
        or bool(report.undelivered)
        or report.stopped
        or bool(report.failure)
    )
    if talk and not as_json:
        for line in report_lines(house, report):
            VOICE.whisper(line)  # the log has had it in numbers
    if report.failure is not None:
        raise report.failure
    if report.stopped:
        return EX_TEMPFAIL
    if report.later is not None:
        raise NothingFresh(f"no edition of {report.day} yet: {report.later}")
    return EX_SOME_FAILED if report.undelivered else 0


def report_lines(house: House, report: DayReport) -> list[str]:
    """The report for a person."""
    lines = []
    composed = report.composition
    if composed is not None and composed.decision.kind == "quiet":
        lines.append(f"no edition of {report.day}: {composed.decision.reason}")
    if report.recovered is not None and report.recovered.unknown:
        lines.append(
            f"{report.recovered.unknown} letters were under way when a run was killed;"
            f" {report.recovered.resent} are sent again, same Message-ID"
        )
    if report.given_up:
        lines.append(f"{report.given_up} letters of older editions were given up")
    for key, delivery in report.deliveries.items():
        facts = edition_counts(house, key)
        lines.append(counts_line(facts))
        lines += _reply_lines(delivery)
        if delivery.sent:
            lines.append(
                f"  {count(delivery.sent, 'letter')} in {delivery.seconds:.1f} s"
                f" ({delivery.rate:,.0f}/s) by {delivery.transport},"
                f" {count(delivery.connects, 'connection')} opened"
            )
            lines += share_lines(house, key, delivery)
        if report.failure is None:
            lines += _waiting_lines(house, facts)
    lines += [
        f"{key}: {count(letters, 'letter')} handed to the workers"
        for key, letters in report.enqueued.items()
    ]
    if report.stopped:
        lines.append("stopped on request; the next run goes on where this one ended")
    return lines or [f"{report.day}: nothing to do"]


def report_document(house: House, report: DayReport) -> dict[str, Any]:
    """The report for a program."""
    composed = report.composition
    return {
        "date": str(report.day),
        "decision": str(composed.decision.kind) if composed else None,
        "reason": composed.decision.reason if composed else None,
        "verdicts": [report_to_document(v) for v in composed.edition.verdicts] if composed else [],
        "papers": len(composed.edition.papers) if composed else None,
        "frozen": [str(key) for key in report.frozen],
        "recovered": {
            "unknown": report.recovered.unknown if report.recovered else 0,
            "resent": report.recovered.resent if report.recovered else 0,
        },
        "given_up": report.given_up,
        "enqueued": {str(key): letters for key, letters in report.enqueued.items()},
        "stopped": report.stopped,
        "failure": VOICE.secrets.hide(report.failure.message) if report.failure else None,
        "editions": [
            edition_counts(house, key)
            | {"this_run": _this_run(delivery) | share_documents(house, key, delivery)}
            for key, delivery in report.deliveries.items()
        ],
    }


def _this_run(delivery: DeliveryReport) -> dict[str, Any]:
    """What one run did, in numbers."""
    return {
        "sent": delivery.sent,
        "deferred": delivery.deferred,
        "rejected": delivery.rejected,
        "unknown": delivery.unknown,
        "untried": delivery.untried,
        "seconds": round(delivery.seconds, 3),
        "rate": round(delivery.rate, 1),
        "connections": delivery.connects,
        "transport": delivery.transport,
        "stopped": delivery.stopped,
    }


def _reply_lines(delivery: DeliveryReport) -> list[str]:
    bad = sorted((r for r in delivery.replies if r.kind != "sent"), key=lambda reply: -reply.count)
    lines = []
    for reply in bad[:_REPLIES_SHOWN]:
        said = f"{reply.code or ''} {reply.last_words}".strip()
        lines.append(f"  {reply.count:,} {reply.kind} at {reply.stage}: {said}")
    if len(bad) > _REPLIES_SHOWN:
        lines.append("  and other replies: digest status --by reply")
    return lines


def _waiting_lines(house: House, facts: dict[str, Any]) -> list[str]:
    """What is left, and when it goes on: no run does it by itself."""
    lines = []
    if facts["deferred"] and facts["next_retry"]:
        moment = _local(house, facts["next_retry"])
        lines.append(f"  {facts['deferred']:,} deferred: a run from {moment} on tries again")
    if facts["pending"] and facts["next_due"]:
        moment = _local(house, facts["next_due"])
        lines.append(f"  {facts['pending']:,} pending: the first is due at {moment}")
    if facts["unknown"]:
        lines.append(
            f"  {facts['unknown']:,} unknown: digest status --date {facts['edition']} --unknown"
        )
    return lines


def _local(house: House, moment: str) -> str:
    return f"{datetime.fromisoformat(moment).astimezone(house.zone):%Y-%m-%d %H:%M:%S %Z}"


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
