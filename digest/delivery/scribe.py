"""One writer for what all connections have to remember right now."""

from __future__ import annotations

import asyncio
import functools
import inspect
import time
from collections.abc import Awaitable, Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from typing import TypeVar, cast

from digest.delivery.faults import LedgerLost
from digest.delivery.protocols import Ledger
from digest.errors import StorageAway, StorageBusy, StorageRefused
from digest.model import Outcome, OutcomeKind, Recipient

Settled = tuple[Recipient, Outcome]
T = TypeVar("T")

#: So long a group waits for company before it is written, in seconds.
GATHERING = 0.001
#: A ledger that takes longer than this for a group works in a thread of its own, in seconds.
QUICK = 0.003
#: So long a ledger that another program holds is asked again, in seconds, and how often.
PATIENCE = 30.0
#: The same for one whose server is away, or takes nothing: another may have to stand in for it.
AWAY = 300.0
#: The same for one that is away, or is held, while somebody waits for the program's end.
HURRY = 1.5
HURRY_HELD = 8.0
_ASK_AGAIN = 0.02


class Written(Enum):
    """What became of an entry."""

    YES = auto()
    BARRED = auto()  # written; but the reader was suppressed since her claim: send her nothing
    NO = auto()  # nothing may begin any more


@dataclass(slots=True)
class _Entry:
    begun: Recipient | None
    settled: Sequence[Settled]
    durable: asyncio.Future[Written]


