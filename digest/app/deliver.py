"""From the ledger to the relay."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any, TypeVar

from digest.app.house import House
from digest.app.looks import LookWriter, load_writer
from digest.app.vitals import Vitals
from digest.config import RelayConfig
from digest.delivery.courier import deliver_letters
from digest.delivery.floor import Press
from digest.delivery.relay import Way
from digest.delivery.report import DeliveryReport, Gauge
from digest.delivery.shared import SharedLimits
from digest.mailing.letter import LetterWriter
from digest.model import EditionKey, Outcome, Recipient
from digest.model.audience import EVERYBODY, Audience
from digest.storage.ledgers import open_ledger
from digest.storage.workers import WorkerFacts

T = TypeVar("T")
OnOutcome = Callable[[Recipient, Outcome], None]
EX_TEMPFAIL = 75
A_DAY = timedelta(days=1)


def make_ways(house: House) -> Sequence[Way]:
    """The configured ways out, each with what it may still take today.

    Raises:
        ConfigError: a password is not in the environment.
    """
    delivery = house.config.delivery
    if delivery.transport == "outbox":
        from digest.delivery.outbox import OutboxTransport

        return [Way(transport=OutboxTransport(house.outbox()))]
    return [_way(house, relay) for relay in delivery.ways]


def _way(house: House, relay: RelayConfig) -> Way:
    from digest.delivery.greeting import require_password
    from digest.delivery.smtp import SmtpTransport

    password = require_password(relay, house.environ)
    ca_file = house.config.path(relay.ca_file) if relay.ca_file else None
    transport = SmtpTransport(relay, password, ca_file=ca_file, name=relay.name or "")
    return Way(
        transport=transport,
        share=relay.share,
        letters_per_minute=relay.letters_per_minute,
        left_today=_left_today(house, transport.name, relay.letters_per_day),
        letters_per_day=relay.letters_per_day,
        needs_permit=True,
    )


@asynccontextmanager
async def open_limits(
    house: House, worker: str, key: EditionKey
) -> AsyncIterator[SharedLimits | None]:
    """The limits that the courier of `key` shares with others, under the lease `worker`.

    None: the state is in a file, and one program sends at a time.
    """
    if not house.database.is_shared:
        yield None
        return
    from digest.storage.postgres.database import PostgresDatabase
    from digest.storage.postgres.limits import PostgresLimits

    assert isinstance(house.database, PostgresDatabase)
    books = PostgresLimits(house.database, worker, key.text)
    try:
        yield SharedLimits(paces=books.paces, permits=books.permits, days=books.days)
    finally:
        await books.close()


@asynccontextmanager
async def open_press(writer: LetterWriter | LookWriter) -> AsyncIterator[Press | None]:
    """What writes the letters beside the courier's work, where they are signed; else None."""
    if not writer.signers:
        yield None
        return
    from digest.app import press

    async with press.Press(writer) as opened:
        yield opened.write


def _left_today(house: House, relay: str, letters_per_day: int | None) -> int | None:
    """What a relay's limit leaves after the letters of the last 24 hours."""
    if letters_per_day is None:
        return None
    from digest.storage.census import sent_since

    used = sent_since(house.database, [relay], house.clock() - A_DAY)
    return max(letters_per_day - used.get(relay, 0), 0)


def deliver_edition(
    house: House,
    key: EditionKey,
    *,
    due_only: bool,
    on_outcome: OnOutcome,
    readers: Audience = EVERYBODY,
    command: str = "run",
) -> DeliveryReport:
    """Send what the ledger holds for `readers` of `key`: what is due by now, or all of it.

    Where others can look on they see it as `command`.
    SIGTERM, SIGINT and SIGHUP end it cleanly; the report then says `stopped`.
    """
    ways = make_ways(house)
    writer = load_writer(house, key)
    due_before = house.clock() if due_only else None
    vitals, gauge = Vitals(), Gauge()

    def settled(recipient: Recipient, outcome: Outcome) -> None:
        vitals.count(recipient, outcome)
        on_outcome(recipient, outcome)

    def facts() -> WorkerFacts:
        return replace(vitals.facts(), edition=key.text, connections=gauge.connections())

    async def work() -> DeliveryReport:
        async with AsyncExitStack() as stack:
            stop = stack.enter_context(stop_on_signals())
            opened = await stack.enter_async_context(
                open_ledger(
                    house.database,
                    key,
                    due_before=due_before,
                    readers=readers,
                    workers=house.config.workers,
                    command=command,
                    facts=facts,
                )
            )
            shared = await stack.enter_async_context(open_limits(house, opened.worker, key))
            press = await stack.enter_async_context(open_press(writer))
            return await deliver_letters(
                opened.ledger,
                writer.write,
                ways,
                delivery=house.config.delivery,
                clock=house.clock,
                on_outcome=settled,
                stop=stop,
                press=press,
                fence=opened.fence,
                shared=shared,
                gauge=gauge,
            )

    return run_fast(work)


def run_fast(work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run on uvloop where it is installed, on asyncio's own loop where it is not.

    Raises:
        OSError: the system gives no event loop (too many open files); nothing has begun.
    """
    make_loop: Callable[[], asyncio.AbstractEventLoop] = asyncio.new_event_loop
    with suppress(ImportError):
        import uvloop

        make_loop = uvloop.new_event_loop
    loop = make_loop()
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        return runner.run(work())


@contextmanager
def stop_on_signals() -> Iterator[asyncio.Event]:
    """An event that the first SIGTERM, SIGINT or SIGHUP sets; the second ends the process."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    signals = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)

    def ask() -> None:
        if stop.is_set():
            os._exit(EX_TEMPFAIL)
        stop.set()

    for number in signals:
        loop.add_signal_handler(number, ask)
    try:
        yield stop
    finally:
        for number in signals:
            loop.remove_signal_handler(number)
