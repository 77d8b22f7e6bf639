"""When a deferred letter is tried again, and when it is given up.

RFC 5321 §4.5.4.1 asks for patience towards strangers; this is mail to one's own relay that is
stale tomorrow, so it starts sooner: 1, 2, 4, 8, 16, then every 30 minutes.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from digest.model import Outcome, OutcomeKind, Recipient

FIRST_MINUTES = 1
LONGEST_MINUTES = 30
#: Even the luckiest draw waits this share of the step, so that no try follows at once.
FLOOR = 0.25


def plan_wait(attempt: int, chance: float) -> timedelta:
    """How long to wait after the `attempt`-th try (from 1).

    `chance` in [0, 1) spreads the waits evenly over the step ("full jitter"), so that readers
    deferred together do not come back together.
    """
    step = min(FIRST_MINUTES * 2 ** min(attempt - 1, 10), LONGEST_MINUTES)
    return timedelta(minutes=step * (FLOOR + (1 - FLOOR) * chance))


def plan_retry(
    recipient: Recipient, outcome: Outcome, *, now: datetime, give_up_after: float, chance: float
) -> Outcome:
    """A deferred outcome with its next time, or a rejected one that says why it ends here.

    `recipient.attempt` counts the tries before this one. `give_up_after`, in seconds, is measured
    from the moment the letter was due.
    """
    if outcome.kind is not OutcomeKind.DEFERRED:
        return outcome
    retry_at = now + plan_wait(recipient.attempt + 1, chance)
    if retry_at - recipient.due_at <= timedelta(seconds=give_up_after):
        return replace(outcome, retry_at=retry_at)
    tries = recipient.attempt + 1
    hours = give_up_after / 3600
    words = f"given up after {tries} {'try' if tries == 1 else 'tries'} in {hours:g} h"
    return replace(outcome, kind=OutcomeKind.REJECTED, words=f"{words}; last: {outcome.words}")
