"""The clock by which a right lapses that others gave us for a time."""

from __future__ import annotations

import time

# Counts a machine's sleep; a system without it has none that we could count.
_CLOCK: int = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def machine_clock() -> float:
    """Seconds that also pass while the machine sleeps."""
    return time.clock_gettime(_CLOCK)
