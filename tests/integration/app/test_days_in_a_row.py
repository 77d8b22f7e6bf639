"""What was mailed is remembered: over 461 real days nobody gets a paper twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest

from digest.app.compose import edition_json
from digest.app.house import House
from digest.app.remembered import kept_names, mailed_before
from digest.config import Config, RepeatConfig
from digest.editorial.compose import compose_edition
from digest.model import Edition, EditionKey, Paper, PaperId
from digest.sources.text import title_id
from digest.storage.campaigns import freeze
from tests.support.knowing import shipped_knowledge
from tests.support.real_days import listed_paper, listings
from tests.support.state import reader

DAY = date(2026, 11, 23)


class Desk:
    """Composes and freezes day after day, with the memory that a run has."""

    def __init__(self, house: House, **edition: object) -> None:
        self.house = house
        self.config = house.config.edition.model_copy(update=edition)

    def mail(self, papers: list[Paper], day: date) -> Edition:
        key = EditionKey.daily(day)
        edition = compose_edition(
            papers,
            key=key,
            day=day,
            now=datetime.combine(day, time(6), UTC),
            reports=(),
            edition=self.config,
            themes=self.house.config.themes,
            knowledge=shipped_knowledge(),
            sent=mailed_before(self.house, papers, key),
            template_set="daily",
        )
        if edition.papers:
            self.freeze(edition)
        return edition

    def freeze(self, edition: Edition) -> None:
        assert freeze(
            self.house.database,
            edition.key,
            day=edition.date,
            frozen_at=edition.created_at,
            edition_document=edition_json(edition),
            rendition_document="{}",
            choices={},
            readers=[reader("ann", key=edition.key)],
            paper_ids=[kept_names(paper) for paper in edition.papers],
        )


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    config = Config.model_validate(
        {
            "newsletter": {"from": "papers@example.org"},
            "sources": [{"kind": "huggingface"}],
            "edition": {"max_papers": 1000},
            "themes": {"discover": False},
            # What is asked of memory is not that it survives a power cut.
            "delivery": {"synchronous": "normal"},
            "folder": tmp_path,
        }
    )
    made = House(config=config, clock=lambda: datetime(2026, 11, 23, tzinfo=UTC), environ={})
    yield made
    made.close()


def titles(edition: Edition) -> list[str]:
    return sorted(paper.title for paper in edition.papers)


@pytest.mark.parametrize(
    ("days", "counts"),
    [(100, (2_577, 1_815)), pytest.param(461, (13_642, 9_801), marks=pytest.mark.soak)],
)
def test_over_many_days_no_paper_is_mailed_twice_and_the_repeated_rows_vanish(
    house: House, days: int, counts: tuple[int, int]
) -> None:
    """13,642 rows of 461 days name 9,801 papers: 3,841 rows (28 %) are repeats, and all go."""
    desk = Desk(house)
    mailed: Counter[PaperId] = Counter()
    rows = repeated = twins = 0
    for each in listings()[:days]:
        papers = [listed_paper(n, votes, listed=None, seen=each.day) for n, votes in each.rows]
        edition = desk.mail(papers, each.day)
        mailed.update(paper.id for paper in edition.papers)
        rows += len(papers)
        repeated += edition.repeated
        twins += len(each.rows) - len({number for number, _ in each.rows})
    assert set(mailed.values()) == {1}
    assert (rows, len(mailed)) == counts
    # One that stands twice in one list is no paper mailed before.
    assert (len(listings()), twins <= 1) == (461, True)
    assert repeated == rows - len(mailed) - twins


def test_papers_that_earn_it_come_back_and_no_others(house: House) -> None:
    """Over the first hundred days, with a rule that real votes can meet."""
    rule = RepeatConfig(votes=1.5, after=86_400.0, best=5)
    desk = Desk(house, repeat=rule)
    last: dict[PaperId, tuple[date, int]] = {}
    back = 0
    for each in listings()[:100]:
        papers = [listed_paper(n, votes, listed=None, seen=each.day) for n, votes in each.rows]
        edition = desk.mail(papers, each.day)
        for paper in edition.papers:
            assert (paper.first_sent is not None) == (paper.id in last)
            if paper.id in last:
                back += 1
                day, votes = last[paper.id]
                assert (each.day - day).days >= 1
                assert paper.votes >= 1.5 * max(5, votes)
            last[paper.id] = (each.day, paper.votes)
    assert back > 10


def paper(title: str, *authors: str, **fields: object) -> Paper:
    first = authors[0] if authors else ""
    ids = (PaperId("url", f"example.org/{len(title)}/{len(authors)}"), title_id(title, first))
    return replace(Paper(ids=ids, title=title, authors=authors), **fields)


@pytest.mark.parametrize("first", [(), ("Ann Author",)])
def test_a_paper_that_once_has_no_authors_is_known_again(house: House, first) -> None:
    """Whichever of the two records comes first."""
    second = () if first else ("Ann Author",)
    desk = Desk(house)
    desk.mail([paper("A study of long titles", *first)], DAY)
    again = desk.mail([paper("A Study of Long Titles", *second)], DAY + timedelta(days=1))
    assert (again.papers, again.repeated) == ((), 1)


def test_papers_by_different_authors_are_two_although_their_titles_agree(house: House) -> None:
    desk = Desk(house)
    desk.mail([paper("A study of long titles", "Ann Author")], DAY)
    other = replace(paper("A study of long titles", "Cy Clark"), ids=(PaperId("arxiv", "2611.1"),))
    assert len(desk.mail([other], DAY + timedelta(days=1)).papers) == 1


def test_an_editorial_without_authors_is_news_although_one_was_mailed(house: House) -> None:
    desk = Desk(house)
    desk.mail([paper("Editorial", "Ann Author")], DAY)
    assert titles(desk.mail([paper("Editorial")], DAY + timedelta(days=1))) == ["Editorial"]


def test_a_day_that_is_made_up_for_repeats_nothing_of_the_days_after(house: House) -> None:
    """A file without dates would else be mailed again under any earlier date."""
    desk = Desk(house)
    undated = [paper("A study without a date", "Ann Author")]
    assert len(desk.mail(undated, DAY).papers) == 1
    earlier = desk.mail([*undated, paper("Another one, found late", "Bo")], DAY - timedelta(days=3))
    assert titles(earlier) == ["Another one, found late"]


def test_a_correction_is_told_once(house: House) -> None:
    desk = Desk(house)
    sound = paper("A study that does not hold", "Ann Author", votes=5)
    gone = replace(sound, withdrawn=True)
    news = [paper(f"News of day {n}{'!' * n}", "Bo Berg") for n in range(4)]
    assert len(desk.mail([sound, news[0]], DAY).papers) == 2
    told = desk.mail([gone, news[1]], DAY + timedelta(days=1))
    assert [p.withdrawn for p in told.papers] == [False, True]
    for day in (2, 3):
        after = desk.mail([gone, news[day]], DAY + timedelta(days=day))
        assert titles(after) == [news[day].title]
        assert (after.repeated, after.withdrawn) == (1, 1)
