"""Subscriber exports of Substack: the email list of an export, or the table of the dashboard.

`active_subscription` is about payment; who reads for free has `false` there and stays.
"""

from __future__ import annotations

from digest.storage.lists.exchange.foreign import Cause, Format, Leaving
from digest.storage.lists.exchange.tool import Cells, Tool

_CALLED = "Substack"
_DISABLED = Leaving(Cause.UNSUBSCRIBE, f"unsubscribed (email_disabled) in an export from {_CALLED}")


def _fits(names: frozenset[str]) -> bool:
    email_list = {"email", "active subscription", "email disabled"}
    dashboard = {"email", "subscription type", "activity", "subscription date"}
    return email_list <= names or dashboard <= names


def _leaving(cells: Cells, file_name: str) -> Leaving | None:
    return _DISABLED if cells.get("email disabled", "").lower() == "true" else None


SUBSTACK = Tool(
    format=Format.SUBSTACK,
    called=_CALLED,
    fits=_fits,
    reads=frozenset(["email disabled"]),
    leaving=_leaving,
)
