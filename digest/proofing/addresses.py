"""Takes the addresses of links to pieces."""

from __future__ import annotations

import re
from urllib.parse import SplitResult, urlsplit

# RFC 3986 §2: what may stand in a URI; browsers take letters of any script as well.
_ALLOWED = re.compile(r"(?:[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2}|[^\x00-\xa0])+")
_HOST = re.compile(r"(?:[^\W_](?:[\w-]*[^\W_])?\.)*[^\W_](?:[\w-]*[^\W_])?\.?|\[[0-9A-Fa-f:.]+\]")


def is_loopback(host: str) -> bool:
    """Whether it names the machine itself, as in a trial."""
    host = host.rstrip(".").lower()
    return host in ("localhost", "::1") or host.startswith("127.") or host.endswith(".localhost")


def split_address(address: str) -> SplitResult | None:
    """The pieces of a URI, or None if it is none."""
    if not _ALLOWED.fullmatch(address):
        return None
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError:
        return None
    if parts.scheme in ("http", "https"):
        host = parts.netloc.rpartition("@")[2]
        host = re.sub(r":\d*$", "", host)
        if not _HOST.fullmatch(host):
            return None
    return parts


def site(host: str) -> str:
    """A host without the `www.` that changes nothing."""
    return host.rstrip(".").lower().removeprefix("www.")
