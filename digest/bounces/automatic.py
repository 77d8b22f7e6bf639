"""Tells what a program answered to a letter from what a mail server reports of it."""

from __future__ import annotations

import re
from email.message import Message

from digest.bounces.parts import text_of

_SUBJECT = re.compile(
    r"\b(?:auto(?:matic|mated)?[ -]?(?:reply|response|svar)|autoreply|out of (?:the )?office"
    r"|on vacation|away from my (?:mail|desk|office)|abwesenheits?|automatische antwort"
    r"|r[ée]ponse automatique|respuesta autom[áa]tica|absence du bureau"
    r"|(?:please )?confirm (?:your )?(?:message|e-?mail|that you)|verify your (?:message|e-?mail)"
    r"|challenge[ -]response"
    r"|your (?:message|e-?mail) (?:is awaiting|requires) (?:verification|confirmation))",
    re.IGNORECASE,
)
_SIGNS = ("X-Autoreply", "X-Autorespond", "X-Vacation", "X-Challenge")
_SERVER = re.compile(r"mailer-?daemon|postmaster|mail delivery", re.IGNORECASE)


def is_automatic(head: Message) -> bool:
    """Whether a vacation message, a challenge or the like: no word about the mailbox.

    Exim calls its bounces `auto-replied` too, but they are a mail server's own.
    """
    return not is_server(head) and (
        text_of(head, "Auto-Submitted").lower().startswith("auto-replied")
        or text_of(head, "Precedence").lower() in ("auto_reply", "auto-reply")
        or any(head[name] is not None for name in _SIGNS)
        or _SUBJECT.search(text_of(head, "Subject")[:500]) is not None
    )


def is_server(head: Message) -> bool:
    """Whether a mail server itself speaks."""
    failed = head["X-Failed-Recipients"] is not None
    return failed or _SERVER.search(text_of(head, "From")) is not None
