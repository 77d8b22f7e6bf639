"""Words by catalogue, dates and numbers by locale."""

from __future__ import annotations

from datetime import date

import pytest
from babel import Locale

from digest.model import EditionKey, Mark
from digest.rendering.language import Language, as_heading, speak
from digest.rendering.locales import direction_of, fits
from digest.rendering.words import long_day, mark_words, phrases_of, short_day
from tests.support.languages import SHIPPED, catalogue, language_of
from tests.support.renditions import make_edition, make_paper

DAY = date(2026, 11, 23)
WEEK = EditionKey("2026-W40")


@pytest.mark.parametrize(
    ("tag", "long", "short", "week"),
    [
        ("en", "Monday, 23 November 2026", "23 Nov", "Week 40: 28 September – 4 October 2026"),
        ("en-US", "Monday, November 23, 2026", "Nov 23", "Week 40: September 28 – October 4, 2026"),
        ("fr", "lundi 23 novembre 2026", "23 nov.", "Semaine 40 : 28 septembre – 4 octobre 2026"),
        (
            "de",
            "Montag, 23. November 2026",
            "23. Nov.",
            "Woche 40: 28. September – 4. Oktober 2026",
        ),
        (
            "es",
            "lunes, 23 de noviembre de 2026",
            "23 nov",
            "Semana 40: 28 de septiembre – 4 de octubre de 2026",
        ),
        ("zh", "2026年11月23日星期一", "11月23日", "第 40 周：2026年9月28日至10月4日"),
        ("ar", "الاثنين، 23 نوفمبر 2026", "23 نوفمبر", "الأسبوع 40: 28 سبتمبر – 4 أكتوبر 2026"),
        ("ar-EG", "الاثنين، ٢٣ نوفمبر ٢٠٢٦", "٢٣ نوفمبر", "الأسبوع ٤٠: ٢٨ سبتمبر – ٤ أكتوبر ٢٠٢٦"),
    ],
)
def test_days_and_weeks_are_written_as_the_language_does(
    tag: str, long: str, short: str, week: str
) -> None:
    language = language_of(tag)
    assert long_day(EditionKey.daily(DAY), DAY, language) == long
    assert short_day(EditionKey.daily(DAY), DAY, language) == short
    said = long_day(WEEK, date(2026, 10, 2), language)
    # CLDR's Chinese said "to" with a word before its release 49.
    said = said.replace("\u2009", " ").replace("\u00a0", " ").replace(" – 10月", "至10月")
    assert said == week


def test_a_day_that_stands_alone_begins_with_a_capital() -> None:
    assert as_heading("lundi 23 novembre") == "Lundi 23 novembre"
    assert as_heading("2026年") == "2026年"
    assert as_heading("") == ""


@pytest.mark.parametrize(
    ("tag", "number"),
    [
        ("en", "12,345"),
        ("fr", "12\u202f345"),
        ("de", "12.345"),
        ("de-CH", "12’345"),
        ("ar", "12,345"),
        ("ar-EG", "١٢٬٣٤٥"),
        ("fa", "۱۲٬۳۴۵"),
    ],
)
def test_numbers_have_the_signs_and_digits_of_the_locale(tag: str, number: str) -> None:
    language = speak(tag)
    assert language.number(12345).replace("'", "’") == number  # the Swiss sign, old and new
    assert len(language.number(999)) == 3


def test_arabic_has_six_forms_of_a_count() -> None:
    papers = tuple(make_paper(n) for n in range(103))
    phrases = phrases_of(make_edition([("One", papers)]), language_of("ar"))["papers"]
    assert len(phrases) == 104
    assert phrases[1] == "ورقة بحثية واحدة"
    assert phrases[2] == "ورقتان بحثيتان"
    assert phrases[3] == "3 أوراق بحثية"
    assert phrases[11] == "11 ورقة بحثية"
    assert phrases[100] == "100 ورقة بحثية"
    assert phrases[103] == "103 أوراق بحثية"


