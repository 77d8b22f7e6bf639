"""Tables of people by any other program, our own exports among them.

Who left there is seen by the words that such programs have for it, so that nobody comes back
because her program is not known by name.
"""

from __future__ import annotations

from digest.storage.lists.exchange.foreign import Cause, Format, Leaving
from digest.storage.lists.exchange.tool import Cells, Tool
from digest.storage.lists.text import clean_text

#: In our own exports: what a suppression came of, or nothing.
SUPPRESSED = "suppressed"
_STATUS = ("status", "subscription status", "subscriber status", "email status")
_LEFT_AT = ("unsub time", "unsubscribed at", "unsubscribe date", "unsubscription date")
_BOUNCED_AT = ("clean time", "bounced at", "bounce date")
_SWITCHES = ("email disabled", "unsubscribed", "opted out", "opt out")
_NO = ("", "false", "no", "n", "0", "none", "null", "never", "-")
#: Beginnings of a status, in lower case.
_WORDS = (
    (("unsub", "opted out", "opted-out", "opt-out", "opt out", "optout"), Cause.UNSUBSCRIBE),
    (("block", "blacklist", "suppress", "disabled", "banned", "removed"), Cause.UNSUBSCRIBE),
    (("bounc", "clean", "hard bounce", "undeliver", "invalid"), Cause.BOUNCE),
    (("complain", "spam", "abuse"), Cause.COMPLAINT),
    (("unconfirmed", "pending", "non-subscribed", "nonsubscribed", "not subscribed"), Cause.NEVER),
)


def _leaving(cells: Cells, file_name: str) -> Leaving | None:
    if cause := cells.get(SUPPRESSED, "").strip().lower():
        known = Cause(cause) if cause in set(Cause) else Cause.HAND
        return Leaving(known, f"suppressed ({known}) in {file_name}")
    for name in _STATUS:
        status = cells.get(name, "").strip().lower()
        for beginnings, cause_of_status in _WORDS if status else ():
            if status.startswith(beginnings):
                return Leaving(cause_of_status, f"{clean_text(status)[0][:40]} in {file_name}")
    if any(cells.get(name, "").strip() for name in _LEFT_AT):
        return Leaving(Cause.UNSUBSCRIBE, f"unsubscribed in {file_name}")
    if any(cells.get(name, "").strip() for name in _BOUNCED_AT):
        return Leaving(Cause.BOUNCE, f"bounced in {file_name}")
    for name in _SWITCHES:
        if cells.get(name, "").strip().lower() not in _NO:  # a date there is a yes as well
            return Leaving(Cause.UNSUBSCRIBE, f"{name} in {file_name}")
    return None


ANY_TOOL = Tool(
    format=Format.CSV,
    called="another program",
    fits=lambda names: True,
    reads=frozenset([SUPPRESSED, *_STATUS, *_LEFT_AT, *_BOUNCED_AT, *_SWITCHES]),
    leaving=_leaving,
)
