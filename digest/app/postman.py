"""Sends single letters in the background, after the page that asked for them was answered."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress

from digest.app.house import House
from digest.app.one_letter import send_one
from digest.errors import DigestError
from digest.model import Letter, Outcome, OutcomeKind

_log = logging.getLogger(__name__)

#: Seconds between the tries of a letter.
WAITS = (5.0, 30.0, 120.0)
#: Letters that may be on their way at once, and wait for it.
AT_ONCE = 4
MOST = 1_000
#: A page's answer must not be delayed by what comes of it: the letter begins so much later.
_AFTER_THE_ANSWER = 0.05
_STOP_WITHIN = 20.0


class Postman:
    """Takes letters within one event loop; `close` waits for those under way."""

    def __init__(self, house: House, waits: tuple[float, ...] = WAITS) -> None:
        self._house = house
        self._waits = waits
        self._turn = asyncio.Semaphore(AT_ONCE)
        self._closing = asyncio.Event()
        self._errands: set[asyncio.Task[None]] = set()

    def post(self, write: Callable[[], Letter | None]) -> None:
        """Have `write` make a letter in a thread, or none, and send it."""
        if len(self._errands) >= MOST:
            _log.warning("%d letters wait for the relay; one more is not taken", MOST)
            return
        task = asyncio.get_running_loop().create_task(self._run(write))
        self._errands.add(task)
        task.add_done_callback(self._errands.discard)

    async def close(self) -> None:
        """Let each letter have the try it is at, or one last try if it waits for one."""
        self._closing.set()
        if self._errands:
            await asyncio.wait(self._errands, timeout=_STOP_WITHIN)
        for task in self._errands:
            task.cancel()
        await asyncio.gather(*self._errands, return_exceptions=True)

    async def _run(self, write: Callable[[], Letter | None]) -> None:
        try:
            await asyncio.sleep(_AFTER_THE_ANSWER)
            async with self._turn:
                letter = await asyncio.to_thread(write)
            if letter is not None:
                await self._send(letter)
        except DigestError as error:
            _log.error("a letter to a reader cannot be made: %s", error)
        except Exception as error:  # one letter's fault must be told, and harm no other
            _log.error("a letter to a reader cannot be sent: %s", type(error).__name__)

    async def _send(self, letter: Letter) -> None:
        for wait in (*self._waits, None):
            async with self._turn:
                fault, again = await self._try(letter)
            if not fault:
                return
            if not again or wait is None or self._closing.is_set():
                break
            with suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._closing.wait()
        _log.error("a letter to a reader was not taken: %s", fault)

    async def _try(self, letter: Letter) -> tuple[str, bool]:
        """What hindered it, and whether another try may help. "" where it was taken."""
        try:
            return _judge(await send_one(self._house, letter))
        except DigestError as error:
            return str(error), True


def _judge(outcome: Outcome) -> tuple[str, bool]:
    """The server's own words may repeat the address, so they are not told."""
    if outcome.kind is OutcomeKind.SENT:
        return "", False
    fault = " ".join(filter(None, (outcome.kind, str(outcome.code or ""), outcome.enhanced)))
    return f"{fault} at {outcome.stage}", outcome.kind is not OutcomeKind.REJECTED
