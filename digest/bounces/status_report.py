"""Reads a delivery status: `message/delivery-status` (RFC 3464) or its UTF-8 kind (RFC 6533)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from email.message import Message

from digest.bounces.parts import Part, parse_head, text_of
from digest.bounces.report import Failure, Kind
from digest.bounces.status import find_status, judge

TYPES = ("message/delivery-status", "message/global-delivery-status")
_MOST = 200
_WORDS = 500
_GROUP_END = re.compile(rb"\r?\n[ \t]*\r?\n")
_ACTIONS = {
    "delayed": Kind.DELAYED,
    "delivered": Kind.ARRIVED,
    "relayed": Kind.ARRIVED,
    "expanded": Kind.ARRIVED,
}


def read_status(parts: Sequence[Part]) -> tuple[Failure, ...]:
    """What the mail's delivery statuses say, of each recipient."""
    groups = (group for part in parts if part.type in TYPES for group in _groups(part))
    found = (_failure(group) for group in groups)
    return tuple(each for each in found if each is not None)[:_MOST]


def _groups(part: Part) -> Iterator[Message]:
    # Some servers leave out the group about the message; a group without a recipient is none.
    for octets in _GROUP_END.split(part.content, _MOST):
        yield parse_head(octets)


def _failure(group: Message) -> Failure | None:
    fields = ("Original-Recipient", "Final-Recipient", "X-Actual-Recipient")
    texts = [text_of(group, name) for name in fields]
    addresses = tuple(dict.fromkeys(_address(text) for text in texts if text))
    action = text_of(group, "Action").lower()
    if not action and text_of(group, "Status").startswith("5"):
        action = "failed"
    if not addresses or not action:
        return None
    # Comments behind the word, and "error" of OpenSMTPD, are no standard, and are written.
    word = re.split(r"[^a-z]", action)[0]
    said = f"{text_of(group, 'Diagnostic-Code')} {text_of(group, 'Status')}"
    status = find_status(text_of(group, "Status"), said)
    if word in _ACTIONS:
        return Failure(addresses=addresses, kind=_ACTIONS[word], status=status)
    if not word.startswith(("fail", "error")):
        return None
    kind, _, rest = text_of(group, "Diagnostic-Code").partition(";")
    words = (rest or kind).strip()[:_WORDS]
    return Failure(addresses=addresses, kind=judge(status, said), status=status, words=words)


_UTF8 = re.compile(r"\\x\{([0-9A-Fa-f]{2,6})\}")


def _address(text: str) -> str:
    """The address in `rfc822; ada@example.org` or `utf-8; ...` (RFC 6533 §3)."""
    kind, _, rest = text.partition(";")
    address = (rest or kind).strip().strip("<>")[:320]
    if kind.strip().lower() != "utf-8":
        return address
    return _UTF8.sub(lambda match: _character(match[1]), address)


def _character(digits: str) -> str:
    number = int(digits, 16)
    return chr(number) if number < 0xD800 or 0xDFFF < number <= 0x10FFFF else "?"
