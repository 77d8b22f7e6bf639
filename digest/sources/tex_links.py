"""Links with words, as plain text."""

from __future__ import annotations


def link_text(url: str, label: str) -> str:
    """The words of a link with its address behind them; the address alone if they repeat it."""
    label = label.strip()
    repeated = _without_scheme(url).startswith(_without_scheme(label))
    return url if not label or repeated else f"{label} ({url})"


def _without_scheme(url: str) -> str:
    return (url.partition("://")[2] or url).rstrip("/").lower()
