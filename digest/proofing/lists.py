"""Can a reader, and her mail provider, leave the list? RFC 2369, RFC 2919, RFC 8058.

Gmail and Yahoo ask bulk senders for one-click (https://support.google.com/a/answer/14229414);
RFC 8058 §4 wants both headers under the DKIM signature.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from email.utils import parseaddr
from urllib.parse import unquote, urlsplit

from digest.proofing.addresses import is_loopback
from digest.proofing.fields import Head
from digest.proofing.finding import Findings, error, shown, warning
from digest.proofing.opened import Opened

ONE_CLICK = "List-Unsubscribe=One-Click"
_UNSUBSCRIBE, _POST = "List-Unsubscribe", "List-Unsubscribe-Post"
_ELEMENTS = re.compile(r"<[^<>\s,]+>(?:\s*,\s*<[^<>\s,]+>)*")
_LIST_ID = re.compile(r"(?:.*\s)?<[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)+>")
_TAG = re.compile(r"\s*([a-z]+)\s*=\s*([^;]*)")


def check_lists(letter: Opened) -> Findings:
    """The list headers, and whether signatures cover them."""
    head = letter.head
    yield from _check_unsubscribe(letter)
    yield from _check_identity(head.value("List-Id"))
    yield from _check_signatures(head)
    automatic = head.value("Auto-Submitted").partition(";")[0].strip().lower()
    if automatic and automatic not in ("auto-generated", "auto-replied", "auto-notified", "no"):
        yield error("headers", "Auto-Submitted", f"{shown(automatic)} is no word of RFC 3834")


def _check_unsubscribe(letter: Opened) -> Findings:
    head = letter.head
    value = head.value(_UNSUBSCRIBE)
    if not value:
        words = "is missing; without it readers report spam, and Gmail refuses bulk mail"
        yield error("headers", _UNSUBSCRIBE, words)
        return
    if "=?" in value:
        return  # said already, with the other encoded words
    if not _ELEMENTS.fullmatch(value):
        words = "is not a list of <address>s between commas; programs then show no way to leave"
        yield error("headers", _UNSUBSCRIBE, words)
        return
    for address in letter.ways_to_leave:
        yield from _check_address(address)
    yield from _check_post(head, letter.ways_to_leave)


def _check_address(address: str) -> Findings:
    try:
        parts = urlsplit(address)
    except ValueError:
        yield error("headers", _UNSUBSCRIBE, f"{shown(address)} is no address")
        return
    if parts.scheme == "mailto":
        if "@" not in parseaddr(unquote(parts.path))[1]:
            yield error("headers", _UNSUBSCRIBE, f"{shown(address)} names no mail address")
    elif parts.scheme not in ("https", "http") or not parts.hostname:
        yield error("headers", _UNSUBSCRIBE, f"{shown(address)} is neither https nor mailto")
    elif parts.scheme == "http" and not is_loopback(parts.hostname):
        yield warning("headers", _UNSUBSCRIBE, f"{shown(address)} is not https")


def _check_post(head: Head, addresses: Sequence[str]) -> Findings:
    able = any(
        address.startswith("https:")
        or (address.startswith("http:") and is_loopback(urlsplit(address).hostname or ""))
        for address in addresses
    )
    post = head.value(_POST)
    if post and post != ONE_CLICK:
        yield error("headers", _POST, f"{shown(post)} must be {ONE_CLICK}")
    elif post and not able:
        yield error("headers", _POST, f"stands there, but {_UNSUBSCRIBE} has no https address")
    elif not post and able:
        words = f"is missing, so there is no one-click; add {ONE_CLICK} if a POST unsubscribes"
        yield warning("headers", _POST, words)
    elif not post:
        words = "has no https address, so there is no one-click, which Gmail and Yahoo ask for"
        yield warning("headers", _UNSUBSCRIBE, words)


def _check_identity(value: str) -> Findings:
    if not value:
        yield warning("headers", "List-Id", "is missing; readers filter and mute by it (RFC 2919)")
    elif not _LIST_ID.fullmatch(value) or len(value.rpartition("<")[2]) > 256:
        words = f'{shown(value)} is not of the form "Name" <list.example.org>'
        yield error("headers", "List-Id", words)


def _check_signatures(head: Head) -> Findings:
    signatures = [dict(_TAG.findall(field.value)) for field in head.all("DKIM-Signature")]
    domain = parseaddr(head.value("From"))[1].rpartition("@")[2].lower()
    if not signatures or not domain:
        return
    if not any(_aligned(tags.get("d", "").strip().lower(), domain) for tags in signatures):
        words = f"none is of {domain}, the domain in From, so DMARC fails"
        yield error("headers", "DKIM-Signature", words)
    for tags in signatures:
        covered = {name.strip().lower() for name in tags.get("h", "").split(":")}
        for name in ("From", "Subject", "Date", _UNSUBSCRIBE, _POST):
            if head.all(name) and name.lower() not in covered:
                words = f"does not cover {name}; add it to h= (RFC 8058 §4, RFC 6376 §5.4)"
                yield error("headers", "DKIM-Signature", words)


def _aligned(signed: str, sender: str) -> bool:
    # Relaxed alignment (RFC 7489 §3.1.1) needs the public suffix list; one being the other's
    # parent is as near as one gets without.
    pair = (f".{signed}", f".{sender}")
    return bool(signed) and (pair[0].endswith(pair[1]) or pair[1].endswith(pair[0]))
