"""Reads a complaint: a feedback report (ARF, RFC 5965)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from digest.bounces.parts import Part, parse_head, text_of, texts_of
from digest.bounces.report import Failure, Kind

_BARE = re.compile(r"complaint about message from ", re.IGNORECASE)
_COMPLAINER = "X-HmXmrOriginalRecipient"
TYPE = "message/feedback-report"
# `opt-out` was taken out of the standard, and is still sent. What is left of its types
# (not-spam, virus, auth-failure, other) is no word of a reader against us.
_KINDS = {
    "abuse": Kind.COMPLAINT,
    "fraud": Kind.COMPLAINT,
    "opt-out": Kind.LEAVE,
    "opt-out-list": Kind.LEAVE,
}


def read_feedback(parts: Sequence[Part]) -> Failure | None:
    """What the mail's feedback report says; None if it has none."""
    part = next((each for each in parts if each.type == TYPE), None)
    if part is None:
        return None
    fields = parse_head(part.content)
    feedback = text_of(fields, "Feedback-Type").lower()
    addresses = [
        text.partition(";")[2].strip() or text
        for name in ("Original-Rcpt-To", "Removal-Recipient")
        for text in texts_of(fields, name)
    ]
    return Failure(
        addresses=tuple(address.strip("<> ") for address in addresses),
        kind=_KINDS.get(feedback, Kind.UNKNOWN),
        status=feedback[:16],
        words=text_of(fields, "User-Agent")[:200],
    )


def read_bare(parts: Sequence[Part]) -> Failure | None:
    """Microsoft's loop (JMRP) sends the letter alone, and names in it who complained."""
    if not _BARE.match(text_of(parts[0].head, "Subject")):
        return None
    named = [text for part in parts for text in texts_of(part.head, _COMPLAINER)]
    addresses = tuple(text.strip("<> ") for text in named)
    return Failure(addresses=addresses, kind=Kind.COMPLAINT, status="abuse") if named else None
