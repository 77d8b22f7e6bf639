"""Failures in a row that mean: the trouble is not with these readers."""

from __future__ import annotations

import math
from collections.abc import Callable

from digest.delivery.faults import RunStopped
from digest.delivery.replies import Bearing, Judgement
from digest.errors import DigestError
from digest.model import Outcome, OutcomeKind, Recipient, Stage

#: So many equal refusals in a row are the relay's rule, not one reader's.
EQUAL_REFUSALS = 10
#: So many letters have to fail before a share of them says anything.
RENDER_FAULTS = 10
RENDER_SHARE = 0.01


class Streaks:
    """Counts refusals over all connections, in the order in which they come.

    A letter that is taken ends a streak, unless it was begun before the streak was: with many
    connections such answers come for a while after the relay has turned against us. `clock`:
    monotonic seconds.
    """

    def __init__(self, stop_after_failures: int, *, clock: Callable[[], float]) -> None:
        self._limit = stop_after_failures
        self._clock = clock
        self._since = -math.inf
        self._failures = 0
        self._equal = 0
        self._last: tuple[Stage, int, str] | None = None

    def add(self, outcome: Outcome, judged: Judgement, begun: float) -> RunStopped | None:
        """Note the outcome of a letter that was begun at the moment `begun`.

        The answer says why the run has to stop, if it has to.
        """
        if outcome.kind is OutcomeKind.SENT:
            if begun > self._since:
                self._failures = self._equal = 0
            return None
        if judged.bearing in (Bearing.LATER, Bearing.THROTTLED):
            return None
        if not self._failures and not self._equal:
            self._since = self._clock()
        said = " ".join(w for w in (str(outcome.code or ""), outcome.words) if w)
        if judged.bearing is Bearing.AUTH:
            return RunStopped(f"{outcome.relay} refuses us at {outcome.stage}: {said}")
        if self._refusals(outcome, judged) >= EQUAL_REFUSALS:
            words = f"{EQUAL_REFUSALS} times in a row at {outcome.stage}: {said}"
            return RunStopped(
                f"{outcome.relay} refuses us, {words}; what is not sent stays pending"
            )
        self._failures += 1
        if self._failures >= self._limit:
            words = f"{self._failures} letters in a row failed; the last at {outcome.stage}: {said}"
            return RunStopped(f"{outcome.relay}: {words}", temporary=outcome.code < 500)
        return None

    def _refusals(self, outcome: Outcome, judged: Judgement) -> int:
        if not judged.refuses_us:
            self._equal, self._last = 0, None
            return 0
        this = (outcome.stage, outcome.code, outcome.enhanced)
        self._equal = self._equal + 1 if this == self._last else 1
        self._last = this
        return self._equal


class RenderFaults:
    """Letters that could not be written. One costs one reader; many stop the run.

    They stay claimed until the run ends well, so that a broken template marks nobody.
    """

    def __init__(self) -> None:
        self.held: list[tuple[Recipient, Outcome]] = []
        self._letters = 0

    def written(self) -> None:
        self._letters += 1

    def add(self, recipient: Recipient, error: DigestError) -> None:
        """Note a letter that failed.

        Raises:
            DigestError: `error` itself, if too many have failed by now.
        """
        self._letters += 1
        outcome = Outcome(
            kind=OutcomeKind.REJECTED, stage=Stage.RENDER, words=" ".join(str(error).split())
        )
        self.held.append((recipient, outcome))
        failed = len(self.held)
        if failed >= RENDER_FAULTS and failed > RENDER_SHARE * self._letters:
            raise error
