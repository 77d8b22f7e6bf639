"""How the newsletter speaks: its words by catalogue, its dates and numbers by locale."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from functools import lru_cache, partial

from babel.dates import format_date, format_skeleton
from babel.numbers import format_decimal

from digest.errors import CatalogueError, Problem
from digest.model import Catalogue
from digest.rendering.locales import digits_of, direction_of, find_locale, fits
from digest.rendering.po import Key, Message, parse_po

ENGLISH = "en"
_ABBREVIATED_MONTH = re.compile("(?<!M)MMM(?!M)")


class Language:
    """One language. Where it has no words for a message, the message's own are said: English.

    `tag` is as configured, `places` names the catalogues in use, `dated` says whether dates and
    numbers are the language's own.
    """

    def __init__(self, tag: str, catalogues: tuple[Catalogue, ...] = ()) -> None:
        """Read those of the catalogues that fit; of two that say the same the later one counts.

        Raises:
            CatalogueError: all that is wrong in them.
        """
        self.tag = tag
        self.direction = direction_of(tag)
        self.locale, self.dated = find_locale(tag)
        self._digits = digits_of(self.locale)
        # What is for the country alone says it last.
        used = sorted((c for c in catalogues if fits(c.tag, tag)), key=lambda c: "-" in c.tag)
        self.places = tuple(catalogue.place for catalogue in used)
        self._messages: dict[Key, Message] = {}
        problems: list[Problem] = []
        for catalogue in used:
            try:
                self._messages |= parse_po(catalogue)
            except CatalogueError as error:
                problems += error.problems
        if problems:
            raise CatalogueError(problems)

    @property
    def is_english(self) -> bool:
        return self.locale.language == ENGLISH and self.dated

    def opened(self, message: str, *, context: str = "") -> str:
        """The words for `message`, their `%(name)s` still open."""
        found = self._messages.get((context, message))
        return found.forms[0] if found else message

    def opened_plural(self, one: str, many: str, count: int, *, context: str = "") -> str:
        """The words for `count` of something, by the language's own plural rule."""
        found = self._messages.get((context, one))
        if found is None:
            return one if count == 1 else many
        return found.form(count)

    def gettext(self, message: str, /, **values: str | int) -> str:
        """The words for `message`; a number among the values is written as the language does."""
        return self.opened(message) % self.said(values)

    def ngettext(self, one: str, many: str, count: int, /) -> str:
        """The words for so many; `%(num)s` in them is the count."""
        return self.opened_plural(one, many, count) % {"num": self.number(count)}

    def said(self, values: dict[str, object] | dict[str, str | int]) -> dict[str, object]:
        """The values with numbers as words."""
        return {
            name: self.number(value) if type(value) is int else value
            for name, value in values.items()
        }

    def number(self, value: int) -> str:
        """`1,234`, `1.234`, `1 234` with a narrow blank that does not break, `١٬٢٣٤`."""
        if 0 <= value < 1000:
            return str(value).translate(self._digits)
        text = str(format_decimal(value, locale=self.locale, numbering_system="default"))
        return text.translate(self._digits)

    def listed(self, words: Iterable[str]) -> str:
        """The words with the language's comma between them."""
        # Translators: what stands between the members of a list, with its blank if it has one.
        return self.gettext(", ").join(words)

    def month(self, day: date) -> str:
        """`November 2026`."""
        text = str(format_skeleton("yMMMM", day, locale=self.locale))
        return text.translate(self._digits)

    def full_day(self, day: date) -> str:
        """`Monday, 23 November 2026`."""
        return format_date(day, "full", self.locale).translate(self._digits)

    def day(self, day: date) -> str:
        """`23 November 2026`."""
        return format_date(day, "long", self.locale).translate(self._digits)

    def day_and_month(self, day: date) -> str:
        """`23 Nov`."""
        return str(format_skeleton("MMMd", day, locale=self.locale)).translate(self._digits)

    def weekday(self, day: date) -> str:
        """`Mon 23`: a day of a week that is known."""
        return str(format_skeleton("Ed", day, locale=self.locale)).translate(self._digits)

    def days(self, first: date, last: date) -> str:
        """`23–29 November 2026`, with no more said twice than the language wants said twice."""
        differing = "y" if first.year != last.year else "M" if first.month != last.month else "d"
        known = self.locale.interval_formats
        patterns = known.get("yMMMMd") or known.get("yMMMd") or {}
        if differing not in patterns:
            return f"{self.day(first)} – {self.day(last)}"
        # Most have patterns for short months alone, to be widened (UTS 35, part 4, 2.6.2).
        # Chinese has its months as numbers in long dates, and stays with them.
        long = "MMMM" in str(self.locale.date_formats["long"])
        wide = partial(_ABBREVIATED_MONTH.sub, "MMMM") if long else str
        start, end = map(wide, patterns[differing])
        text = format_date(first, start, self.locale) + format_date(last, end, self.locale)
        return text.translate(self._digits)


@lru_cache(maxsize=8)
def speak(tag: str, catalogues: tuple[Catalogue, ...] = ()) -> Language:
    """The language, read once for equal catalogues.

    Raises:
        CatalogueError: one of them is wrong.
    """
    return Language(tag, catalogues)


def as_heading(text: str) -> str:
    """The text with a capital letter, for where it stands alone: French has `lundi`."""
    return text[:1].title() + text[1:]
