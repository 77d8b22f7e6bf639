"""Interests of many readers are answered in batches, as if each were asked alone."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from digest.app import plan
from digest.app.house import House
from digest.app.interests import MOST_PAPERS, Interests, read_liked
from digest.app.plan import make_chooser, make_plan
from digest.errors import ListError
from digest.model import Edition, PaperId, Recipient
from digest.storage.lists import load_subscribers
from tests.support.labelled_days import labelled_day
from tests.support.lists import config_for
from tests.support.renditions import make_edition

READERS = 25
NOW = datetime(2026, 11, 23, 7, tzinfo=UTC)


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(
        config=config_for(tmp_path, "readers.csv"),
        clock=lambda: NOW,
        environ={"DIGEST_SECRET_KEY": "k" * 32},
    )


@pytest.fixture(scope="module")
def edition() -> Edition:
    papers = labelled_day("acl2020_day")[:60]
    return make_edition([("One", papers[:30]), ("Two", papers[30:])])


def test_a_plan_in_batches_keeps_the_order_and_every_choice(house, edition, monkeypatch) -> None:
    chance = random.Random(4)
    ids = [str(paper.source_id) for paper in edition.papers]
    rows = ["email,interests,exclude,max_papers"]
    for n in range(READERS):
        liked = ";".join(chance.sample(ids, chance.choice([0, 1, 3, 12])))
        rows.append(f"r{n:02}@example.org,{liked},{chance.choice(['', 'parsing'])},{n % 4 or ''}")
    (house.config.folder / "readers.csv").write_text("\n".join(rows) + "\n")
    monkeypatch.setattr(plan, "BATCH", 7)
    made = make_plan(house, edition)
    planned = [each for each in made.readers() if isinstance(each, Recipient)]
    assert [str(each.address) for each in planned] == [
        f"r{n:02}@example.org" for n in range(READERS)
    ]
    for subscriber, each in zip(load_subscribers(house.config), planned, strict=True):
        assert make_chooser(house, edition).choose(subscriber).segment == each.segment
    assert len(made.choices) > READERS / 2


def test_a_file_that_readers_share_is_read_once(house, edition, monkeypatch) -> None:
    (house.config.folder / "liked.bib").write_text("@misc{a, title={Parsing with graphs}}\n")
    rows = "".join(f"r{n}@example.org,liked.bib\n" for n in range(50))
    (house.config.folder / "readers.csv").write_text("email,interests\n" + rows)
    read: list[Path] = []

    def counted(path: Path, house: House):
        read.append(path)
        return read_liked(path, house)

    monkeypatch.setattr("digest.app.interests.read_liked", counted)
    made = make_plan(house, edition)
    assert sum(1 for _ in made.readers()) == 50
    assert (len(read), len(made.choices)) == (1, 1)


def test_of_a_large_library_every_so_manieth_paper_is_placed_and_all_are_known(
    house, edition
) -> None:
    """None of the edition's papers that are in the library is brought again."""
    own = "".join(f"@misc{{o{n}, title={{{p.title}}}}}\n" for n, p in enumerate(edition.papers))
    other = "".join(f"@misc{{k{n}, title={{Paper number {n}}}}}\n" for n in range(2_500))
    (house.config.folder / "all.bib").write_text(own + other)
    papers, doubt = read_liked(house.config.folder / "all.bib", house)
    assert (len(papers), doubt) == (2_500 + len(edition.papers), None)
    (house.config.folder / "readers.csv").write_text("email,interests\na@example.org,all.bib\n")
    (reader,) = load_subscribers(house.config)
    interests = Interests(house, edition)
    nearness = interests.of(reader)
    assert nearness is not None
    assert nearness.liked == frozenset(range(len(edition.papers)))
    (liked,) = interests._all(reader)
    assert MOST_PAPERS // 2 < len(liked.titles) <= MOST_PAPERS


def test_a_list_behind_a_link_finds_its_files_where_the_choice_does(house, edition) -> None:
    """Beside the real file, also for the check: what is checked is what is used."""
    folder = house.config.folder
    (folder / "real").mkdir()
    (folder / "real" / "list.csv").write_text("email,interests\na@example.org,liked.bib\n")
    (folder / "readers.csv").symlink_to(folder / "real" / "list.csv")
    (folder / "liked.bib").write_text("@misc{a, title={Parsing with graphs}}\n")
    with pytest.raises(ListError, match=r"liked\.bib.*does not exist"):
        list(make_plan(house, edition).readers())
    (folder / "liked.bib").rename(folder / "real" / "liked.bib")
    made = make_plan(house, edition)
    assert sum(1 for _ in made.readers()) == 1
    (reader,) = load_subscribers(house.config)
    assert Interests(house, edition).of(reader) is not None


def test_a_papers_own_page_names_it(house) -> None:
    page = "https://journal.example.org/papers/7"
    paper = replace(labelled_day("seed32_hand")[0], ids=(PaperId("url", page[8:]),), url=page)
    interests = Interests(house, make_edition([("All", [paper])]))
    assert interests.check(page, house.config.folder) is None
    assert interests.check(page + "8", house.config.folder) is not None


def test_an_edition_of_later_days_is_not_known_yet(house, edition) -> None:
    """Planning a past day again finds the papers that were known then."""
    from digest.app.compose import edition_json
    from digest.storage.archive import save_edition

    save_edition(
        house.database,
        edition.key,
        day=edition.date,
        created_at=NOW,
        document=edition_json(edition),
    )
    name = str(edition.papers[0].source_id)
    folder = house.config.folder
    assert Interests(house).check(name, folder) is None
    other = make_edition([("All", labelled_day("seed32_hand"))])
    later, earlier = (replace(other, date=date(2026, 11, d)) for d in (24, 22))
    assert Interests(house, later).check(name, folder) is None
    doubt = Interests(house, earlier).check(name, folder)
    assert doubt is not None
    assert doubt.warning
