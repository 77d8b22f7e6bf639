"""Audience exports of Mailchimp: a zip of subscribed_, unsubscribed_, cleaned_ and other files.

"Cleaned" are addresses that bounced. Who is "nonsubscribed" never asked for mail. TIMEZONE and
the like are guessed by Mailchimp from IP addresses, so they are not taken for a reader's choice.
"""

from __future__ import annotations

import csv

from digest.storage.lists.exchange.foreign import Cause, Format, Leaving
from digest.storage.lists.exchange.tool import Cells, Tool, as_list

_CALLED = "Mailchimp"
_MARKS = frozenset(
    ["member rating", "optin time", "confirm time", "leid", "euid", "unsub time", "clean time"]
)
_UNSUBSCRIBED = Leaving(Cause.UNSUBSCRIBE, f"unsubscribed in an export from {_CALLED}")
_CLEANED = Leaving(Cause.BOUNCE, f"cleaned (bounced) in an export from {_CALLED}")
_NEVER = Leaving(Cause.NEVER, f"not subscribed in an export from {_CALLED}")


def _fits(names: frozenset[str]) -> bool:
    return "email address" in names and len(names & _MARKS) >= 2


def _read(cells: Cells) -> dict[str, str]:
    fields = {}
    if tags := cells.get("tags", ""):
        fields["tags"] = as_list(next(csv.reader([tags], skipinitialspace=True), []))
    if (kind := cells.get("email type", "").lower()) in ("html", "text"):
        fields["format"] = kind
    return fields


def _leaving(cells: Cells, file_name: str) -> Leaving | None:
    name = file_name.lower()
    if cells.get("unsub time") or name.startswith("unsubscribed_"):
        return _UNSUBSCRIBED
    if cells.get("clean time") or name.startswith("cleaned_"):
        return _CLEANED
    return _NEVER if name.startswith(("nonsubscribed_", "non-subscribed_")) else None


MAILCHIMP = Tool(
    format=Format.MAILCHIMP,
    called=_CALLED,
    fits=_fits,
    reads=frozenset(["tags", "email type", "unsub time", "clean time"]),
    leaving=_leaving,
    read=_read,
    ignores=frozenset(["timezone", "format"]),
)
