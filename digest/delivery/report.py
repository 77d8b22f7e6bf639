"""What a delivery run did, counted as it goes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from digest.model import Outcome, OutcomeKind, Recipient

#: So many domains, segments or relays are counted each for itself, the rest under "".
DISTINCT = 100_000
#: So many different replies are kept apart by their enhanced codes, which a server invents.
REPLIES = 1_000

_PLACE = {kind: place for place, kind in enumerate(OutcomeKind)}
_NOTHING = (0,) * len(_PLACE)


@dataclass(slots=True)
class Gauge:
    """What can be read of a courier at work: how many connections it has open."""

    connections: Callable[[], int] = int


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
class Share:
    """What became of the letters that have one thing in common: a domain, a segment, a relay."""

    name: str
    sent: int = 0
    deferred: int = 0
    rejected: int = 0
    unknown: int = 0
    untried: int = 0

    @property
    def total(self) -> int:
        return self.sent + self.deferred + self.rejected + self.unknown + self.untried


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryReport:
    """The end of a run. `seconds` is its wall time; `stopped` says that it was asked to end.

    `domains` (of readers), `segments` and `relays` say the same counts again, most letters first.
    """

    transport: str
    sent: int = 0
    deferred: int = 0
    rejected: int = 0
    unknown: int = 0
    untried: int = 0
    replies: tuple[ReplyCount, ...] = ()
    domains: tuple[Share, ...] = ()
    segments: tuple[Share, ...] = ()
    relays: tuple[Share, ...] = ()
    connects: int = 0
    seconds: float = 0.0
    stopped: bool = False

    @property
    def rate(self) -> float:
        """Letters sent per second."""
        return self.sent / self.seconds if self.seconds > 0 else 0.0


_Cells = dict[str, list[int]]
_ReplyKey = tuple[OutcomeKind, str, int, str]


@dataclass(slots=True)
class Tally:
    """Counts outcomes that are durable in the ledger, at about a microsecond a letter."""

    _kinds: list[int] = field(default_factory=lambda: [*_NOTHING])
    _domains: _Cells = field(default_factory=dict)
    _segments: _Cells = field(default_factory=dict)
    _relays: _Cells = field(default_factory=dict)
    _replies: dict[_ReplyKey, tuple[list[int], list[str]]] = field(default_factory=dict)

    def add(self, recipient: Recipient, outcome: Outcome) -> None:
        """Count one outcome of one reader."""
        kind = outcome.kind
        place = _PLACE[kind]
        self._kinds[place] += 1
        cell = self._domains.get(recipient.address.domain)
        (cell or _opened(self._domains, recipient.address.domain))[place] += 1
        cell = self._segments.get(recipient.segment)
        (cell or _opened(self._segments, recipient.segment))[place] += 1
        cell = self._relays.get(outcome.relay)
        (cell or _opened(self._relays, outcome.relay))[place] += 1
        reply = self._replies.get((kind, outcome.stage, outcome.code, outcome.enhanced))
        count, words = reply or self._first(outcome)
        count[0] += 1
        words[1] = outcome.words

    def _first(self, outcome: Outcome) -> tuple[list[int], list[str]]:
        key: _ReplyKey = (outcome.kind, outcome.stage, outcome.code, outcome.enhanced)
        if len(self._replies) >= REPLIES:
            key = (outcome.kind, outcome.stage, 0, "")
        return self._replies.setdefault(key, ([0], [outcome.words, ""]))

    def report(
        self, *, transport: str, connects: int, seconds: float, stopped: bool
    ) -> DeliveryReport:
        replies = tuple(
            ReplyCount(
                kind=kind,
                stage=str(stage),
                code=code,
                enhanced=enhanced,
                count=count,
                first_words=first,
                last_words=last,
            )
            for (kind, stage, code, enhanced), ([count], [first, last]) in self._replies.items()
        )
        return DeliveryReport(
            transport=transport,
            replies=replies,
            domains=_shares(self._domains),
            segments=_shares(self._segments),
            relays=_shares(self._relays),
            connects=connects,
            seconds=seconds,
            stopped=stopped,
            **_by_name(self._kinds),
        )


def add_up(name: str, shares: Iterable[Share]) -> Share:
    """Several shares as one, to end a list that was cut."""
    rows = [tuple(getattr(share, kind.value) for kind in _PLACE) for share in shares]
    return Share(name=name, **_by_name([sum(column) for column in zip(*rows, strict=True)]))


def _opened(cells: _Cells, name: str) -> list[int]:
    if len(cells) >= DISTINCT:
        name = ""
    return cells.setdefault(name, [*_NOTHING])


def _shares(cells: _Cells) -> tuple[Share, ...]:
    found = (Share(name=name, **_by_name(cell)) for name, cell in cells.items())
    return tuple(sorted(found, key=lambda share: (-share.total, share.name)))


def _by_name(counts: list[int]) -> dict[str, int]:
    return {kind.value: count for kind, count in zip(_PLACE, counts, strict=False)}
