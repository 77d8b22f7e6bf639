"""Hand out the letters of one frozen edition that a server keeps, to one of many workers."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from digest.errors import StorageAway, StorageError
from digest.model import EditionKey, Outcome, OutcomeKind, Recipient
from digest.model.audience import EVERYBODY, Audience
from digest.storage.columns import to_microseconds
from digest.storage.ledger import LONGEST_WAIT, STATE_AFTER, kept_reader, kept_reply
from digest.storage.postgres.database import PostgresDatabase
from digest.storage.postgres.lanes import Lanes
from digest.storage.postgres.leases import Lease
from digest.storage.postgres.ledger_sql import (
    BARRED,
    BEGIN,
    BEGUN_BEFORE,
    CAN_BEGIN,
    CLAIM_OF_BATCHES,
    CLAIMED_UNKNOWINGLY,
    RELEASE,
    SETTLE,
    SETTLE_AND_BEGIN,
    claim_of_edition,
)
from digest.storage.states import State

_ALWAYS = 2**63 - 1
_AT_ONCE = -1
_SECOND = 1_000_000
#: So many groups of letters are written at once: while the server is at one, the next one goes.
LANES = 2


class PostgresLedger:
    """The ledger of one edition, as a courier needs it.

    As many records as `lanes` may be under way at once, of different letters; other calls come one
    at a time beside them. Batches may be added and dropped meanwhile.

    Every call may be repeated after `StorageAway`, as if the first one had not been: nothing is
    counted twice then. What is claimed is `lease`'s; after the lease is over nothing begins.

    `due_before` limits the claims to letters due by then, `readers` to letters of theirs. A worker
    gives `batches=True`: it is handed out what is open in the batches that it adds, all of a
    batch by one statement, so that memory holds the batches' readers and no more.
    """

    lanes = LANES

    def __init__(
        self,
        database: PostgresDatabase,
        edition: EditionKey,
        lease: Lease,
        *,
        due_before: datetime | None = None,
        readers: Audience = EVERYBODY,
        batches: bool = False,
    ) -> None:
        self._edition = edition
        self._lease = lease
        name = f"digest ledger {lease.id} {edition}"
        # After the server was away the lease comes first: it may be over, or have to be renewed.
        self._server = Lanes(database, name, self.lanes, before=lease.renew)
        self._given = {
            "edition": edition.text,
            "me": lease.id,
            "claimed": State.CLAIMED.value,
            "sent": State.SENT.value,
            "margin": round(lease.margin * 1_000_000),
            "due_before": _ALWAYS if due_before is None else to_microseconds(due_before),
            "tags": [f";{tag};" for tag in readers.tags],
        }
        self._claim_of_edition = claim_of_edition(tagged=bool(readers.tags))
        self._batches: set[int] | None = set() if batches else None
        #: Claimed, and not handed out yet, each with her batch.
        self._kept: deque[tuple[int | None, Recipient]] = deque()
        #: The keys of those claimed and not begun yet, handed out or not.
        self._hands: set[str] = set()
        #: When the batches may hold somebody to claim, in microseconds; whole seconds, so that
        #: many deferred letters make few moments.
        self._moments: set[int] = set()
        self._in_doubt = False

    def add_batch(self, number: int) -> None:
        """Hand out this batch's readers too."""
        assert self._batches is not None
        self._batches.add(number)
        self._moments.add(_AT_ONCE)

    async def drop_batch(self, number: int) -> None:
        """Hand out no more of this batch; who was not yet handed out is given back.

        Raises:
            StorageError: the ledger cannot be written.
        """
        assert self._batches is not None
        self._batches.discard(number)
        await self._give_back([each for batch, each in self._kept if batch == number])

    async def claim(self, limit: int, now: datetime) -> Sequence[Recipient]:
        """Take up to `limit` letters whose time has come; none means that none is left now.

        Those to try again come first, then those longest due. A reader suppressed by this
        moment is marked so instead of being returned.

        Raises:
            StorageAway: the server is not to be reached; the same call may be repeated.
            StorageError: the ledger cannot be written, or the lease is lost.
        """
        if self._lease.lost:
            raise self._over()
        if self._in_doubt:
            found = await self._ask(CLAIMED_UNKNOWINGLY, alone=True, hands=list(self._hands))
            self._keep(found)
            self._in_doubt = False
        at = to_microseconds(now)
        moments = {"at": at, "too_late": to_microseconds(now + LONGEST_WAIT)}
        if self._batches is not None:
            await self._claim_batches(moments)
        else:
            while (wanted := limit - len(self._kept)) > 0:
                rows = await self._claimed(self._claim_of_edition, wanted=wanted, **moments)
                if not rows:
                    break
        return tuple(self._kept.popleft()[1] for _ in range(min(limit, len(self._kept))))

    async def record(
        self,
        begun: Sequence[Recipient],
        settled: Sequence[tuple[Recipient, Outcome]],
        now: datetime,
    ) -> frozenset[str]:
        """Write down in one durable transaction what is over and what is about to begin.

        The answer holds the `reader_id`s of those in `begun` to whom nothing must be sent: they
        were suppressed since their claim and are marked so, or others have taken their letters.

        Raises:
            StorageAway: the server is not to be reached; the same call may be repeated.
            StorageError: nothing may begin: the ledger cannot be written, or the lease is over.
        """
        at = to_microseconds(now)
        given: dict[str, Any] = {"at": at}
        if settled:
            rows = [self._settled(*each, at) for each in settled]
            given["settled"] = json.dumps(rows, ensure_ascii=False)
        over = [recipient.address.key for recipient, _ in settled]
        if not begun:
            if settled:
                await self._server.ask_briskly(SETTLE, self._given | given)
            self._hands.difference_update(over)
            return frozenset()
        keys = [recipient.address.key for recipient in begun]
        statement = SETTLE_AND_BEGIN if settled else BEGIN
        done = await self._server.ask_briskly(statement, self._given | given | {"begun": keys})
        self._hands.difference_update(keys, over)
        if len(done) == len(keys):
            return frozenset()
        return await self._barred(begun, {key for (key,) in done}, at)

    async def release(self, recipients: Sequence[Recipient]) -> None:
        """Give claimed letters back untouched; they are claimed again next time.

        Raises:
            StorageError: the ledger cannot be written.
        """
        if recipients:
            keys = [recipient.address.key for recipient in recipients]
            await self._ask(RELEASE, keys=keys)
            self._hands.difference_update(keys)
            self._moments.add(_AT_ONCE)

    def hurry(self) -> None:
        """Somebody waits for the end: a server that does not answer is away."""
        self._server.hurry()
        self._lease.hurry()

    async def close(self) -> None:
        """Give back who was not handed out.

        Raises:
            StorageError: that could not be written; recovery finds them.
        """
        try:
            await self._give_back([each for _, each in self._kept])
        finally:
            await self._server.close()

    async def _give_back(self, recipients: Sequence[Recipient]) -> None:
        gone = {recipient.address.key for recipient in recipients}
        back = [each for each in self._kept if each[1].address.key in gone]
        # At once, so that a claim meanwhile hands none of them out.
        self._kept = deque(each for each in self._kept if each[1].address.key not in gone)
        try:
            await self.release(recipients)
        except BaseException:
            self._kept.extend(back)
            raise

    async def _claim_batches(self, moments: dict[str, int]) -> None:
        come = {moment for moment in self._moments if moment <= moments["at"]}
        if not come or not self._batches or self._kept:
            return
        self._moments -= come  # a batch may be added meanwhile
        try:
            await self._claimed(CLAIM_OF_BATCHES, batches=list(self._batches), **moments)
        except BaseException:
            self._moments |= come
            raise

    async def _claimed(self, statement: str, **given: Any) -> Sequence[Any]:
        try:
            rows = await self._ask(statement, **given)
        except StorageAway:
            self._in_doubt = True
            raise
        self._keep(rows)
        return rows

    def _keep(self, rows: Iterable[Sequence[Any]]) -> None:
        for row in sorted(rows, key=_order):
            _, _, barred, key, *hers, batch = row
            if not barred:
                self._hands.add(key)
                self._kept.append((batch, kept_reader(self._edition, *hers)))

    async def _barred(self, begun: Sequence[Recipient], done: set[str], at: int) -> frozenset[str]:
        """Who of `begun` may not go, although asked for: few, and seldom."""
        keys = [each.address.key for each in begun if each.address.key not in done]
        await self._ask(BARRED, keys=keys, at=at)
        ((lasts,),) = await self._ask(CAN_BEGIN)
        if not lasts:
            raise self._over()
        done |= {key for (key,) in await self._ask(BEGUN_BEFORE, keys=keys)}
        return frozenset(each.reader_id for each in begun if each.address.key not in done)

    def _settled(self, recipient: Recipient, outcome: Outcome, at: int) -> dict[str, Any]:
        """A row of `SETTLE`."""
        again = None
        if outcome.kind is OutcomeKind.DEFERRED:
            again = to_microseconds(outcome.retry_at) if outcome.retry_at else at
            self._moments.add(-(-again // _SECOND) * _SECOND)
        elif outcome.kind is OutcomeKind.UNTRIED:
            self._moments.add(_AT_ONCE)
        stage, code, enhanced, words, relay = kept_reply(outcome)
        return {
            "key": recipient.address.key,
            "state": STATE_AFTER[outcome.kind].value,
            "retry_at": again,
            "stage": stage,
            "code": code,
            "enhanced": enhanced,
            "words": words,
            "relay": relay,
        }

    async def _ask(
        self, statement: str, *, alone: bool = False, **given: Any
    ) -> list[tuple[Any, ...]]:
        return await self._server.ask(statement, self._given | given, alone=alone)

    def _over(self) -> StorageError:
        return StorageError(
            f"{self._server.place}: edition {self._edition}: this program did not say in time that"
            " it is there (workers.timeout), so others may take its letters; it begins no more"
        )


def _order(row: Sequence[Any]) -> tuple[int, int]:
    return row[0], row[1]
