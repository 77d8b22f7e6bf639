"""`/health`: whether readers' steps can be written down; it tells no secret."""

from __future__ import annotations

import asyncio
import os
import time
from functools import partial

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from digest.errors import StorageBusy, StorageError
from digest.storage.writable import prove_writable
from digest.web.room import Room

#: Seconds for which an answer is given again: asking costs a commit.
KEPT = 2.0


def routes(room: Room) -> list[Route]:
    return [Route("/health", partial(_answer, Health(room)))]


class Health:
    """The last look, and the next one when it is too old."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._turn = asyncio.Lock()
        self._looked = -KEPT
        self._faults: dict[str, str] = {}

    async def faults(self) -> dict[str, str]:
        """What is wrong, by what it is wrong with; empty: all is well."""
        async with self._turn:
            if time.monotonic() - self._looked >= KEPT:
                self._faults = await asyncio.to_thread(self._look)
                self._looked = time.monotonic()
            return self._faults

    def _look(self) -> dict[str, str]:
        found = {}
        try:
            prove_writable(self._room.house.database)
        except StorageError as error:
            found["database"] = _plain(error)
            if not isinstance(error, StorageBusy):
                self._room.house.drop_database()
        config = self._room.house.config
        folder = config.path(config.web.list).parent
        if config.web.sign_up and not os.access(folder, os.W_OK | os.X_OK):
            found["lists"] = "the folder of web.list is missing, or cannot be written"
        return found


def _plain(error: StorageError) -> str:
    """Without the path, which is for the log."""
    return error.message.partition(": ")[2] or error.message


async def _answer(health: Health, request: Request) -> Response:
    faults = await health.faults()
    if faults:
        return JSONResponse({"status": "failing", "faults": faults}, 503)
    return JSONResponse({"status": "ok"})
