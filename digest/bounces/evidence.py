"""Finds in a mail what only someone who had the letter can know."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from email.message import Message

from digest.bounces.parts import Part, text_of, texts_of

_MOST = 8
_RETURN = re.compile(r"\+([A-Za-z2-7]{48})(?=@|=)")
_TOKEN = r"([A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{22})(?![A-Za-z0-9_-])"
_LINK = re.compile(rf"(?:/|unsubscribe(?:%20|\+| )){_TOKEN}", re.IGNORECASE)
# Mail programs answer with `Re:`, gateways put `[EXTERNAL]` or `*SPAM*` in front, and some leave
# the link's %20 as it is. A reader's token proves her wish; it stands at the end.
_LEAVE = re.compile(
    rf"(?:^|.{{0,100}}[\s:\]*\"'>])unsubscribe(?:\s|%20|\+|=20|_)+[<\"']?{_TOKEN}[>\"'.]*\s*",
    re.IGNORECASE,
)
_ID = re.compile(r"<[^<>\s]{1,200}>")
#: Where a mail server says to whom it delivered; then what the sender wrote.
_DELIVERY = ("Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To", "To", "Cc")
_FIELDS = re.compile(
    r"^(?:X-Postfix-Sender|Original-Mail-From|X-Original-Sender|Return-Path|Errors-To"
    r"|X-[A-Za-z-]*Sender|Original-Envelope-Id)\s*:(.*(?:\n[ \t].*)*)",
    re.IGNORECASE | re.MULTILINE,
)
# A bounce without parts quotes the letter's headers in its text.
_QUOTED = re.compile(
    r"^[ \t>]*(Message-ID|List-Unsubscribe)\s*:(.{0,400}(?:\n[ \t>]+.{0,400}){0,3})",
    re.IGNORECASE | re.MULTILINE,
)


def return_tokens(parts: Sequence[Part]) -> tuple[str, ...]:
    """Of the addresses to which it was delivered, then of those from which the letter came."""
    texts = [text for name in _DELIVERY for text in texts_of(parts[0].head, name)]
    for part in parts[1:]:
        texts += [text_of(part.head, name) for name in ("Return-Path", "X-Original-Return-Path")]
    texts += [field for part in parts[:16] for field in _FIELDS.findall(_plain(part))]
    found = (match.lower() for text in texts for match in _RETURN.findall(text))
    return tuple(_first(found))


def unsubscribe_tokens(parts: Sequence[Part]) -> tuple[str, ...]:
    """Of the List-Unsubscribe header of the letter that came back."""
    texts = [text_of(part.head, "List-Unsubscribe") for part in parts[1:]]
    texts += [text for name, text in _quoted(parts) if name == "list-unsubscribe"]
    return tuple(_first(match for text in texts for match in _LINK.findall(text)))


def letter_ids(parts: Sequence[Part]) -> tuple[str, ...]:
    """The Message-IDs of letters inside, and of those it answers to."""
    texts = [text_of(part.head, "Message-ID") for part in parts[1:]]
    texts += [text for name, text in _quoted(parts) if name == "message-id"]
    texts += [text_of(parts[0].head, name) for name in ("In-Reply-To", "References")]
    return tuple(_first(match for text in texts for match in _ID.findall(text)))


def leave_token(parts: Sequence[Part]) -> str | None:
    """The token of a mail that asks to leave: its subject is, or ends in, `unsubscribe TOKEN`."""
    match = _LEAVE.fullmatch(text_of(parts[0].head, "Subject")[:400])
    return match[1] if match else None


def is_letter(head: Message) -> bool:
    """Whether it is itself a letter of ours, or of a newsletter like ours: it went in a circle."""
    return _LINK.search(text_of(head, "List-Unsubscribe")) is not None


def _quoted(parts: Sequence[Part]) -> Iterator[tuple[str, str]]:
    for part in parts:
        for name, text in _QUOTED.findall(_plain(part)):
            yield name.lower(), re.sub(r"\s*\n[ \t>]*", " ", text)


def _plain(part: Part) -> str:
    """The text of a part that is not made of others."""
    whole = part.type.startswith(("text/plain", "message/delivery", "message/feedback"))
    whole = whole or part.type.startswith("message/global-delivery")
    return part.text if whole else ""


def _first(found: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(found))[:_MOST]
