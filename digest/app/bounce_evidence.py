"""Finds which letter of ours a report is about, by what only a holder of that letter can know.

An address that a mail merely names proves nothing: anybody can write one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from digest.app.house import House
from digest.mailing.message_id import MessageIds
from digest.mailing.return_path import read_token
from digest.mailing.token import UNSUBSCRIBE, verify_token
from digest.model import EmailAddress
from digest.storage.mailed_letters import MailedLetter, letters_of_reader, letters_to

if TYPE_CHECKING:
    from digest.bounces.report import Report

#: A mail server tries for five days, and may stand in line itself. A token in an address that
#: is older proves no more that a letter did not arrive.
GOOD_FOR = timedelta(days=30)
_MOST_ADDRESSES = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Whose letter it is about; `letter` is None where only her link was in the mail.

    `address` is hers, if she ever was mailed.
    """

    reader_id: str
    address: EmailAddress | None
    letter: MailedLetter | None

    def is_fresh(self, now: datetime) -> bool:
        """Whether a bounce of that letter can still be on its way."""
        return self.letter is not None and now - self.letter.frozen_at <= GOOD_FOR


def find_evidence(house: House, report: Report, *, by_link_only: bool = False) -> Evidence | None:
    """The letter that it is about, or None if it proves nothing.

    In this order: the token of a return path, the token of an unsubscribe link, and an address
    together with the Message-ID of the letter to it, which nobody else can make up.
    With `by_link_only` nothing but the link counts.

    Raises:
        StorageError: the ledger cannot be read.
    """
    ways = [_by_link(house, report)]
    if not by_link_only:
        ways = [_by_return_path(house, report), *ways, _by_letter_id(house, report)]
    return next((evidence for way in ways for evidence in way), None)


def _by_return_path(house: House, report: Report) -> Iterator[Evidence]:
    for token in report.return_tokens:
        named = read_token(house.keys, token)
        if named is None:
            continue
        reader, edition = named
        for letter in letters_of_reader(house.database, reader):
            if letter.edition == edition:
                yield _about(letter)


def _by_link(house: House, report: Report) -> Iterator[Evidence]:
    for token in report.unsubscribe_tokens:
        reader = verify_token(house.keys, token, UNSUBSCRIBE)
        if reader is not None:
            letters = letters_of_reader(house.database, reader)
            named = _named(house.keys, letters, report.letter_ids)
            address = letters[0].address if letters else None
            yield Evidence(reader_id=reader, address=address, letter=named)


def _by_letter_id(house: House, report: Report) -> Iterator[Evidence]:
    if not report.letter_ids:
        return
    texts = [text for failure in report.failures for text in failure.addresses]
    for address in _addresses(texts[:_MOST_ADDRESSES]):
        letters = letters_to(house.database, address, house.clock() - GOOD_FOR)
        letter = _named(house.keys, letters, report.letter_ids)
        if letter is not None:
            yield _about(letter)


def _about(letter: MailedLetter) -> Evidence:
    return Evidence(reader_id=letter.reader_id, address=letter.address, letter=letter)


def _named(
    keys: Sequence[bytes], letters: Iterable[MailedLetter], letter_ids: Sequence[str]
) -> MailedLetter | None:
    """The letter whose Message-ID is among these; servers may change what is behind the @."""
    codes = {text.strip("<>").partition("@")[0] for text in letter_ids}
    for letter in letters if codes else ():
        if letter.address is None:
            continue
        for key in keys:
            made = MessageIds((key,), letter.edition, "").of(letter.address)
            if made.strip("<>@") in codes:
                return letter
    return None


def _addresses(texts: Iterable[str]) -> Iterator[EmailAddress]:
    for text in texts:
        try:
            yield EmailAddress.parse(text)
        except ValueError:
            continue
