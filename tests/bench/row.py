"""One comparison: our figure, the peer's, their ratio."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Row:
    """`ours` and `peers` are in `unit`. `more_is_better` says which way the ratio is read."""

    what: str
    peer: str
    ours: float
    peers: float
    unit: str
    more_is_better: bool = True
    note: str = ""

    @property
    def ratio(self) -> float:
        """How many times better than the peer we are; under 1 is worse."""
        return self.ours / self.peers if self.more_is_better else self.peers / self.ours


def interleaved(works: Sequence[Callable[[], float]], rounds: int) -> list[float]:
    """The median of each work's figures; the works take turns, in a turning order."""
    figures: list[list[float]] = [[] for _ in works]
    for number in range(rounds):
        for step in range(len(works)):
            which = (number + step) % len(works)
            figures[which].append(works[which]())
    return [median(each) for each in figures]


def cpu_seconds(work: Callable[[], object]) -> float:
    """Processor time that `work` takes."""
    begin = time.process_time()
    work()
    return time.process_time() - begin
