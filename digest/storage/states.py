"""The states of a ledger row, with the words for each."""

from __future__ import annotations

from enum import IntEnum, StrEnum


class State(StrEnum):
    """Where one reader's letter of one edition stands.

        pending -> claimed -> data -> sent | deferred | rejected | unknown
        pending -> suppressed          at the claim
        skipped                        from the start, or given up before any try

    A deferred row is claimed again when its time has come.
    """

    PENDING = "pending"  # waits for its turn
    CLAIMED = "claimed"  # a run holds it; no byte of it has left
    DATA = "data"  # its bytes may be on the way
    SENT = "sent"  # the server's 250 is on record
    DEFERRED = "deferred"  # 4xx: again at `retry_at`
    REJECTED = "rejected"  # 5xx about this reader, or given up after tries
    UNKNOWN = "unknown"  # its bytes went out and nobody knows the answer
    SUPPRESSED = "suppressed"  # the address is never to be mailed
    SKIPPED = "skipped"  # no letter was due to this reader; the row says why


#: Work is left while a row is in one of these.
OPEN = (State.PENDING, State.CLAIMED, State.DATA, State.DEFERRED)
#: No letter is on its way to this reader any more, and none is known to have come.
ENDED = (State.UNKNOWN, State.REJECTED, State.SUPPRESSED, State.SKIPPED)


class Stands(IntEnum):
    """What the indexes on a server know of a state, since most steps of a letter leave it."""

    OPEN = 0
    SENT = 1
    ENDED = 2


def stands(state: State) -> Stands:
    """Where a row in this state stands."""
    if state in OPEN:
        return Stands.OPEN
    return Stands.SENT if state is State.SENT else Stands.ENDED
