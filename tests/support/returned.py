"""A newsletter whose letters come back, in this process, and the reports that servers write."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from digest.app import House
from digest.app.bounces import BounceReport, read_mailbox
from digest.bounces.mail import Mail
from digest.config import Config
from digest.mailing.message_id import MessageIds
from digest.mailing.return_path import ReturnPath
from digest.mailing.token import UNSUBSCRIBE, sign_token
from digest.model import EditionKey, EmailAddress, Recipient
from digest.storage.suppressions import list_suppressions
from tests.support.state import environ_of, freeze_readers

MONDAY = datetime(2026, 11, 23, 8, tzinfo=UTC)
BOUNCES = EmailAddress("bounces", "example.org")
ADA = EmailAddress("ada", "example.com")


class Heap:
    """Mails in memory, read as a mailbox is."""

    def __init__(self, mails: Sequence[bytes]) -> None:
        self.mails = mails
        self.marked: list[str] = []

    def unread(self) -> Iterator[Mail]:
        for number, raw in enumerate(self.mails):
            yield Mail(name=str(number), raw=raw)

    def done(self, mails: Sequence[Mail]) -> None:
        self.marked += [mail.name for mail in mails]

    def close(self) -> None:
        pass


class Office:
    """A newsletter with letters under way; `now` is its clock."""

    def __init__(self, folder: Path, **bounces: Any) -> None:
        self.now = MONDAY
        newsletter = {"from": "papers@example.org", "bounces": str(BOUNCES)}
        sources = [{"kind": "file", "path": "papers.json"}]
        self.config = Config.model_validate(
            {"newsletter": newsletter, "sources": sources, "bounces": bounces, "folder": folder}
        )
        environ = {"DIGEST_SECRET_KEY": "an-old-key-of-this-newsletter"} | environ_of(folder)
        self.house = House(config=self.config, clock=lambda: self.now, environ=environ)

    def mail(self, *addresses: EmailAddress, days: int = 0) -> EditionKey:
        """Freeze the edition of a day with letters to these; the clock stands at that day."""
        self.now = MONDAY + timedelta(days=days)
        key = EditionKey.daily(self.now.date())
        readers = [self._recipient(key, address) for address in addresses or (ADA,)]
        assert freeze_readers(self.house.database, readers, key=key, frozen_at=self.now)
        return key

    def return_path(self, key: EditionKey, address: EmailAddress = ADA) -> str:
        path = ReturnPath(self.house.keys[0], BOUNCES, key)
        return str(path.of(self.house.reader_id(address)))

    def headers(self, key: EditionKey, address: EmailAddress = ADA) -> str:
        """Those of the letter that tell whose it is."""
        name = MessageIds(self.house.keys, key, "example.org").of(address)
        return (
            f"To: {address}\nSubject: The papers\nMessage-ID: {name}\n"
            f"List-Unsubscribe: <https://papers.example.org/u/{self.link(address)}>,\n"
            f" <mailto:{BOUNCES}?subject=unsubscribe%20{self.link(address)}>\n"
        )

    def link(self, address: EmailAddress = ADA) -> str:
        return sign_token(self.house.keys, self.house.reader_id(address), UNSUBSCRIBE)

    def read(self, *mails: bytes, dry_run: bool = False) -> BounceReport:
        return read_mailbox(self.house, Heap(mails), dry_run=dry_run)

    @property
    def suppressed(self) -> dict[str, str]:
        """Whom, and for what kind of reason."""
        found = list_suppressions(self.house.database)
        return {each.address or str(each.reader_id): each.kind.value for each in found}

    def rows(self) -> int:
        """How many rows the book and the suppressions have."""
        with self.house.database.read() as connection:
            tables = ("bounce", "suppression")
            return sum(
                connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one()
                for table in tables
            )

    def _recipient(self, key: EditionKey, address: EmailAddress) -> Recipient:
        reader_id = self.house.reader_id(address)
        return Recipient(
            edition=key, address=address, name="", reader_id=reader_id, segment="", due_at=self.now
        )


@contextmanager
def office(folder: Path, **bounces: Any) -> Iterator[Office]:
    made = Office(folder, **bounces)
    try:
        yield made
    finally:
        made.house.close()


def status_report(
    to: str,
    *,
    recipient: str = str(ADA),
    action: str = "failed",
    status: str = "5.1.1",
    words: str = "550 5.1.1 no such user here",
    letter: str = "",
    groups: str = "",
    name: str = "report-1@mx.example.com",
) -> bytes:
    """What Postfix writes to the return path `to` (RFC 3464)."""
    return f"""\
Return-Path: <>
Delivered-To: {to}
From: MAILER-DAEMON@mx.example.com (Mail Delivery System)
To: {to}
Subject: Undelivered Mail Returned to Sender
Message-ID: <{name}>
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b1/mx"

This is a MIME-encapsulated message.

--b1/mx
Content-Description: Notification
Content-Type: text/plain; charset=utf-8

This is the mail system at host mx.example.com.

--b1/mx
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.com
Arrival-Date: Mon, 23 Nov 2026 08:00:00 +0000 (UTC)

Final-Recipient: rfc822; {recipient}
Original-Recipient: rfc822;{recipient}
Action: {action}
Status: {status}
Remote-MTA: dns; mail.example.com
Diagnostic-Code: smtp; {words}
{groups}
--b1/mx
Content-Description: Undelivered Message
Content-Type: message/rfc822

From: Daily Papers <papers@example.org>
{letter}
The papers of the day.

--b1/mx--
""".encode()


def complaint(to: str, *, letter: str = "", feedback: str = "abuse", rcpt: str = "") -> bytes:
    """A feedback report as Yahoo's and others' loops send them (RFC 5965)."""
    claimed = f"Original-Rcpt-To: {rcpt}\n" if rcpt else ""
    return f"""\
From: feedback@arf.example.net
To: {to}
Subject: FW: The papers
Message-ID: <complaint-1@arf.example.net>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="part"

--part
Content-Type: text/plain; charset=US-ASCII

This is an email abuse report for a message received from IP 192.0.2.1.

--part
Content-Type: message/feedback-report

Feedback-Type: {feedback}
User-Agent: Example-Feedback/1.0
Version: 1
{claimed}Source-IP: 192.0.2.1

--part
Content-Type: message/rfc822

From: Daily Papers <papers@example.org>
{letter}
The papers of the day.

--part--
""".encode()
