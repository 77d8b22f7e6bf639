"""The end of a run in words and as JSON."""

from __future__ import annotations

import sys
from collections import Counter
from datetime import datetime
from typing import TYPE_CHECKING, Any

from digest.cli.desk import note, show_json
from digest.editorial.decide import DecisionKind
from digest.errors import NothingFresh
from digest.model import EditionKey
from digest.model.document import report_to_document
from digest.storage.campaigns import frozen_at
from digest.storage.census import counts, next_due, next_retry

if TYPE_CHECKING:
    # `digest status` needs no source, template or mail server, nor their imports.
    from digest.app import House
    from digest.app.day import DayReport

_STATES = (
    "sent",
    "deferred",
    "rejected",
    "unknown",
    "pending",
    "in_flight",
    "suppressed",
    "skipped",
)
EX_SOME_FAILED = 3
EX_TEMPFAIL = 75


def edition_counts(house: House, key: EditionKey) -> dict[str, Any]:
    """What `digest status --json` prints of an edition.

    `pending` counts what is not tried yet, claimed letters among them; `in_flight` what a run has
    on the wire this moment, or had when it was killed (the next run settles those).
    """
    states: Counter[str] = Counter()
    frozen = due = retry = None
    if house.has_state:
        states.update(counts(house.database, key))
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
        "frozen_at": _iso(frozen),
        "next_due": _iso(due),
        "next_retry": _iso(retry),
    }


def counts_line(facts: dict[str, Any]) -> str:
    """`2026-11-23: 120 sent, 2 rejected, 1 pending`; what is zero is not said."""
    said = [f"{facts[name]} {name.replace('_', ' ')}" for name in _STATES if facts[name]]
    return f"{facts['edition']}: {', '.join(said) or 'nobody to mail'}"


def tell_day(house: House, report: DayReport, *, as_json: bool, talk: bool = False) -> int:
    """Print the report; the exit code. Silent when well, unless `talk` or on a terminal.

    Raises:
        DigestError: what ended the delivery, after the report of what was done before.
        NothingFresh: there is no edition yet although one is due.
    """
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
            note(line)
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
    if composed is not None and composed.decision.kind is DecisionKind.QUIET:
        lines.append(f"no edition of {report.day}: {composed.decision.reason}")
    if report.recovered is not None and report.recovered.unknown:
        lines.append(
            f"{report.recovered.unknown} letters were under way when a run was killed;"
            f" {report.recovered.resent} are sent again, same Message-ID"
        )
    if report.given_up:
        lines.append(f"{report.given_up} letters of older editions were given up")
    for key, delivery in report.deliveries.items():
        lines.append(counts_line(edition_counts(house, key)))
        for reply in delivery.replies:
            if reply.kind != "sent":
                said = f"{reply.code or ''} {reply.last_words}".strip()
                lines.append(f"  {reply.count} {reply.kind} at {reply.stage}: {said}")
        if delivery.sent:
            lines.append(
                f"  {delivery.sent} letters in {delivery.seconds:.1f} s"
                f" ({delivery.rate:.0f}/s) by {delivery.transport}"
            )
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
        "stopped": report.stopped,
        "failure": report.failure.message if report.failure else None,
        "editions": [
            edition_counts(house, key)
            | {
                "this_run": {
                    "sent": delivery.sent,
                    "deferred": delivery.deferred,
                    "rejected": delivery.rejected,
                    "unknown": delivery.unknown,
                    "seconds": round(delivery.seconds, 3),
                    "rate": round(delivery.rate, 1),
                    "transport": delivery.transport,
                }
            }
            for key, delivery in report.deliveries.items()
        ],
    }


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
