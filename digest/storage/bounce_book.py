"""Keeps what came back, each report once, and suppresses whom it is enough for."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from digest.model import EditionKey, EmailAddress
from digest.storage.database import Database
from digest.storage.lifted import forgiven_up_to
from digest.storage.plain import storable
from digest.storage.schema import bounce, campaign, delivery, in_state
from digest.storage.states import State
from digest.storage.suppressions import Kind, suppress_address_in, suppress_reader_in

#: What a relay says at RCPT of a mailbox that is not there, as a report says it later.
_NO_MAILBOX = ("5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1")


class Cause(StrEnum):
    """What is kept of a report."""

    HARD = "hard"
    REJECTED = "rejected"  # the same, said by the relay while the letter was offered
    SOFT = "soft"
    REFUSAL = "refusal"  # of us; it never suppresses
    COMPLAINT = "complaint"
    LEAVE = "leave"

    @classmethod
    def of(cls, kind: str) -> Cause | None:
        """The cause of that name; None for what is not kept."""
        return next((each for each in cls if each == kind), None)


_HARD = (Cause.HARD.value, Cause.REJECTED.value)
_CAME_BACK = (Cause.HARD.value, Cause.SOFT.value)
_KINDS = {Cause.COMPLAINT: Kind.COMPLAINT, Cause.LEAVE: Kind.UNSUBSCRIBE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One report about one reader; `address` is None where no ledger row tells it.

    `once` is what makes it the same report as another: one letter bounces once, whoever says so
    and how often. `source` says where it was read.
    """

    cause: Cause
    reader_id: str
    address: EmailAddress | None
    edition: EditionKey | None
    once: str
    status: str
    words: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """After how many letters of different editions an address is suppressed."""

    hard: int
    soft: int
    soft_within: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """An entry that was new; `suppressed` is None when it changed nothing else."""

    entry: Entry
    suppressed: Kind | None
    reason: str


class _Undo(Exception):
    pass


def book(
    database: Database, entries: Iterable[Entry], rule: Rule, now: datetime, *, dry_run: bool
) -> list[Effect]:
    """Keep the entries that are new, with what they lead to, in one transaction.

    With `dry_run` nothing of it is kept.

    Raises:
        StorageError: it could not be written; nothing of it is in force.
    """
    effects: list[Effect] = []
    try:
        with database.write() as connection:
            for entry in entries:
                effect = _book(connection, entry, rule, now)
                effects += [effect] if effect else []
            if dry_run:
                raise _Undo
    except _Undo:
        pass
    return effects


def rejections(database: Database, since: datetime) -> list[Entry]:
    """The readers of editions frozen since then whose mailbox, says the relay, is not there.

    Only those whose letter is not in the book yet.

    Raises:
        StorageError: the ledger cannot be read.
    """
    known = sa.select(bounce.c.id).where(
        (bounce.c.edition == delivery.c.edition)
        & (bounce.c.address_key == delivery.c.address_key)
        & bounce.c.kind.in_(_HARD)
    )
    query = (
        sa.select(delivery)
        .join(campaign, campaign.c.edition == delivery.c.edition)
        .where(
            campaign.c.frozen_at >= since,
            in_state(State.REJECTED),
            delivery.c.stage == "rcpt",
            delivery.c.enhanced.in_(_NO_MAILBOX),
            ~known.exists(),
        )
    )
    with database.read() as connection:
        return [_rejection(row) for row in connection.execute(query)]


def came_back(database: Database, edition: EditionKey, domain: str = "") -> dict[str, int]:
    """How many of an edition's readers its letter came back from, and how many complained.

    Raises:
        StorageError: the book cannot be read.
    """
    where = [bounce.c.edition == str(edition)]
    if domain:
        where.append(bounce.c.address_key.endswith(f"@{domain.lower()}", autoescape=True))
    readers = sa.func.count(sa.distinct(bounce.c.address_key))
    wanted = {"bounced": _CAME_BACK, "complained": (Cause.COMPLAINT.value,)}
    with database.read() as connection:
        return {
            name: connection.execute(
                sa.select(readers).where(*where, bounce.c.kind.in_(kinds))
            ).scalar_one()
            for name, kinds in wanted.items()
        }


