"""Reads the mail that came back, believes what is proven, and has its effect booked."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import islice
from typing import TYPE_CHECKING, Protocol

from digest.app.bounce_evidence import GOOD_FOR, Evidence, find_evidence
from digest.app.house import House
from digest.errors import ConfigError, DigestError, Problem
from digest.model import EditionKey
from digest.storage.bounce_book import Cause, Effect, Entry, Rule, book, bounced_once, rejections
from digest.storage.denied import doubtful_domains
from digest.storage.mailed_letters import newest_key

if TYPE_CHECKING:
    from digest.bounces.mail import Mail
    from digest.bounces.report import Report

_BATCH = 100


class Mailbox(Protocol):
    """Where mail comes back to. What is `done` is not `unread` the next time, if it can be."""

    def unread(self) -> Iterator[Mail]: ...
    def done(self, mails: Sequence[Mail]) -> None: ...
    def close(self) -> None: ...


@dataclass(kw_only=True)
class BounceReport:
    """What was read: how many mails of each kind, what was new, and what was not believed."""

    read: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    unfounded: int = 0
    known: int = 0
    effects: list[Effect] = field(default_factory=list)


def read_mailbox(
    house: House, mailbox: Mailbox, *, dry_run: bool = False, report: BounceReport | None = None
) -> BounceReport:
    """Read all that is unread; a mail is marked when what it says is durable, never before.

    With `dry_run` nothing is kept and nothing marked. A `report` that is given tells what was
    done before it failed, too.

    Raises:
        ConfigError: the key is not the one that letters were made with.
        MailboxError: the mailbox fails; what was booked before stays.
        StorageError: the effect cannot be written; the mails stay unread.
    """
    report = report or BounceReport()
    _check_key(house)
    if not dry_run:
        report.effects += book_rejections(house)
    broken: list[DigestError] = []
    mails = _until_broken(mailbox.unread(), broken)
    while batch := list(islice(mails, _BATCH if not dry_run else None)):
        entries = [entry for mail in batch for entry in _entries(house, mail, report)]
        new = book(house.database, entries, _rule(house), house.clock(), dry_run=dry_run)
        report.known += len(entries) - len(new)
        report.effects += new
        if not dry_run:
            mailbox.done(batch)
    if broken:
        raise broken[0]
    return report


def _check_key(house: House) -> None:
    """By another key every mail would be about no letter of ours, marked, and lost."""
    made_with = newest_key(house.database)
    if not made_with or house.has_key_of(made_with):
        return
    what = "is not the key that the newest letters were made with"
    mend = "set it as `digest run` has it; where a mail server or cron starts this, there too"
    problem = Problem(file="the environment", key="DIGEST_SECRET_KEY", what=what, mend=mend)
    raise ConfigError([problem])


def _until_broken(mails: Iterator[Mail], broken: list[DigestError]) -> Iterator[Mail]:
    """What can be read; what was read before a mailbox failed is booked all the same."""
    try:
        yield from mails
    except DigestError as error:
        broken.append(error)


def book_rejections(house: House, *, stopped: bool = False) -> list[Effect]:
    """What the relay said of mailboxes at once counts as what servers report of them later.

    Where it must be wrong, that is as if the letters had not arrived for now: if it said so of
    too many, or if the run was `stopped` by too many failures in a row.

    Raises:
        StorageError: it cannot be written.
    """
    now = house.clock()
    found = rejections(house.database, now - GOOD_FOR)
    if not found:
        return []
    entries = list(_weigh(house, found, stopped=stopped))
    return book(house.database, entries, _rule(house), now, dry_run=False)


def _weigh(house: House, found: Sequence[Entry], *, stopped: bool) -> Iterator[Entry]:
    """The entries, the doubtful ones as soft."""
    per_edition: dict[EditionKey, list[Entry]] = {}
    for entry in found:
        if entry.edition is not None:
            per_edition.setdefault(entry.edition, []).append(entry)
    for edition, entries in per_edition.items():
        denied = [entry.address.key for entry in entries if entry.address is not None]
        domains = doubtful_domains(house.database, edition, denied)
        for entry in entries:
            domain = entry.address.domain if entry.address else ""
            yield _weighed(entry, doubtful=stopped or domain in domains)


def _weighed(entry: Entry, *, doubtful: bool) -> Entry:
    """As the relay's code and words have it; what is doubtful is soft at most.

    It stays the same entry: once weighed, it is not weighed again when more letters have gone.
    """
    from digest.bounces.status import find_status, judge

    cause = Cause.of(judge(find_status(entry.status, entry.words), entry.words).value)
    if cause is Cause.HARD:
        cause = Cause.SOFT if doubtful else entry.cause
    return replace(entry, cause=cause or entry.cause)


def _rule(house: House) -> Rule:
    bounces = house.config.bounces
    within = timedelta(seconds=bounces.soft_within)
    return Rule(hard=bounces.hard, soft=bounces.soft, soft_within=within)


def _entries(house: House, mail: Mail, tally: BounceReport) -> list[Entry]:
    """What a mail says, if it says something that is proven."""
    from digest.bounces.reading import read_report
    from digest.bounces.report import ACTING

    report = read_report(mail.raw)
    tally.read += 1
    tally.kinds[report.kind.value] += 1
    if report.kind not in ACTING:
        return []
    asks = report.kind.value in (Cause.COMPLAINT, Cause.LEAVE)
    # A mail that asks to leave says so in its subject, with the token of the reader's link.
    evidence = find_evidence(house, report, by_link_only=asks and not report.failures)
    if evidence is None or not (asks or evidence.is_fresh(house.clock())):
        tally.unfounded += 1
        return []
    entry = _entry(mail, report, evidence)
    return [entry] if entry is not None else []


def _entry(mail: Mail, report: Report, evidence: Evidence) -> Entry | None:
    """What to book; None when the report says of this reader that all is well yet."""
    letter = evidence.letter
    said = report.about(str(evidence.address or ""))
    cause = Cause.of(said.kind.value)
    if cause is None:
        return None
    name = report.message_id or hashlib.sha256(mail.raw).hexdigest()
    once = f"{cause}\0{evidence.reader_id}\0{name}"
    if letter is not None and cause is not Cause.LEAVE:
        once = bounced_once(cause, letter.edition, evidence.reader_id)
    return Entry(
        cause=cause,
        reader_id=evidence.reader_id,
        address=evidence.address,
        edition=letter.edition if letter else None,
        once=once,
        status=said.status,
        words=said.words,
        source=f"mail {report.message_id or mail.name}",
    )
