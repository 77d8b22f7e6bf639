"""What a program that sends counts of itself, for those who look on."""

from __future__ import annotations

import time
from collections import Counter, deque

from digest.model import Outcome, OutcomeKind, Recipient
from digest.storage.workers import WorkerFacts

#: The rate is that of so many seconds.
WINDOW = 10.0


class Vitals:
    """Counts a lease's outcomes as they become durable; `rate` is letters sent a second, lately."""

    def __init__(self) -> None:
        self.kinds: Counter[OutcomeKind] = Counter()
        self._marks: deque[tuple[float, int]] = deque([(time.monotonic(), 0)])

    def count(self, recipient: Recipient, outcome: Outcome) -> None:
        """One outcome; called for every letter."""
        self.kinds[outcome.kind] += 1

    def rate(self) -> float:
        """Measured from one question to the next, over the last seconds."""
        now, sent = time.monotonic(), self.kinds[OutcomeKind.SENT]
        while len(self._marks) > 1 and self._marks[1][0] <= now - WINDOW:
            self._marks.popleft()
        since, before = self._marks[0]
        self._marks.append((now, sent))
        return (sent - before) / max(now - since, 0.1)

    def facts(self) -> WorkerFacts:
        """What the lease tells of us at each renewal."""
        return WorkerFacts(
            sent=self.kinds[OutcomeKind.SENT],
            deferred=self.kinds[OutcomeKind.DEFERRED],
            rejected=self.kinds[OutcomeKind.REJECTED],
            unknown=self.kinds[OutcomeKind.UNKNOWN],
            rate=self.rate(),
        )
