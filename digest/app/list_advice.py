"""Says what may be a slip in a reader's row: a domain, the name of a theme."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Sequence
from datetime import date
from functools import lru_cache

from digest.app.house import House
from digest.config import load_taxonomy, renamed_themes
from digest.mailing.matching import fits, plain_name
from digest.model import Subscriber
from digest.storage.archive import documents_until
from digest.storage.lists.exchange.typos import likely_domain
from digest.storage.lists.fields import Complaint
from digest.storage.lists.row import FIELDS

#: So many editions back, a theme is known by its name.
REMEMBERED_EDITIONS = 60
_THEMES = FIELDS.index("themes")


class ListAdvice:
    """Warnings only: a theme may be found by the day, and a domain may be somebody's own."""

    def __init__(self, house: House) -> None:
        names = dict.fromkeys(known_themes(house))
        self._names = {plain_name(name): name for name in names}
        self._of_theme = lru_cache(maxsize=8192)(self._theme)

    def __call__(self, subscriber: Subscriber) -> Sequence[Complaint]:
        """What to look at in a reader's row."""
        told = [found for theme in subscriber.themes if (found := self._of_theme(theme))]
        if near := likely_domain(subscriber.address.domain):
            what = f"{subscriber.address.domain} may be a slip"
            told.append(Complaint(0, what, f"did you mean {near}?", warning=True))
        return told

    def _theme(self, theme: str) -> Complaint | None:
        plain = plain_name(theme)
        if any(fits(plain, name) for name in self._names):
            return None
        what = f"no rule and no edition has had a theme {theme!r}"
        if "*" in theme:
            return None  # whoever writes a pattern expects names that are not there yet
        close = difflib.get_close_matches(plain, list(self._names), n=1)
        near = self._names[close[0]] if close else ""
        return Complaint(_THEMES, what, f"did you mean {near}?" if near else "", warning=True)


def known_themes(house: House) -> Iterator[str]:
    """The names of the config's rules, of the themes known beforehand, of the last editions'."""
    config = house.config
    settled, entries = load_taxonomy(config.themes, config.folder, config.origin)
    yield from (rule.name for rule in settled.rules)
    yield from (entry.name for entry in entries)
    yield from renamed_themes(config.themes).values()
    yield config.themes.other
    if house.has_state:
        for text in documents_until(house.database, date.max, REMEMBERED_EDITIONS):
            yield from _section_names(text)


def _section_names(document: str) -> Iterator[str]:
    try:
        for section in json.loads(document)["sections"]:
            yield str(section["theme"])
    except (ValueError, TypeError, KeyError):  # an old edition is not worth a check
        return
