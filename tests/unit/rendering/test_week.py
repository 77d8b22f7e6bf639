"""The numbers of a week: what is known of all its papers, and of those printed."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

import pytest
from lxml import html

from digest.model import DayCount, Edition
from digest.rendering.language import speak
from digest.rendering.week import view_week
from tests.support.real_letters import real_edition, write_letter
from tests.support.real_weeks import poorer_weeks, real_week, weekly_letter, write_week
from tests.unit.rendering.test_render import make_edition, make_paper

ENGLISH = speak("en")
DAYS = (
    DayCount(date=date(2026, 11, 23), papers=3, votes=1000),
    DayCount(date=date(2026, 11, 24), papers=0),
    DayCount(date=date(2026, 11, 25), papers=2, votes=250),
)


def week_of(*papers: object, **more: object) -> Edition:
    edition = make_edition(tuple(papers), key="2026-W48")  # type: ignore[arg-type]
    return replace(edition, **more)  # type: ignore[arg-type]


def test_a_day_has_no_week() -> None:
    assert view_week(make_edition((make_paper(1),)), ENGLISH) is None


def test_all_papers_of_the_week_count_also_those_left_out() -> None:
    week = view_week(week_of(make_paper(1), make_paper(2), left_out=3, days=DAYS), ENGLISH)
    assert week is not None
    assert (week.number, week.papers.words, week.printed.count) == (48, "5", 2)
    assert (week.votes.count, week.votes.words) == (1250, "1,250")
    assert [(day.day, day.share) for day in week.days] == [
        ("Mon 23", 100),
        ("Tue 24", 0),
        ("Wed 25", 25),
    ]


def test_where_no_votes_are_known_days_are_measured_by_papers() -> None:
    days = tuple(replace(day, votes=0) for day in DAYS)
    week = view_week(week_of(make_paper(1, votes=None), days=days), ENGLISH)
    assert week is not None
    assert week.votes.count == 0
    assert [day.share for day in week.days] == [100, 0, 67]
    assert week.voted is week.discussed is week.starred is None


def test_the_best_of_the_printed_are_named_unless_they_lead_anyway() -> None:
    first, second = make_paper(1, votes=9, comments=2), make_paper(2, votes=8, stars=7)
    week = view_week(week_of(first, second, lead=(first.id,)), ENGLISH)
    assert week is not None
    assert week.voted is None
    assert week.discussed is not None
    assert (week.discussed.title, week.discussed.number.count) == (first.title, 2)
    assert week.starred is not None
    assert week.starred.url == second.url
    led = view_week(week_of(first, second, lead=(second.id,)), ENGLISH)
    assert led is not None
    assert led.voted is not None
    assert led.voted.title == first.title


def test_an_edition_from_before_days_were_counted_has_the_other_numbers() -> None:
    week = view_week(week_of(make_paper(4), make_paper(5), left_out=1), ENGLISH)
    assert week is not None
    assert (week.days, week.papers.count, week.votes.count) == ((), 3, 9)


def test_a_weekly_letter_has_its_week_its_numbers_its_best_and_its_themes_in_this_order() -> None:
    letter = weekly_letter()
    page = html.fromstring(letter.html)
    assert page.xpath("string(//h1)") == "Week 24: 8–14 June 2026"
    heads = [" ".join(head.text_content().split()) for head in page.iter("h2")]
    themes = [section.theme for section in real_week().sections]
    assert heads == ["The week in numbers", "Best of the week", "By theme", *themes]
    lines = letter.text.split("\n")
    order = [lines.index(head) for head in heads if head in lines]
    assert order == sorted(order)
    assert len(order) >= 3


def test_a_weekly_subject_is_the_dailies_with_the_week() -> None:
    assert weekly_letter().subject == "EvoArena: Tracking Memory Evolution… · 40 papers, week 24"
    assert weekly_letter("fr").subject.endswith("… · 40 articles, semaine 24")


def test_the_text_part_has_two_empty_lines_before_a_heading_and_dashes_below() -> None:
    for edition in (real_week(), *poorer_weeks().values()):
        text = write_week(edition).text
        assert "\n\n\nThe week in numbers\n-------------------\n\n60 papers" in text
        if edition.lead:
            assert re.search(r"[^\n]\n\n\nBest of the week\n----------------\n\n[^\n]", text)
        assert "==" not in text
        assert "\n\n\n\n" not in text


def test_the_set_prints_a_day_as_the_dailies_do() -> None:
    weekly, daily = (write_letter(real_edition(3), templates=each) for each in ("weekly", "daily"))
    assert (weekly.text, weekly.subject) == (daily.text, daily.subject)


def test_its_colons_and_commas_are_those_of_the_language() -> None:
    text = weekly_letter("fr").text
    assert "\nlun. 8\u00a0: 20 articles, 109 votes\n" in text
    assert "Le plus commenté des 40 meilleurs\u00a0: MiniMax Sparse Attention (4 comm" in re.sub(
        "[ \n]+", " ", text
    )
    assert "\n  PDF\u00a0: https://" in text
    assert "\nPréférences\u00a0:\nhttps://" in text
    page = " ".join(html.fromstring(weekly_letter("fr").html).text_content().split())
    assert "Le plus commenté des 40 meilleurs : MiniMax Sparse Attention (4 comm" in page
    arabic = weekly_letter("ar").text.partition("الأسبوع بالأرقام")[2][:200]
    assert "، " in arabic
    assert ", " not in arabic


@pytest.mark.parametrize("part", ["html", "text"])
def test_the_papers_of_the_week_are_not_taken_for_those_of_the_letter(part: str) -> None:
    words = getattr(weekly_letter(), part)
    if part == "html":
        words = " ".join(html.fromstring(words.replace("</p>", " </p>")).text_content().split())
    assert "40 papers in 11 themes" in words
    assert "60 papers in the whole week" in words


def test_both_parts_say_the_same_numbers() -> None:
    letter, edition = weekly_letter(), real_week()
    page = " ".join(html.fromstring(letter.html).text_content().split())
    text = " ".join(letter.text.split())
    assert sum(day.papers for day in edition.days) == 60
    votes = f"{sum(day.votes for day in edition.days):,}"
    for part in (page, text):
        assert "60" in part.partition("The week in numbers")[2][:40]
        assert votes in part.partition("The week in numbers")[2][:80]
    for day in edition.days:
        assert f"{day.date:%a} {day.date.day}" in page
        assert f"{day.date:%a} {day.date.day}: {day.papers} papers" in text


@pytest.mark.parametrize("part", ["html", "text"])
def test_bars_are_no_pictures(part: str) -> None:
    numbers = getattr(weekly_letter(), part).partition("Best of the week")[0]
    assert "<img" not in numbers
    assert "##" not in numbers
