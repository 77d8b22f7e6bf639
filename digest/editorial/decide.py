"""Whether a day's sources allow an edition now, never, or later."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from digest.config import EditionConfig
from digest.model import Paper, SourceReport, Verdict


class DecisionKind(StrEnum):
    """send: compose from what is there. quiet: rightly nothing today. later: try again (75)."""

    SEND = "send"
    QUIET = "quiet"
    LATER = "later"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What to do with the day, in one word, with the reason in a sentence."""

    kind: DecisionKind
    reason: str


def decide(reports: Sequence[SourceReport], edition: EditionConfig) -> Decision:
    """Weigh the verdicts.

    A required source that is not usable, nor rightly quiet, means later. `send_when: any` sends
    when one source is usable; `all` when none failed and one is usable. Nothing usable: quiet
    when every source is quiet, else later. Usable is fresh, or partial with papers, or stale
    with papers where `accept_stale` says so.
    """
    good = [r for r in reports if _is_usable(r, edition)]
    failed = [r for r in reports if r not in good and r.verdict is not Verdict.QUIET]
    blocking = [r for r in failed if r.required]
    if not reports:
        return Decision(kind=DecisionKind.QUIET, reason="no source was asked")
    if blocking:
        return Decision(kind=DecisionKind.LATER, reason=f"required: {_told(blocking)}")
    if not good and not failed:
        return Decision(kind=DecisionKind.QUIET, reason=_told(reports))
    if not good or (edition.send_when == "all" and failed):
        return Decision(kind=DecisionKind.LATER, reason=_told(failed))
    without = f"; without {_told(failed)}" if failed else ""
    return Decision(kind=DecisionKind.SEND, reason=f"{_told(good)}{without}")


def usable(
    reports: Iterable[SourceReport], papers: Iterable[Paper], edition: EditionConfig
) -> tuple[Paper, ...]:
    """The papers that some source vouches for today.

    A paper that only stale sources gave is left out, unless `accept_stale`; one that another
    source gave as well stays.
    """
    if edition.accept_stale:
        return tuple(papers)
    stale = {r.source for r in reports if r.verdict is Verdict.STALE}
    return tuple(p for p in papers if not p.sources or not stale.issuperset(p.sources))


def _is_usable(report: SourceReport, edition: EditionConfig) -> bool:
    if report.verdict is Verdict.FRESH:
        return True
    accepted = report.verdict is Verdict.PARTIAL or (
        report.verdict is Verdict.STALE and edition.accept_stale
    )
    return accepted and report.papers > 0


def _told(reports: Iterable[SourceReport]) -> str:
    return "; ".join(
        f"{r.source} is {r.verdict}" + (f" ({r.reason})" if r.reason else "") for r in reports
    )
