"""A relay as a run sees it: its door, its pace, its share, and what it has refused."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from digest.delivery.door import Door, Timing
from digest.delivery.faults import RunStopped
from digest.delivery.pacing import Wait
from digest.delivery.permits import Permits
from digest.delivery.protocols import Transport
from digest.delivery.quota import DayLetters
from digest.delivery.shared import SharedLimits, make_pace
from digest.delivery.streaks import Streaks


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One way out, with its limits. `left_today` letters may still leave; None: any number.

    Where programs share their limits, `letters_per_day` is drawn from what they share instead, and
    a connection `needs_permit` if they share the relay's number of them, too.
    """

    transport: Transport
    share: float = 1.0
    letters_per_minute: int | None = None
    left_today: int | None = None
    letters_per_day: int | None = None
    needs_permit: bool = False


class Relay:
    """One way out at work. `out` says why it takes no more letters in this run."""

    def __init__(
        self,
        way: Way,
        *,
        stop_after_failures: int,
        timing: Timing,
        wait: Wait,
        chance: Callable[[], float],
        clock: Callable[[], float],
        shared: SharedLimits | None = None,
        on_change: Callable[[], None] = lambda: None,
    ) -> None:
        self.transport = way.transport
        self.name = way.transport.name
        self.share = way.share
        self.left_today = way.left_today
        self.taken = 0
        self.out: RunStopped | None = None
        self.streaks = Streaks(stop_after_failures, clock=clock)
        self.door = Door(way.transport, timing=timing, wait=wait, chance=chance, clock=clock)
        self.pace = make_pace(
            shared,
            f"relay:{self.name}",
            way.letters_per_minute,
            clock=clock,
            wait=wait,
            first_rest=timing.throttle_rest,
            longest_rest=timing.throttle_longest,
        )
        self.permits: Permits | None = None
        self.day_letters: DayLetters | None = None
        if shared and way.needs_permit:
            connections = way.transport.connections
            self.permits = Permits(self.name, connections, shared.permits, on_recall=on_change)
        if shared and way.letters_per_day:
            self.left_today = None
            self.day_letters = DayLetters(
                self.name, way.letters_per_day, shared.days, clock=clock, on_change=on_change
            )

    @property
    def is_full(self) -> bool:
        """Its letters of the day are used up."""
        if self.day_letters is not None:
            return self.day_letters.is_full
        return self.left_today is not None and self.left_today <= 0

    @property
    def is_dry(self) -> bool:
        """More letters of the day are being drawn."""
        return self.day_letters is not None and self.day_letters.is_dry

    @property
    def works(self) -> bool:
        """Letters are going through it now: the others' shares are measured against it."""
        return self.out is None and not self.is_full and self.door.is_open and not self.pace.resting

    def took(self, letters: int = 1) -> None:
        """Count a letter that this relay is given, or that it gives back."""
        self.taken += letters
        if self.left_today is not None:
            self.left_today -= letters
        if self.day_letters is not None:
            self.day_letters.took(letters)


class Shares:
    """Keeps the relays' letters in proportion to their shares.

    A relay that is down, resting or full holds nobody back.
    """

    def __init__(self, relays: Sequence[Relay]) -> None:
        self._relays = relays

    def may_take(self, relay: Relay) -> bool:
        """Whether it is this relay's turn, give or take a letter for each of its connections."""
        if relay.is_dry:
            return False
        if len(self._relays) == 1:
            return True
        others = [other for other in self._relays if other is not relay and other.works]
        if not others:
            return True
        behind = min(other.taken / other.share for other in others)
        return relay.taken / relay.share <= behind + relay.transport.connections / relay.share

    def all_full(self) -> bool:
        """No relay is left that could take another letter, and one is full."""
        usable = [relay for relay in self._relays if relay.out is None]
        return all(relay.is_full for relay in usable) and any(r.is_full for r in self._relays)
