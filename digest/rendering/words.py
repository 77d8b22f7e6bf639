"""The words that are made in Python: dates, counts, marks, reasons."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from digest.model import Edition, EditionKey, Mark
from digest.rendering.language import Language

#: The name of what is left, where the newsletter has given it none of its own.
OTHER = "Other"


def phrases_of(edition: Edition, language: Language) -> Mapping[str, tuple[str, ...]]:
    """Each counted segment field's words for 0, 1, 2 ... of its things."""
    papers = range(len(edition.papers) + 1)
    themes = range(len(edition.sections) + 1)
    largest = max((len(section.papers) for section in edition.sections), default=0)
    counted = tuple(language.ngettext("%(num)s paper", "%(num)s papers", n) for n in papers)
    return {
        "papers": counted,
        "themes": tuple(
            # Translators: follows "in", as in "12 papers in 3 themes".
            language.ngettext("%(num)s theme", "%(num)s themes", n)
            for n in themes
        ),
        "section_papers": counted[: largest + 1],
        "more": tuple(
            # Translators: papers that this letter has not: "And 12 more papers online".
            language.ngettext("%(num)s more paper", "%(num)s more papers", n)
            for n in papers
        ),
    }


def letter_words(language: Language) -> Mapping[str, str]:
    """The sentences that letters are finished with, their fields open."""
    return {
        # Translators: the fields are counted words: "12 papers" and "3 themes".
        "facts": language.opened("%(papers)s in %(themes)s"),
        # Translators: begins the subject of a letter that an editor sends to herself.
        "preview": language.opened("[Preview]"),
    }


def why_words(language: Language) -> Mapping[str, str]:
    """The sentences of a why-line, their fields open."""
    return {
        "follow": language.opened("because you follow %(theme)s"),
        # Translators: the reader's own keywords that a paper holds.
        "matches": language.opened("matches: %(words)s"),
        # Translators: the title of a paper that the reader likes.
        "close": language.opened("close to: %(title)s"),
        "comma": language.opened(", "),
    }


def long_day(key: EditionKey, day: date, language: Language) -> str:
    """`Monday, 23 November 2026`, or the week: `Week 48: 23–29 November 2026`."""
    if not key.is_weekly:
        return language.full_day(day)
    first = key.day()
    days = language.days(first, first + timedelta(days=6))
    return language.gettext("Week %(week)s: %(days)s", week=_week(key), days=days)


def short_day(key: EditionKey, day: date, language: Language) -> str:
    """`23 Nov`, or `week 48`."""
    if key.is_weekly:
        return language.gettext("week %(week)s", week=_week(key))
    return language.day_and_month(day)


def _week(key: EditionKey) -> int:
    return int(key.text.partition("W")[2])


class MarkWords(str):
    """A mark as readers see it; `kind` is the same in every language."""

    __slots__ = ("kind",)
    kind: str

    def __new__(cls, words: str, kind: str = "") -> MarkWords:
        made = super().__new__(cls, words)
        made.kind = kind
        return made


def mark_words(mark: Mark, first_sent: date | None, language: Language) -> MarkWords:
    """`new`, or with the day: `now trending, first sent 21 November 2026`."""
    if first_sent is not None and mark is Mark.TRENDING:
        words = language.gettext("now trending, first sent %(day)s", day=language.day(first_sent))
    elif first_sent is not None and mark is Mark.WITHDRAWN:
        words = language.gettext("withdrawn, first sent %(day)s", day=language.day(first_sent))
    else:
        words = {
            Mark.NEW: language.gettext("new"),
            # Translators: also announced in a second category of arXiv.
            Mark.CROSS: language.gettext("cross-list"),
            Mark.UPDATED: language.gettext("updated"),
            Mark.TRENDING: language.gettext("now trending"),
            Mark.WITHDRAWN: language.gettext("withdrawn"),
        }[mark]
    return MarkWords(words, mark.name.lower())


def theme_words(theme: str, language: Language) -> str:
    """A theme's name as it is; only the name for the rest is ours."""
    # Translators: the heading of the papers that belong to no theme.
    return language.gettext("Other") if theme == OTHER else theme
