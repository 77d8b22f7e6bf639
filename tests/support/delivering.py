"""A delivery run in few words, for tests."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from digest.config import DeliveryConfig, SmtpConfig
from digest.delivery.courier import deliver_letters
from digest.delivery.door import Timing
from digest.delivery.protocols import Ledger, Transport
from digest.delivery.relay import Way
from digest.delivery.report import DeliveryReport
from digest.delivery.shared import SharedLimits
from digest.delivery.smtp import SmtpTransport
from digest.model import EmailAddress, Envelope, Letter, Outcome, Recipient
from tests.support.memory_ledger import NOON, reader

SENDER = EmailAddress.parse("papers@example.org")
#: The run's waits, made short enough for a test.
QUICK = Timing(
    ramp=0, knock_first=0.02, knock_longest=0.1, knocks=6, throttle_rest=0.05, throttle_longest=0.2
)


def readers(count: int) -> list[Recipient]:
    return [reader(f"reader{n}@example.org") for n in range(count)]


def write_letter(recipient: Recipient, eightbit: bool = False) -> Letter:
    """A small letter, the same bytes for the same reader each time."""
    message_id = f"<{recipient.reader_id.replace('@', '.')}@example.org>"
    content = (
        f"From: papers@example.org\r\nTo: {recipient.reader_id}\r\nMessage-ID: {message_id}\r\n"
        f"Subject: Papers\r\n\r\nHello.\r\n.a line with a dot\r\n..\r\n"
    ).encode()
    return Letter.of(Envelope(sender=SENDER, recipient=recipient.address), message_id, content)


def smtp_config(port: int, **changes: object) -> SmtpConfig:
    settings: dict[str, object] = {
        "host": "127.0.0.1",
        "port": port,
        "security": "none",
        "helo_name": "client.example.org",
        "connections": 4,
        "connect_timeout": 5,
        "command_timeout": 5,
        "dot_timeout": 5,
    }
    return SmtpConfig.model_validate(settings | changes)


@dataclass
class Run:
    """One run's settings and what it saw."""

    ledger: Ledger
    transport: Transport
    delivery: DeliveryConfig = field(default_factory=DeliveryConfig)
    write: Callable[[Recipient, bool], Letter] = write_letter
    now: datetime = NOON
    timing: Timing = QUICK
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    ways: list[Way] = field(default_factory=list)
    outcomes: list[tuple[str, Outcome]] = field(default_factory=list)
    on_outcome: Callable[[Recipient, Outcome], None] | None = None
    chance: Callable[[], float] = lambda: 0.5
    fence: Callable[[], bool] | None = None
    seconds: float = 30
    shared: SharedLimits | None = None

    async def go(self) -> DeliveryReport:
        async with asyncio.timeout(self.seconds):  # a hang is a failure, not a wait
            return await deliver_letters(
                self.ledger,
                self.write,
                self.ways or [self._way()],
                delivery=self.delivery,
                clock=lambda: self.now,
                on_outcome=self._note,
                stop=self.stop,
                timing=self.timing,
                chance=self.chance,
                fence=self.fence,
                shared=self.shared,
            )

    def _way(self) -> Way:
        smtp = self.delivery.smtp
        return Way(
            transport=self.transport,
            letters_per_minute=smtp.letters_per_minute,
            left_today=smtp.letters_per_day,
        )

    def _note(self, recipient: Recipient, outcome: Outcome) -> None:
        self.outcomes.append((str(recipient.address), outcome))
        if self.on_outcome:
            self.on_outcome(recipient, outcome)


def smtp_run(ledger: Ledger, port: int, *, password: str | None = None, **changes: object) -> Run:
    """A run to a server on loopback; `changes` are those of `smtp_config`."""
    config = smtp_config(port, **changes)
    delivery = DeliveryConfig(transport="smtp", smtp=config)
    return Run(ledger, SmtpTransport(config, password), delivery=delivery)
