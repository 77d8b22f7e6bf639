"""Whether a configured host is this very machine."""

from __future__ import annotations

import ipaddress


def is_loopback(host: str) -> bool:
    """Does the name mean this very machine, whatever a resolver says?"""
    if host.lower().rstrip(".") == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
