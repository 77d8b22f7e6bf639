"""A theme's name in addresses: `Safety & alignment` is at /themes/safety-alignment."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from urllib.parse import quote

from digest.prose.folding import fold

_NO_WORD = re.compile(r"[\W_]+")


class ThemeSlugs:
    """The slugs of all themes of an archive, told apart.

    The theme that came first has the plain slug; a later one that would have the same (`C` and
    `C++`) has a hash of its name behind it. So a slug stays as the archive grows.
    """

    def __init__(self, themes: Iterable[str] = ()) -> None:
        """Take the themes' names, the oldest first."""
        self._slugs: dict[str, str] = {}
        self._names: dict[str, str] = {}
        for theme in themes:
            self.add(theme)

    def add(self, theme: str) -> None:
        name = identity(theme)
        if name in self._slugs:
            return
        slug = _NO_WORD.sub("-", name).strip("-")
        if not slug or slug in self._names:
            mark = hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()[:8]
            slug = f"{slug}-{mark}".strip("-")
        self._slugs[name] = slug
        self._names[slug] = name

    def quoted(self, theme: str) -> str:
        """The slug as it stands in an address: letters of other scripts are percent-encoded."""
        return quote(self._slugs[identity(theme)], safe="")

    def identity_of(self, slug: str) -> str | None:
        """The `identity` of the theme with this slug, written plainly; None: there is none."""
        return self._names.get(slug)


def identity(theme: str) -> str:
    """What two spellings of one theme have in common: case and accents do not count."""
    return " ".join(fold(theme).split())
