"""What the courier needs of the ledger and of a way to send letters.

Both belong to the courier: storage fits `Ledger` by shape, each way out of the house brings a
`Transport`. A pipelined conversation is one more `Connection`: `send` may return as soon as its
letter's own final reply is known, whatever it has already written behind it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from digest.model import Letter, Outcome, Recipient


class Ledger(Protocol):
    """What happened to every reader of one edition. Called from one thread at a time."""

    def claim(self, limit: int, now: datetime) -> Sequence[Recipient]:
        """At most `limit` readers who are due: untried, or deferred with `retry_at` <= `now`.

        They are the caller's until recorded or released. Readers suppressed by now are marked so
        and are not returned. Nothing left is an empty answer.
        """
        ...

    def record(
        self,
        begun: Sequence[Recipient],
        settled: Sequence[tuple[Recipient, Outcome]],
        now: datetime,
    ) -> None:
        """Write one durable transaction: all of it, or nothing with an exception.

        `begun` counts a try. `untried` gives that try back and makes the reader pending again.
        A settled reader need not have begun (a letter that could not be rendered).
        """
        ...

    def release(self, recipients: Sequence[Recipient]) -> None:
        """Give back claimed readers whose letters have not begun."""
        ...


class Connection(Protocol):
    """One open conversation; letters go through it one after the other."""

    @property
    def usable(self) -> bool:
        """False once it is lost, or has carried its share of letters."""
        ...

    async def send(self, letter: Letter) -> Outcome:
        """Hand one letter over and say what became of it.

        Whatever the other side does is an Outcome. `retry_at` is left to the courier.

        Raises:
            DigestError: nothing more can be sent by anyone; this letter certainly was not.
        """
        ...

    async def close(self) -> None:
        """End politely within a few seconds. Never raises; may be called twice."""
        ...


class Transport(Protocol):
    """A way out of the house."""

    @property
    def name(self) -> str:
        """How reports call it: `outbox`, or the relay's host and port."""
        ...

    @property
    def connections(self) -> int:
        """How many connections may be open at once."""
        ...

    async def connect(self) -> Connection:
        """Open a conversation that is ready for letters.

        Raises:
            ConnectFailed: its `temporary` says whether a later try may work.
            DigestError: the outbox cannot be written, or a secret is missing.
        """
        ...
