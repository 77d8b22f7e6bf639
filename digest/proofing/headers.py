"""Does the letter have the headers that RFC 5322 asks for, each once and well formed?"""

from __future__ import annotations

import re
from email.utils import getaddresses, parsedate_to_datetime

from digest.proofing.encoded_words import decode_words
from digest.proofing.fields import Head
from digest.proofing.finding import Findings, error, shown, warning
from digest.proofing.languages import is_language_tag
from digest.proofing.opened import Opened

#: Characters of a subject that most programs show on a wide screen.
LONGEST_SUBJECT = 90
_REQUIRED = ("From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type")
# RFC 5322 §3.6, RFC 2045 §3, RFC 2369 §3.7 and RFC 2919 §3: at most one of each.
_ONCE = (
    *_REQUIRED,
    *("Sender", "Reply-To", "Cc", "Bcc", "In-Reply-To", "References"),
    *("Content-Transfer-Encoding", "Content-Language", "Auto-Submitted", "Precedence"),
    *("List-Id", "List-Unsubscribe", "List-Unsubscribe-Post", "List-Help", "List-Archive"),
    *("List-Subscribe", "List-Post", "List-Owner"),
)
_DATE = re.compile(
    r"(?:(Mon|Tue|Wed|Thu|Fri|Sat|Sun), +)?\d{1,2} (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov"
    r"|Dec) \d{4} \d\d:\d\d(?::\d\d)? [+-]\d{4}(?: +\([^()]*\))?"
)
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_MESSAGE_ID = re.compile(rf"<{_ATOM}(?:\.{_ATOM})*@(?:{_ATOM}(?:\.{_ATOM})*|\[[!-Z^-~]*\])>")
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def check_headers(letter: Opened) -> Findings:
    """The header fields, but for those of lists and of MIME parts."""
    head = letter.head
    yield from _check_counts(head)
    yield from _check_date(head.value("Date"))
    identity = head.value("Message-ID")
    if identity and not _MESSAGE_ID.fullmatch(identity):
        yield error("headers", "Message-ID", f"{shown(identity)} is not of the form <left@right>")
    if head.all("MIME-Version") and head.value("MIME-Version").partition(" ")[0] != "1.0":
        yield error("headers", "MIME-Version", "is not 1.0; programs then show the letter's source")
    yield from _check_subject(head)
    yield from _check_mailboxes(head)
    yield from _check_language(head)


def _check_counts(head: Head) -> Findings:
    for name in _REQUIRED:
        if not head.all(name):
            yield error("headers", name, "is missing; add it")
    for name in _ONCE:
        count = len(head.all(name))
        if count > 1:
            yield error("headers", name, f"stands {count} times; keep one")


def _check_date(value: str) -> Findings:
    if not value:
        return
    found = _DATE.fullmatch(value)
    try:
        moment = parsedate_to_datetime(value) if found else None
    except ValueError:
        moment = None
    if found is None or moment is None:
        words = f"{shown(value)} is no date of RFC 5322 (Mon, 23 Nov 2026 06:00:00 +0000)"
        yield error("headers", "Date", words)
    elif found[1] and found[1] != _DAYS[moment.weekday()]:
        yield error("headers", "Date", f"says {found[1]}, but that day is a {moment:%A}")


def _check_subject(head: Head) -> Findings:
    if not head.all("Subject"):
        return
    subject = decode_words(head.value("Subject"))
    if not subject.strip():
        yield error("headers", "Subject", "is empty; say what is in the letter")
    elif len(subject) > LONGEST_SUBJECT:
        words = f"has {len(subject)} characters; programs cut it, phones at about 40"
        yield warning("headers", "Subject", f"{words}: keep it within {LONGEST_SUBJECT}")


def _check_mailboxes(head: Head) -> Findings:
    for name in ("From", "Reply-To", "To"):
        mailboxes = getaddresses([head.value(name)]) if head.value(name) else []
        for display, address in mailboxes:
            local, _, domain = address.rpartition("@")
            if not local or not re.fullmatch(r"[^\s@<>,;]+", domain):
                yield error("headers", name, f"{shown(address or display)} is no mail address")
            other = re.search(r"[\w.+-]+@([\w-]+\.[\w.-]+)", decode_words(display))
            if other and other[1].lower() != domain.lower():
                words = f"the name shows the address {other[0]}, the letter has {address}"
                yield error("headers", name, f"{words}: spam filters take that for a forgery")
        if name == "From" and len(mailboxes) > 1 and not head.all("Sender"):
            yield error("headers", "From", "names several authors; a Sender must say who sent it")


def _check_language(head: Head) -> Findings:
    language = head.value("Content-Language")
    if not language:
        words = "is missing; screen readers and translators go by it (RFC 3282)"
        yield warning("headers", "Content-Language", words)
    elif not all(map(is_language_tag, re.split(r"\s*,\s*", language))):
        words = f"{shown(language)} is no language tag (RFC 5646); write such as en or pt-BR"
        yield error("headers", "Content-Language", words)
