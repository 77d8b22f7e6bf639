"""Readers who are handed to a courier while it is at work."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence

from digest.model import Recipient


def _nothing() -> None:
    """Nobody listens yet."""


class Supply:
    """Claimed readers, a batch at a time, until it is closed.

    A courier that has one claims nobody of itself. When all are served it waits for more, with
    its connections open, and calls `on_dry`: whoever hands batches decides how long that lasts.
    """

    def __init__(self, *, on_dry: Callable[[], None] = _nothing) -> None:
        self.on_change: Callable[[], None] = _nothing
        self._on_dry = on_dry
        self._waiting: deque[Recipient] = deque()
        self._closed = False
        self._dry = False

    @property
    def closed(self) -> bool:
        """Nobody comes any more."""
        return self._closed

    def hand(self, recipients: Sequence[Recipient]) -> bool:
        """Claimed readers for the courier; False: it takes none any more, they stay the caller's.

        Who was taken is recorded or released in the end, whatever happens.
        """
        if self._closed:
            return False
        self._dry = False
        self._waiting.extend(recipients)
        self.on_change()
        return True

    def close(self) -> None:
        """Let the courier end when those whom it has are served. May be called twice."""
        self._closed = True
        self.on_change()

    def take(self) -> Sequence[Recipient]:
        """Those who came since the last time."""
        taken = tuple(self._waiting)
        self._waiting.clear()
        return taken

    def ran_dry(self) -> None:
        """All who came are served."""
        if not self._dry:
            self._dry = True
            self._on_dry()
