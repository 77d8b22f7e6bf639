"""What a run has of the limits that all programs on one database share."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from digest.delivery.pacing import DomainPaces, Pace, Wait
from digest.delivery.permits import Permits
from digest.delivery.protocols import DayBook, PaceBook, PermitBook
from digest.delivery.quota import DayLetters
from digest.delivery.shared_pacing import SharedDomainPaces, SharedPace

#: A run that ends waits so many seconds for the database to take back what is left.
_PATIENCE = 5.0
_KEPT = Permits | DayLetters | SharedDomainPaces


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedLimits:
    """The books of one database; whoever opened them closes them after the run."""

    paces: PaceBook
    permits: PermitBook
    days: DayBook


class Upkeep:
    """Keeps up whatever among `parts` is shared, while a run lasts; an error goes to `on_error`."""

    def __init__(self, parts: Iterable[object], on_error: Callable[[Exception], None]) -> None:
        self._parts = [part for part in parts if isinstance(part, SharedPace | _KEPT)]
        self._on_error = on_error
        self._tasks: list[asyncio.Task[None]] = []

    def begin(self) -> None:
        kept = [part for part in self._parts if isinstance(part, _KEPT)]
        self._tasks = [asyncio.create_task(self._keep(part.keep())) for part in kept]

    async def end(self) -> None:
        """Give everything back."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        giving = [asyncio.create_task(part.close()) for part in self._parts]
        if giving:
            await asyncio.wait(giving, timeout=_PATIENCE)
        for task in giving:
            task.cancel()
        await asyncio.gather(*giving, return_exceptions=True)

    async def _keep(self, keeping: Coroutine[Any, Any, None]) -> None:
        try:
            await keeping
        except Exception as error:
            self._on_error(error)


def make_pace(
    shared: SharedLimits | None,
    name: str,
    letters_per_minute: int | None,
    *,
    clock: Callable[[], float],
    wait: Wait,
    first_rest: float = 1.0,
    longest_rest: float = 60.0,
) -> Pace:
    """A pace of this program alone, or one under a limit that all programs share."""
    rests = {"first_rest": first_rest, "longest_rest": longest_rest}
    if shared is None or letters_per_minute is None:
        return Pace(letters_per_minute, clock=clock, wait=wait, **rests)
    return SharedPace(name, letters_per_minute, shared.paces, clock=clock, wait=wait, **rests)


def make_domain_paces(
    shared: SharedLimits | None,
    limits: Mapping[str, int],
    *,
    clock: Callable[[], float],
    wait: Wait,
    on_change: Callable[[], None],
) -> DomainPaces:
    """The same for the domains of the readers."""
    if shared is None or not limits:
        return DomainPaces(limits, clock=clock)
    return SharedDomainPaces(limits, shared.paces, clock=clock, wait=wait, on_change=on_change)