def _book(connection: sa.Connection, entry: Entry, rule: Rule, now: datetime) -> Effect | None:
    report = hashlib.sha256(entry.once.encode("utf-8", "replace")).hexdigest()
    if connection.execute(sa.select(bounce.c.id).where(bounce.c.report == report)).first():
        return None
    connection.execute(
        bounce.insert().values(
            report=report,
            address_key=entry.address.key if entry.address else f"deleted:{entry.reader_id}",
            edition=str(entry.edition) if entry.edition else None,
            kind=entry.cause.value,
            status=storable(entry.status, 16),
            words=storable(entry.words) if entry.address else "",  # they may name her
            source=storable(entry.source),
            at=now,
        )
    )
    why = _why(connection, entry, rule)
    kind = _KINDS.get(entry.cause, Kind.BOUNCE)
    said = {"reason": why, "source": entry.source, "at": now, "kind": kind}
    suppressed = bool(why) and _suppress(connection, entry, said)
    return Effect(entry=entry, suppressed=kind if suppressed else None, reason=why)


def _suppress(connection: sa.Connection, entry: Entry, said: dict[str, Any]) -> bool:
    if entry.address is None or entry.cause is Cause.LEAVE:
        return suppress_reader_in(connection, entry.reader_id, **said)
    return suppress_address_in(connection, entry.address, **said)


def _why(connection: sa.Connection, entry: Entry, rule: Rule) -> str:
    """Why the reader is mailed no more; "" when it is not enough for that."""
    repeated = entry.status in entry.words  # servers do
    said = entry.words if repeated else f"{entry.status} {entry.words}".strip()
    if entry.cause is Cause.LEAVE:
        return "asked to leave by mail"
    if entry.cause is Cause.COMPLAINT:
        return f"called a letter spam ({said})" if said else "called a letter spam"
    if entry.cause in _HARD:
        return _bounced("hard", _editions(connection, entry, _HARD), rule.hard, said)
    if entry.cause is Cause.SOFT:
        times = _editions(connection, entry, (Cause.SOFT.value,), rule.soft_within)
        return _bounced("soft", times, rule.soft, said)
    return ""


def _bounced(how: str, times: int, enough: int, said: str) -> str:
    if times < enough:
        return ""
    often = f" ({times} letters)" if times > 1 else ""
    return f"{how} bounce{often}: {said or 'no reason given'}"


def _editions(
    connection: sa.Connection,
    entry: Entry,
    kinds: tuple[str, ...],
    within: timedelta | None = None,
) -> int:
    """Of how many editions the reader's letter came back: one a day.

    It matters when the letters were mailed, not when the reports were read, nor in which order.
    """
    if entry.address is None:
        return 0
    query = (
        sa.select(campaign.c.edition, campaign.c.frozen_at)
        .distinct()
        .join(bounce, bounce.c.edition == campaign.c.edition)
        .where(
            bounce.c.address_key == entry.address.key,
            bounce.c.kind.in_(kinds),
            bounce.c.forgotten == 0,
        )
    )
    forgiven = forgiven_up_to(connection, entry.address.key)
    mailed: list[datetime] = [row.frozen_at for row in connection.execute(query)]
    mailed = [at for at in mailed if forgiven is None or at > forgiven]
    if within is None or not mailed:
        return len(mailed)
    return max(sum(at - within <= each <= at for each in mailed) for at in mailed)


def _rejection(row: Any) -> Entry:
    local, _, domain = row.address.rpartition("@")
    return Entry(
        cause=Cause.REJECTED,
        reader_id=row.reader_id,
        address=EmailAddress(local, domain),
        edition=EditionKey(row.edition),
        once=bounced_once(Cause.REJECTED, EditionKey(row.edition), row.reader_id),
        status=row.enhanced,
        words=row.words,
        source=f"the relay {row.relay}, edition {row.edition}",
    )


def bounced_once(cause: Cause, edition: EditionKey, reader_id: str) -> str:
    """One letter comes back once for each cause."""
    name = Cause.HARD if cause is Cause.REJECTED else cause
    return f"{name}\0{edition}\0{reader_id}"
