"""Sends a single letter by the configured transport; the ledger knows nothing of it."""

from __future__ import annotations

from digest.app.deliver import make_ways
from digest.app.house import House
from digest.delivery.faults import ConnectFailed
from digest.delivery.protocols import Connection
from digest.model import Letter, Outcome


async def send_one(house: House, letter: Letter) -> Outcome:
    """What the first relay says to it that can be reached.

    Raises:
        ConnectFailed: there is no way to any relay; the last one's words.
        ConfigError: a password is not in the environment.
        StorageError: the outbox cannot be written.
    """
    connection = await _connect(house)
    try:
        refusal = await connection.offer(letter)
        return refusal or await connection.hand_over(letter)
    finally:
        await connection.close()


async def _connect(house: House) -> Connection:
    *others, last = make_ways(house)
    for way in others:
        try:
            return await way.transport.connect()
        except ConnectFailed:
            continue
    return await last.transport.connect()
