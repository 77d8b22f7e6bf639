"""Knows the form of language tags (RFC 5646 §2.1), not their registry."""

from __future__ import annotations

import re

_TAG = re.compile(
    r"(?:[a-z]{2,3}(?:-[a-z]{3}){0,3}|[a-z]{4,8})"  # language
    r"(?:-[a-z]{4})?"  # script
    r"(?:-(?:[a-z]{2}|[0-9]{3}))?"  # region
    r"(?:-(?:[a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*"  # variants
    r"(?:-[0-9a-wy-z](?:-[a-z0-9]{2,8})+)*"  # extensions
    r"(?:-x(?:-[a-z0-9]{1,8})+)?",
    re.IGNORECASE,
)


def is_language_tag(tag: str) -> bool:
    """Whether it is well formed and says something: `und` says that nothing is known."""
    return tag.lower() != "und" and _TAG.fullmatch(tag) is not None


def primary(tag: str) -> str:
    """The language alone: `pt-BR` is `pt`."""
    return re.split("[-_]", tag.strip(), maxsplit=1)[0].lower()
