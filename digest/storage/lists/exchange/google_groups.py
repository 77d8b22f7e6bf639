"""Member exports of Google Groups, which begin with a line "Members for group ..."."""

from __future__ import annotations

from digest.model.subscriber import Frequency
from digest.storage.lists.exchange.foreign import Cause, Format, Leaving
from digest.storage.lists.exchange.tool import Cells, Tool
from digest.storage.lists.fields import UNTIL_NOTICE

_CALLED = "Google Groups"
#: What stands alone on the line above the header.
TITLE = "members for group"
_BOUNCED = Leaving(Cause.BOUNCE, f"bounced in an export from {_CALLED}")
_BANNED = Leaving(Cause.UNSUBSCRIBE, f"banned in an export from {_CALLED}")
_PENDING = Leaving(Cause.NEVER, f"not yet a member in an export from {_CALLED}")


def _fits(names: frozenset[str]) -> bool:
    return {"email address", "group status", "email status"} <= names


def _read(cells: Cells) -> dict[str, str]:
    fields = {}
    if nickname := cells.get("nickname"):
        fields["name"] = nickname
    wish = (cells.get("email preference") or cells.get("delivery") or "").lower()
    if wish.startswith(("no email", "none", "no mail", "web")):
        fields["paused_until"] = UNTIL_NOTICE
    elif wish.startswith(("digest", "daily", "abridged", "summary")):
        fields["frequency"] = str(Frequency.DAILY)
    return fields


def _leaving(cells: Cells, file_name: str) -> Leaving | None:
    if "bounc" in cells.get("email status", "").lower():
        return _BOUNCED
    status = cells.get("group status", "").lower()
    if status.startswith("banned"):
        return _BANNED
    return _PENDING if status.startswith(("pending", "invited")) else None


GOOGLE_GROUPS = Tool(
    format=Format.GOOGLE_GROUPS,
    called=_CALLED,
    fits=_fits,
    reads=frozenset(["nickname", "group status", "email status", "email preference", "delivery"]),
    leaving=_leaving,
    read=_read,
    ignores=frozenset(["time zone"]),  # that of the times of joining
)