class Scribe:
    """Collects the entries of all connections that wait, and writes them in one transaction.

    A group is written as soon as as many connections wait for it as have letters under way, or
    after a millisecond: half of them write while the relay reads the others' letters ("group
    commit"). A ledger that answers within a few milliseconds is called in the event loop itself,
    since changing threads to and fro takes as long as the disk does; a slow one gets a thread,
    and the next entries gather while it is at work. One on a server may take as many groups at
    once as it has `lanes`.

    After a failed write nothing more begins (`broken`); outcomes that are still coming in are
    kept for one last try in `finish`.
    """

    def __init__(
        self,
        ledger: Ledger,
        *,
        clock: Callable[[], datetime],
        on_settled: Callable[[Recipient, Outcome], None],
        on_broken: Callable[[Exception | None], None],
    ) -> None:
        self._ledger = ledger
        self._clock = clock
        self._on_settled = on_settled
        self._on_broken = on_broken
        self._thread: ThreadPoolExecutor | None = None
        self._mean = 0.0  # seconds that a group takes, lately
        self._lanes: int = getattr(ledger, "lanes", 1)
        self._turn = asyncio.Semaphore(self._lanes)  # calls at once, in the loop or in the thread
        self._waiting: list[_Entry] = []
        self._under_way: set[str] = set()
        self._company: asyncio.Event = asyncio.Event()
        self._gathering = asyncio.Lock()
        self._writers: list[asyncio.Task[None]] = []
        self._unwritten: list[Settled] = []
        self._hurried = float("inf")
        self.broken: Exception | None = None

    def hurry(self) -> None:
        """Wait no longer for a ledger that takes nothing: somebody has asked for the end."""
        self._hurried = min(self._hurried, time.monotonic())
        if hurry := getattr(self._ledger, "hurry", None):
            hurry()

    async def claim(self, limit: int) -> Sequence[Recipient]:
        """The ledger's next readers; nothing once it is broken."""
        if self.broken:
            return ()
        try:
            return await self._call(self._ledger.claim, limit, self._clock())
        except Exception as error:
            self._break(error)
            return ()

    def record(
        self, *, begun: Recipient | None = None, settled: Sequence[Settled] = ()
    ) -> asyncio.Future[Written]:
        """Make letters' ends, and the next one's beginning, durable together.

        The answer may be awaited later: other work fits in while the disk is at it.
        """
        durable: asyncio.Future[Written] = asyncio.get_running_loop().create_future()
        for recipient, _ in settled:
            self._under_way.discard(recipient.reader_id)
        if self.broken:
            self._unwritten.extend(settled)
            durable.set_result(Written.NO)
            return durable
        self._waiting.append(_Entry(begun, settled, durable))
        self._writers = [writer for writer in self._writers if not writer.done()]
        if len(self._writers) < self._lanes and not self._gathering.locked():
            self._writers.append(asyncio.create_task(self._write_all()))
        elif self._has_company():
            self._company.set()
        return durable

    async def release(self, recipients: Sequence[Recipient]) -> None:
        """Give readers back whose letters have not begun."""
        if not recipients or self.broken:
            return
        try:
            await self._call(self._ledger.release, list(recipients))
        except Exception as error:
            self._break(error)

    async def finish(self) -> None:
        """Write, by one last try, what a failed write has left over.

        Raises:
            LedgerLost: the ledger failed on the way. It lists readers whose outcome is lost.
        """
        await asyncio.gather(*self._writers)
        try:
            if self.broken:
                await self._last_try(self.broken)
        finally:
            if self._thread is not None:
                self._thread.shutdown(wait=False)

    async def _write_all(self) -> None:
        while self._waiting:
            async with self._gathering:
                if not self._waiting:
                    return  # another writer has them
                await self._gather()
                group, self._waiting = self._waiting, []
            barred = await self._write(group)
            for entry in group:
                self._answer(entry, barred)

    async def _gather(self) -> None:
        """Let other connections join the group."""
        await asyncio.sleep(0)  # those that are ready now
        if self._has_company():
            return
        self._company.clear()
        timer = asyncio.get_running_loop().call_later(GATHERING, self._company.set)
        await self._company.wait()
        timer.cancel()

    def _has_company(self) -> bool:
        return len(self._waiting) >= len(self._under_way)

    def _answer(self, entry: _Entry, barred: Collection[str] | None) -> None:
        if barred is None:
            written = Written.NO
            self._unwritten.extend(entry.settled)
        else:
            for recipient, outcome in entry.settled:
                self._tell(recipient, outcome)
            written = Written.YES
            if entry.begun is not None:
                if entry.begun.reader_id in barred:
                    written = Written.BARRED
                else:
                    self._under_way.add(entry.begun.reader_id)
        if not entry.durable.done():
            entry.durable.set_result(written)

    async def _write(self, group: Sequence[_Entry]) -> Collection[str] | None:
        """Write a group; the answer holds the readers barred from it, or None: it failed."""
        if self.broken:
            return None
        begun = [entry.begun for entry in group if entry.begun]
        settled = [each for entry in group for each in entry.settled]
        if not begun and not settled:
            return ()
        try:
            return await self._record(begun, settled) or ()
        except Exception as error:
            self._break(error)
            return None

    async def _record(
        self, begun: Sequence[Recipient], settled: Sequence[Settled]
    ) -> Collection[str]:
        """One transaction; how long it takes decides where the next one is made."""
        start = time.monotonic()
        barred = await self._call(self._ledger.record, begun, settled, self._clock())
        self._mean += (time.monotonic() - start - self._mean) / 8
        return barred

    def _tell(self, recipient: Recipient, outcome: Outcome) -> None:
        """A listener that fails ends the run, but never keeps a connection waiting."""
        try:
            self._on_settled(recipient, outcome)
        except Exception as error:
            self._on_broken(error)

    def _break(self, error: Exception) -> None:
        self.broken = self.broken or error
        self._on_broken(None)  # `finish` tells it whole

    async def _last_try(self, cause: Exception) -> None:
        kept = self._unwritten
        reason = " ".join(str(cause).split()) or type(cause).__name__
        stopped = f"the ledger could not be written, so sending stopped: {reason}"
        try:
            if kept:
                await self._record([], kept)
        except Exception:
            # Only these are in doubt; a reader who was not begun is simply still to come.
            lost = tuple(r for r, o in kept if o.kind is not OutcomeKind.UNTRIED)
            names = ", ".join(f"{r.address}" for r in lost[:20])
            more = f" and {len(lost) - 20} more" if len(lost) > 20 else ""
            tail = f"; outcome not recorded for {len(lost)}: {names}{more}" if lost else ""
            raise LedgerLost(stopped + tail, unwritten=lost) from cause
        for recipient, outcome in kept:
            self._tell(recipient, outcome)
        raise LedgerLost(f"{stopped}; every outcome so far is recorded") from cause

    async def _call(self, function: Callable[..., T | Awaitable[T]], *arguments: object) -> T:
        """Call the ledger; one that another program holds is asked again for a while."""
        begun = time.monotonic()
        while True:
            try:
                async with self._turn:
                    if inspect.iscoroutinefunction(function):
                        return await cast(Awaitable[T], function(*arguments))
                    call = cast(Callable[[], T], functools.partial(function, *arguments))
                    return call() if self._mean <= QUICK else await self._call_in_thread(call)
            except StorageBusy as error:
                if time.monotonic() > begun + self._patience(error, begun):
                    raise
                await asyncio.sleep(_ASK_AGAIN)

    def _patience(self, error: StorageBusy, begun: float) -> float:
        """For how many seconds a call that began then is made again."""
        gone = isinstance(error, StorageAway | StorageRefused)
        if gone and self.broken:
            return 0.0  # another call has waited for it
        longest, hurried = (AWAY, HURRY) if gone else (PATIENCE, HURRY_HELD)
        return min(longest, max(self._hurried - begun, 0.0) + hurried)

    async def _call_in_thread(self, call: Callable[[], T]) -> T:
        if self._thread is None:
            self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="ledger")
        return await asyncio.get_running_loop().run_in_executor(self._thread, call)
