"""Reads the many bounces that follow no standard, by flufl.bounce's detectors."""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from email import message_from_bytes
from email.utils import getaddresses
from functools import cache
from types import ModuleType

from digest.bounces.automatic import is_server
from digest.bounces.parts import Part, text_of
from digest.bounces.report import Failure, Kind
from digest.bounces.status import find_status, judge

# Its patterns take time that grows with the square of a line's length, the parser that it needs
# with the square of a header's parameters, and a frame of the stack for each part inside another.
_LONGEST = 64 * 1024
_LONGEST_LINE = re.compile(rb"([^\r\n]{500})[^\r\n]+")
_MOST_LINES = 3_000
_MOST_PARTS = 20
_MOST_PARAMETERS = 4_000
_MOST = 50
_WORDS = 500
# Below this a bounce quotes the letter, which has words of its own. Sendmail begins with "The
# original message was received at ...".
_QUOTES = re.compile(
    r"(?im)^(?:[ \t>]*[-=_*]{2}.*(?:original message|forwarded message).*"
    r"|.*(?:copy of (?:the|your) message|original message (?:follows|headers?|is attached)).*)$"
)
_SAYING = re.compile(r"^.*(?:(?<!\d)[45]\d\d[ -]|(?<!\d)[45]\.\d\.\d).*$", re.MULTILINE)


@cache
def _flufl() -> ModuleType:
    import flufl.bounce  # here: nothing else needs it

    logging.getLogger("flufl.bounce").disabled = True  # it logs each detector
    return flufl.bounce


def read_by_guess(raw: bytes, parts: Sequence[Part]) -> tuple[Failure, ...]:
    """The recipients whom the mail calls undelivered; () if it is no bounce that is known."""
    return _by_detectors(raw, parts) or _by_code(parts)


def _by_code(parts: Sequence[Part]) -> tuple[Failure, ...]:
    """What a mail server says in a language or a form of its own, beside a code for "never".

    Whom it is about only the letter's token tells.
    """
    head = parts[0].head
    receipt = any(part.type == "message/disposition-notification" for part in parts)
    if receipt or not is_server(head) or text_of(head, "Return-Path") not in ("", "<>"):
        return ()
    words = _words(parts)
    status = find_status("", words)
    if not status.startswith("5"):
        return ()
    failed = text_of(head, "X-Failed-Recipients")
    addresses = tuple(each.strip("<> ") for each in failed.split(",")[:_MOST] if each.strip())
    kind = judge(status, words)
    return (Failure(addresses=addresses, kind=kind, status=status, words=words[:_WORDS]),)


def _by_detectors(raw: bytes, parts: Sequence[Part]) -> tuple[Failure, ...]:
    lines = raw[:_LONGEST].split(b"\n", _MOST_LINES)[:_MOST_LINES]
    raw = _LONGEST_LINE.sub(rb"\1", b"\n".join(lines))
    if _is_monstrous(raw):
        return ()
    try:
        message = message_from_bytes(raw)
        if not getaddresses(message.get_all("From", [])):  # one detector asks for its first
            message["From"] = "nobody@invalid"
        temporary, permanent = _flufl().all_failures(message)
    except Exception:  # a detector that stumbles over a mail does not know it
        return ()
    if not temporary and not permanent:
        return ()
    words = _words(parts)
    status = find_status("", words)
    kind = judge(status, words)
    failed = [_failure(each, kind, status, words) for each in sorted(permanent)[:_MOST]]
    delayed = [_failure(each, Kind.DELAYED) for each in sorted(temporary)[:_MOST]]
    return (*failed, *delayed)


def _is_monstrous(raw: bytes) -> bool:
    inside = raw.lower().count(b"boundary=") + raw.lower().count(b"message/rfc822")
    return inside > _MOST_PARTS or raw.count(b";") > _MOST_PARAMETERS


def _failure(address: bytes, kind: Kind, status: str = "", words: str = "") -> Failure:
    text = address.decode("ascii", "replace")
    return Failure(addresses=(text,), kind=kind, status=status, words=words[:_WORDS])


def _words(parts: Sequence[Part]) -> str:
    """What the mail's first text says: the line with a code, and all of it if there is none."""
    shown = next((each for each in parts if each.type in ("text/plain", "text/html")), None)
    text = (shown or parts[0]).text[:8_000]
    text = _QUOTES.split(text)[0]
    text = re.sub(r"<[^<>@]{0,300}>", " ", text)
    saying = _SAYING.search(text)
    return " ".join(f"{saying[0] if saying else ''} {text}".split())[:4_000]
