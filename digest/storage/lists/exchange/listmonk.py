"""Subscriber exports of listmonk, whose `attributes` are a JSON object of anything."""

from __future__ import annotations

import json
from typing import Any

from digest.storage.lists.exchange.foreign import Cause, Format, Leaving
from digest.storage.lists.exchange.tool import Cells, Tool, as_list
from digest.storage.lists.row import FIELDS, LISTS

_CALLED = "listmonk"
#: Attributes that are taken under the same name; paths in `interests` would be another machine's.
_TAKEN = frozenset(FIELDS) - {"email", "name", "interests"}
_OFF = {
    status: Leaving(Cause.UNSUBSCRIBE, f"{status} in an export from {_CALLED}")
    for status in ("disabled", "blocklisted", "blacklisted", "unsubscribed")
}


def _fits(names: frozenset[str]) -> bool:
    return {"uuid", "email", "attributes", "status"} <= names


def _read(cells: Cells) -> dict[str, str]:
    try:
        found = json.loads(cells.get("attributes") or "{}")
    except (ValueError, RecursionError):
        return {}
    if not isinstance(found, dict):
        return {}
    fields = {name: _text(name, value) for name, value in found.items() if name in _TAKEN}
    return {name: text for name, text in fields.items() if text}


def _text(name: str, value: Any) -> str:
    if name in LISTS and isinstance(value, list):
        return as_list([item for item in value if isinstance(item, str)])
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    return str(value)


def _leaving(cells: Cells, file_name: str) -> Leaving | None:
    return _OFF.get(cells.get("status", "").lower())


LISTMONK = Tool(
    format=Format.LISTMONK,
    called=_CALLED,
    fits=_fits,
    reads=frozenset(["attributes", "status"]),
    leaving=_leaving,
    read=_read,
)