@pytest.mark.parametrize("tag", SHIPPED)
def test_a_catalogue_s_plural_rule_is_the_one_of_cldr(tag: str) -> None:
    """The forms stand in CLDR's order: zero, one, two, few, many, other, as far as there are."""
    # French and Spanish have a form of their own for whole millions, which letters never count.
    rule = Locale.parse(tag).plural_form
    forms = ["zero", "one", "two", "few", "many", "other"]
    asked = [rule(n) for n in range(1000)]
    there = [name for name in forms if name in asked]
    entry = next(m for m in language_of(tag)._messages.values() if len(m.forms) > 1 or tag == "zh")
    assert [entry.plural(n) for n in range(1000)] == [there.index(name) for name in asked]


@pytest.mark.parametrize(
    ("file", "tag", "serves"),
    [
        ("fr", "fr", True),
        ("fr", "fr-CA", True),
        ("fr-CA", "fr-CA", True),
        ("fr-CA", "fr", False),
        ("fr-CA", "fr-BE", False),
        ("pt", "pt-BR", True),
        ("zh", "zh-Hans", True),
        ("zh", "zh-SG", True),
        ("zh", "zh-Hant", False),
        ("zh", "zh-TW", False),
        ("zh-Hant", "zh-TW", True),
        ("zh-Hant", "zh", False),
        ("sr", "sr-Latn", False),
        ("de", "de-1901", True),
        ("en", "en-GB", True),
    ],
)
def test_a_catalogue_serves_the_varieties_of_its_language_in_its_script(
    file: str, tag: str, serves: bool
) -> None:
    assert fits(file, tag) is serves


@pytest.mark.parametrize(
    ("tag", "direction"),
    [
        ("en", "ltr"),
        ("zh", "ltr"),
        ("ar", "rtl"),
        ("ar-EG", "rtl"),
        ("he", "rtl"),
        ("fa", "rtl"),
        ("dv", "rtl"),
        ("az", "ltr"),
        ("az-Arab", "rtl"),
        ("pa-PK", "rtl"),
        ("qqq", "ltr"),
    ],
)
def test_the_script_decides_the_direction(tag: str, direction: str) -> None:
    assert direction_of(tag) == direction


def test_a_language_without_a_catalogue_has_its_own_dates_and_english_words() -> None:
    language = language_of("zh-Hant")
    assert language.places == ()
    assert language.gettext("Read first") == "Read first"
    assert short_day(EditionKey.daily(DAY), DAY, language) == "11月23日"
    unknown = language_of("tlh")
    assert not unknown.dated
    assert long_day(EditionKey.daily(DAY), DAY, unknown) == "Monday, 23 November 2026"


def test_the_later_catalogue_and_the_nearer_one_say_it_better() -> None:
    general = catalogue('msgid "a"\nmsgstr "1"\n\nmsgid "b"\nmsgstr "1"\n\nmsgid "c"\nmsgstr "1"\n')
    country = catalogue('msgid "a"\nmsgstr "2"\n\nmsgid "b"\nmsgstr "2"\n', tag="fr-CA")
    own = catalogue('msgid "b"\nmsgstr "3"\n\nmsgid "c"\nmsgstr "3"\n')
    language = Language("fr-CA", (general, country, own))
    assert [language.gettext(word) for word in "abcd"] == ["2", "2", "3", "d"]


def test_what_is_not_translated_is_english() -> None:
    text = (
        'msgid "a"\nmsgstr ""\n\n#, fuzzy\nmsgid "b"\nmsgstr "x"\n\n#~ msgid "c"\n#~ msgstr "x"\n'
    )
    language = Language("fr", (catalogue(text),))
    assert [language.gettext(word) for word in "abc"] == ["a", "b", "c"]
    assert language.ngettext("%(num)s paper", "%(num)s papers", 0) == "0 papers"


def test_a_mark_keeps_its_kind_in_every_language() -> None:
    mark = mark_words(Mark.TRENDING, date(2026, 11, 21), language_of("de"))
    assert mark == "jetzt im Trend, zuerst verschickt am 21. November 2026"
    assert mark.kind == "trending"
