"""When a batch is to be taken up again after a worker has had it."""

from __future__ import annotations

from datetime import datetime, timedelta

from digest.delivery.faults import RunStopped
from digest.errors import DigestError, StorageBusy
from digest.storage.postgres.jobs import BatchLeft

_NOW, _SOON, _LONGEST = timedelta(), timedelta(seconds=1), timedelta(minutes=1)
#: After a stop that nobody has to mend, and after one that somebody has; doubled each time.
_AWAY, _AWAY_LONGEST = timedelta(seconds=5), timedelta(minutes=2)
#: Between two lives of a worker.
_BREATH, _BREATH_LONGEST = timedelta(seconds=1), timedelta(seconds=30)
_REFUSED, _REFUSED_LONGEST = timedelta(minutes=1), timedelta(minutes=15)


def wait_for_rest(
    left: BatchLeft, now: datetime, *, held_until: datetime | None = None, tries: int
) -> timedelta | None:
    """How long until a batch is to be taken up again; None: nothing of it is open.

    `now` is by the clock that letters are due by. Letters that another worker holds are his until
    his lease ends. Those that are due and were not sent come again soon, but ever later.
    """
    if not left.open:
        return None
    waits = []
    if held_until is not None:
        waits.append(max(held_until - left.now, _NOW) + _SOON)
    if left.next is not None and left.next > now:
        waits.append(left.next - now)
    elif left.next is not None or not waits:
        waits.append(_grown(_SOON, _LONGEST, tries))
    return min(waits)


def rest_after(error: RunStopped, failures: int) -> timedelta:
    """How long no letter is tried after a relay has stopped us so many times in a row."""
    if error.temporary:
        return _grown(_AWAY, _AWAY_LONGEST, failures)
    return _grown(_REFUSED, _REFUSED_LONGEST, failures)


def breath_after(failures: int) -> timedelta:
    """How long a worker rests whose last lives, so many in a row, came to nothing."""
    return _grown(_BREATH, _BREATH_LONGEST, max(failures - 1, 0))


def came_to_nothing(error: DigestError | None, lasted: timedelta, letters: int) -> bool:
    """Whether a life that ended before its time is likely to end so again.

    Not where a server is away: whoever waits for it is there as soon as it is back.
    """
    return not letters and lasted < _BREATH_LONGEST and not isinstance(error, StorageBusy)


def _grown(first: timedelta, longest: timedelta, times: int) -> timedelta:
    grown: timedelta = first * 2 ** min(times, 20)
    return min(grown, longest)
