"""What the courier needs of the ledger, of a way to send letters, and of limits that are shared.

They belong to the courier: storage fits `Ledger` and the three books by shape, each way out of the
house brings a `Transport`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from digest.model import Letter, Outcome, Recipient


class Ledger(Protocol):
    """What happened to every reader of one edition.

    Its methods are called one at a time. Those of a ledger on a server may be coroutine functions
    (`async def`): the letters go on while it is at work, and as many calls as its `lanes` say may
    be under way at once. `StorageBusy` says that nothing happened and that the same call may work
    a moment later.
    """

    def claim(
        self, limit: int, now: datetime
    ) -> Sequence[Recipient] | Awaitable[Sequence[Recipient]]:
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
    ) -> Collection[str] | Awaitable[Collection[str]]:
        """Write one durable transaction: all of it, or nothing with an exception.

        The answer holds the `reader_id`s of those in `begun` who were suppressed after they were
        claimed: they are marked so, and their letters must not go out. `begun` counts a try.
        A settled reader need not have begun (refused at RCPT, or the letter could not be
        rendered): `deferred` and `rejected` with a reply's code count a try then. `untried` after
        a beginning gives the try back; the reader is pending again.
        """
        ...

    def release(self, recipients: Sequence[Recipient]) -> Awaitable[None] | None:
        """Give back claimed readers whose letters have not begun."""
        ...


class Connection(Protocol):
    """One open conversation; letters go through it one after the other.

    A letter has two steps, so that its beginning can be made durable between them: `offer` asks
    for it, `hand_over` sends its content. Before the second nothing has left that could ever be
    delivered.
    """

    @property
    def usable(self) -> bool:
        """False once it is lost, or has carried its share of letters."""
        ...

    @property
    def eightbit(self) -> bool:
        """Whether letters may hold octets past 127."""
        ...

    @property
    def gave_way(self) -> bool:
        """True if it ended only so that the next one speaks another way: nobody is to blame."""
        ...

    async def offer(self, letter: Letter) -> Outcome | None:
        """Ask the other side to take the letter; None: it waits for the content.

        An outcome says why it does not. `retry_at` is left to the courier.
        """
        ...

    def hand_over(self, letter: Letter, following: Letter | None = None) -> Awaitable[Outcome]:
        """Send the content of the letter that was offered; awaited, say what became of it.

        `following` is the letter that will be offered next: a pipelining conversation asks for it
        behind this one's content, in the same write.

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


class PaceBook(Protocol):
    """The next free moment under each limit that programs share, by one clock.

    `StorageBusy` says that it may work later; what was reserved without an answer is lost.
    """

    async def reserve(
        self, wanted: Mapping[str, tuple[int, int]]
    ) -> Mapping[str, tuple[float, int]]:
        """So many moments under each name, so many microseconds apart, for the caller alone.

        The answer says in how many seconds the first one comes, and holds a mark for `give_back`.
        """
        ...

    async def give_back(self, unused: Mapping[str, tuple[int, int]]) -> None:
        """The last so many microseconds behind a mark, if nobody has reserved any since."""
        ...


class PermitBook(Protocol):
    """Who may have how many of a relay's connections open."""

    async def ask(
        self, relay: str, limit: int, wanted: int, kept: Sequence[int]
    ) -> tuple[Collection[int], int, float]:
        """Keep those permits and no others, and get more while fewer than `wanted` are held.

        The answer: the numbers that are the caller's, how many it should have open at most, and
        for how many seconds from now they are certainly its own. A `StorageBusy` changes nothing
        but who is told: the next question makes it good.
        """
        ...


class DayBook(Protocol):
    """The letters that a relay was given in the last day, by all programs."""

    async def draw(self, relay: str, per_day: int, letters: int) -> tuple[int, int]:
        """So many letters or fewer, for the caller alone; 0: they are used up. With a mark."""
        ...

    async def put_back(self, relay: str, mark: int, letters: int) -> None:
        """Letters of a draw that did not leave."""
        ...
