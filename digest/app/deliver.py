"""From the ledger to the relay."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from digest.app.house import House
from digest.delivery.courier import deliver_letters
from digest.delivery.protocols import Transport
from digest.delivery.report import DeliveryReport
from digest.errors import UsageError
from digest.mailing.choice import Choice
from digest.mailing.letter import LetterWriter
from digest.model import EditionKey, Outcome, Recipient
from digest.model.rendition_document import rendition_from_document
from digest.storage.campaigns import load_campaign
from digest.storage.ledger import EditionLedger

OnOutcome = Callable[[Recipient, Outcome], None]
EX_TEMPFAIL = 75


def make_transport(house: House) -> Transport:
    """The configured way out.

    Raises:
        ConfigError: the password is not in the environment.
    """
    delivery = house.config.delivery
    if delivery.transport == "outbox":
        from digest.delivery.outbox import OutboxTransport

        return OutboxTransport(house.outbox())
    from digest.delivery.greeting import require_password
    from digest.delivery.smtp import SmtpTransport

    smtp = delivery.smtp
    password = require_password(smtp, house.environ)
    ca_file = house.config.path(smtp.ca_file) if smtp.ca_file else None
    return SmtpTransport(smtp, password, ca_file=ca_file)


def load_writer(house: House, key: EditionKey) -> LetterWriter:
    """What writes the letters of a frozen edition.

    Raises:
        UsageError: it is not frozen.
    """
    campaign = load_campaign(house.database, key)
    if campaign is None:
        raise UsageError(f"edition {key} is not frozen: nothing of it was planned")
    return LetterWriter(
        rendition_from_document(json.loads(campaign.rendition_document)),
        {name: Choice.from_json(text) for name, text in campaign.choices.items()},
        house.config.newsletter,
        house.keys,
        campaign.frozen_at,
    )


def deliver_edition(
    house: House, key: EditionKey, *, due_only: bool, on_outcome: OnOutcome
) -> DeliveryReport:
    """Send what the ledger holds for `key`: what is due by now, or everybody's.

    SIGTERM, SIGINT and SIGHUP end it cleanly; the report then says `stopped`.
    """
    transport = make_transport(house)
    writer = load_writer(house, key)
    ledger = EditionLedger(house.database, key, due_before=house.clock() if due_only else None)

    async def work() -> DeliveryReport:
        with stop_on_signals() as stop:
            return await deliver_letters(
                ledger,
                writer.write,
                transport,
                delivery=house.config.delivery,
                clock=house.clock,
                on_outcome=on_outcome,
                stop=stop,
            )

    return asyncio.run(work())


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
