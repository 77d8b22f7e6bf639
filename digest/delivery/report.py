"""What a delivery run did, counted as it goes."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from digest.model import Outcome, OutcomeKind, Recipient


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyCount:
    """How often one reply came, with the server's first and last words of it."""

    kind: OutcomeKind
    stage: str
    code: int
    enhanced: str
    count: int
    first_words: str
    last_words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryReport:
    """The end of a run. `seconds` is its wall time; `stopped` says that it was asked to end."""

    transport: str
    sent: int = 0
    deferred: int = 0
    rejected: int = 0
    unknown: int = 0
    untried: int = 0
    replies: tuple[ReplyCount, ...] = ()
    connects: int = 0
    seconds: float = 0.0
    stopped: bool = False

    @property
    def rate(self) -> float:
        """Letters sent per second."""
        return self.sent / self.seconds if self.seconds > 0 else 0.0


@dataclass(slots=True)
class Tally:
    """Counts outcomes that are durable in the ledger."""

    kinds: Counter[OutcomeKind] = field(default_factory=Counter)
    _replies: dict[tuple[OutcomeKind, str, int, str], tuple[int, str, str]] = field(
        default_factory=dict
    )

    def add(self, recipient: Recipient, outcome: Outcome) -> None:
        self.kinds[outcome.kind] += 1
        key = (outcome.kind, str(outcome.stage), outcome.code, outcome.enhanced)
        count, first, _ = self._replies.get(key, (0, outcome.words, ""))
        self._replies[key] = (count + 1, first, outcome.words)

    def report(
        self, *, transport: str, connects: int, seconds: float, stopped: bool
    ) -> DeliveryReport:
        replies = tuple(
            ReplyCount(
                kind=kind,
                stage=stage,
                code=code,
                enhanced=enhanced,
                count=count,
                first_words=first,
                last_words=last,
            )
            for (kind, stage, code, enhanced), (count, first, last) in self._replies.items()
        )
        counts = {kind.value: self.kinds[kind] for kind in OutcomeKind}
        return DeliveryReport(
            transport=transport,
            replies=replies,
            connects=connects,
            seconds=seconds,
            stopped=stopped,
            **counts,
        )
