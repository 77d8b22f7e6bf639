"""What all connections of a run work with."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from digest.config import DeliveryConfig
from digest.delivery.door import Timing
from digest.delivery.faults import RunStopped
from digest.delivery.feed import Feed
from digest.delivery.pacing import Pace
from digest.delivery.relay import Relay
from digest.delivery.scribe import Scribe
from digest.delivery.streaks import RenderFaults
from digest.model import Letter, Recipient

#: The letter of a reader; the second argument says whether octets past 127 may be in it.
Write = Callable[[Recipient, bool], Letter]
#: The same elsewhere, while the others go on; such letters hold no octets past 127.
Press = Callable[[Recipient], Awaitable[Letter]]
#: Whether a letter that has begun is still ours to send.
Fence = Callable[[], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Floor:
    """What the connections of a run share. `press` writes letters instead, if there is one.

    `halt` ends the run, with an error or without; `drop` ends the work of one relay.
    """

    write: Write
    press: Press | None
    fence: Fence | None
    delivery: DeliveryConfig
    clock: Callable[[], datetime]
    chance: Callable[[], float]
    timing: Timing
    scribe: Scribe
    feed: Feed
    faults: RenderFaults
    pace: Pace
    halted: asyncio.Event
    halt: Callable[[Exception | None], None]
    drop: Callable[[Relay, RunStopped], None]
