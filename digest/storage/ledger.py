"""Hand out the letters of one frozen edition, with what became of each on durable record."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from sys import intern
from typing import Any

from digest.errors import StorageError
from digest.model import EditionKey, EmailAddress, Outcome, OutcomeKind, Recipient
from digest.model.audience import EVERYBODY, Audience
from digest.storage.columns import from_microseconds, to_microseconds
from digest.storage.database import SqliteDatabase
from digest.storage.ledger_sql import (
    BARRED,
    BEGIN,
    CLAIM,
    DUE,
    PENDING,
    PUT_OFF,
    RELEASE,
    RETRIES,
    SENT,
    SETTLE,
    SUPPRESS,
    among,
)
from digest.storage.plain import storable
from digest.storage.states import State

#: A clock that stood a year ahead must not put a reader off for a year.
LONGEST_WAIT = timedelta(days=1)

#: The state of a row for each outcome.
STATE_AFTER = {
    OutcomeKind.SENT: State.SENT,
    OutcomeKind.DEFERRED: State.DEFERRED,
    OutcomeKind.REJECTED: State.REJECTED,
    OutcomeKind.UNKNOWN: State.UNKNOWN,
    OutcomeKind.UNTRIED: State.PENDING,
}


class EditionLedger:
    """The ledger of one edition, as a courier needs it. Its methods may be called in any thread.

    `due_before` limits the claims to letters due by then, `readers` to letters of theirs;
    None and everybody limit nothing.
    """

    def __init__(
        self,
        database: SqliteDatabase,
        edition: EditionKey,
        *,
        due_before: datetime | None = None,
        readers: Audience = EVERYBODY,
    ) -> None:
        self._edition = edition
        queues = (RETRIES, PUT_OFF, PENDING if due_before is None else DUE)
        self._queues = tuple(map(among, queues)) if readers.tags else queues
        self._tags = _keys(f";{tag};" for tag in readers.tags)
        self._due_before = None if due_before is None else to_microseconds(due_before)
        self._quick = database.quick()

    def claim(self, limit: int, now: datetime) -> Sequence[Recipient]:
        """Take up to `limit` letters whose time has come; none means that none is left now.

        Those to try again come first, then those longest due. A reader suppressed by this
        moment is marked so instead of being returned.

        Raises:
            StorageError: the ledger cannot be written.
        """
        at = to_microseconds(now)
        too_late = to_microseconds(now + LONGEST_WAIT)
        given = self._given(at) | {"too_late": too_late, "due_before": self._due_before}
        given["tags"] = self._tags
        taken: list[Recipient] = []
        with self._quick.transaction() as connection:
            for queue in self._queues:
                while len(taken) < limit:
                    wanted = given | {"wanted": limit - len(taken)}
                    rows = connection.execute(queue, wanted).fetchall()
                    taken += self._take(connection, rows, at)
                    if not rows:
                        break
        return tuple(taken)

    def record(
        self,
        begun: Sequence[Recipient],
        settled: Sequence[tuple[Recipient, Outcome]],
        now: datetime,
    ) -> frozenset[str]:
        """Write down in one durable transaction what is over, then what is about to begin.

        The answer holds the `reader_id`s of those in `begun` who were suppressed since their
        claim: they are marked so, and nothing must be sent to them.

        Raises:
            StorageBusy: another program is writing just now; nothing was written.
            StorageError: nothing was written; or a begun letter is no longer ours, because
                another program took it up. It must not be sent then.
        """
        at = to_microseconds(now)
        sent = [self._sent(*each, at) for each in settled if each[1].kind is OutcomeKind.SENT]
        others = [each for each in settled if each[1].kind is not OutcomeKind.SENT]
        with self._quick.transaction() as connection:
            if sent:
                connection.executemany(SENT, sent)
            if others:
                connection.executemany(SETTLE, [self._settled(*each, at) for each in others])
            if begun:
                return self._begin(connection, begun, at)
        return frozenset()

    def release(self, recipients: Sequence[Recipient]) -> None:
        """Give claimed letters back untouched; they are claimed again next time.

        Raises:
            StorageError: the ledger cannot be written.
        """
        if recipients:
            keys = _keys(recipient.address.key for recipient in recipients)
            with self._quick.transaction() as connection:
                connection.execute(RELEASE, {"edition": self._edition.text, "keys": keys})

    def _begin(
        self, connection: sqlite3.Connection, begun: Sequence[Recipient], at: int
    ) -> frozenset[str]:
        edition = self._edition.text
        rows = [(at, edition, recipient.address.key) for recipient in begun]
        missing = len(begun) - connection.executemany(BEGIN, rows).rowcount
        if not missing:
            return frozenset()
        keys = _keys(recipient.address.key for recipient in begun)
        given = self._given(at) | {"keys": keys}
        barred = [row[0] for row in connection.execute(BARRED, given)]
        if len(barred) != missing:
            raise StorageError(f"edition {self._edition}: another program took letters of this run")
        return frozenset(barred)

    def _take(
        self, connection: sqlite3.Connection, rows: Sequence[Any], at: int
    ) -> list[Recipient]:
        free: list[Recipient] = []
        barred: list[tuple[str | int, ...]] = []
        for key, address, name, reader_id, segment, due_at, attempt, reason in rows:
            if reason is not None:
                barred.append((reason, at, self._edition.text, key))
                continue
            free.append(
                kept_reader(self._edition, address, name, reader_id, segment, due_at, attempt)
            )
        if barred:
            connection.executemany(SUPPRESS, barred)
        if free:
            keys = _keys(recipient.address.key for recipient in free)
            connection.execute(CLAIM, self._given(at) | {"keys": keys})
        return free

    def _sent(self, recipient: Recipient, outcome: Outcome, at: int) -> tuple[str | int, ...]:
        """A row of `SENT`."""
        return (*kept_reply(outcome), at, self._edition.text, recipient.address.key)

    def _settled(
        self, recipient: Recipient, outcome: Outcome, at: int
    ) -> tuple[str | int | None, ...]:
        """A row of `SETTLE`."""
        again = None
        if outcome.kind is OutcomeKind.DEFERRED:
            again = to_microseconds(outcome.retry_at) if outcome.retry_at else at
        state = STATE_AFTER[outcome.kind].value
        key = (self._edition.text, recipient.address.key)
        return (state, again, *kept_reply(outcome), at, *key)

    def _given(self, at: int) -> dict[str, Any]:
        return {"edition": self._edition.text, "at": at}


def kept_reader(
    edition: EditionKey,
    address: str,
    name: str,
    reader_id: str,
    segment: str,
    due_at: int,
    attempt: int,
) -> Recipient:
    """A row of the ledger, for a courier. Domains and segments are few, and kept once."""
    local, _, domain = address.rpartition("@")
    return Recipient(
        edition=edition,
        address=EmailAddress(local, intern(domain)),
        name=name,
        reader_id=reader_id,
        segment=intern(segment),
        due_at=kept_moment(due_at),
        attempt=attempt,
    )


def kept_reply(outcome: Outcome) -> tuple[str, int, str, str, str]:
    """Its (stage, code, enhanced, words, relay), as every database takes them."""
    return (
        outcome.stage.value,
        outcome.code,
        storable(outcome.enhanced, 16),
        storable(outcome.words),
        storable(outcome.relay),
    )


def _keys(keys: Iterable[str]) -> str:
    return json.dumps(list(keys), ensure_ascii=False)


#: Most readers are due at one of few moments.
kept_moment = lru_cache(1024)(from_microseconds)
