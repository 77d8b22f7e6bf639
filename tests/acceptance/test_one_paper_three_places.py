"""A paper from arXiv on Monday, Hugging Face on Wednesday and a journal in June is one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from xml.sax.saxutils import escape

import pytest

from tests.support.newsroom import Newsroom, html_of, text_of
from tests.support.web import Answer, Site, web_site

TITLE = "Attention Is Not Everything You Need for Proteins"
ARXIV, DOI = "2603.01234", "10.1038/s42256-026-00999-9"
AUTHORS = ("Ann Example", "Bo Berg")
ABSTRACT = "We show that proteins fold without attention. Accuracy rises by 4 points."
#: A Monday, the Wednesday of that week, and a Monday in June.
MONDAY, WEDNESDAY, JUNE = "2026-03-09", "2026-03-11", "2026-06-15"


@pytest.fixture
def site() -> Iterator[Site]:
    with web_site() as opened:
        yield opened


@pytest.fixture
def room(tmp_path, site: Site) -> Newsroom:
    made = Newsroom(tmp_path, now=f"{MONDAY}T07:00:00+00:00")
    made.configure(
        sources=[
            {"kind": "arxiv", "categories": ["cs.LG"], "url": site.url("/atom")},
            {"kind": "huggingface", "url": site.url("/daily")},
            {"kind": "feed", "name": "Journal", "url": site.url("/journal.xml")},
            {"kind": "file", "name": "Desk", "path": "papers.json"},
        ]
    )
    return made


def atom(day: str, *, kind: str = "new", version: int = 1, abstract: str = ABSTRACT) -> Answer:
    """Our paper, and one that is new each day."""
    ours = entry(day, f"{ARXIV}v{version}", TITLE, ", ".join(AUTHORS), kind, abstract)
    number = f"2603.1{day[5:7]}{day[8:]}"
    fresh = entry(day, f"{number}v1", f"arXiv's own news of {day}", "Di Day", "new", "We say so.")
    return Answer(
        body=f"""<?xml version='1.0' encoding='UTF-8'?>
<feed xmlns:arxiv="http://arxiv.org/schemas/atom" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns="http://www.w3.org/2005/Atom"><id>http://rss.arxiv.org/atom/cs.LG</id>
<title>cs.LG updates on arXiv.org</title><updated>{day}T04:00:10+00:00</updated>
{fresh}{ours}</feed>""".encode()
    )


def entry(day: str, number: str, title: str, authors: str, kind: str, abstract: str) -> str:
    said = f"arXiv:{number} Announce Type: {kind}\nAbstract: {abstract}"
    return f"""<entry><id>oai:arXiv.org:{number}</id><title>{title}</title>
<updated>{day}T04:00:11+00:00</updated><link href="https://arxiv.org/abs/{number[:-2]}"/>
<summary>{escape(said)}</summary><category term="cs.LG"/>
<published>{day}T00:00:00-04:00</published><arxiv:announce_type>{kind}</arxiv:announce_type>
<dc:creator>{authors}</dc:creator></entry>"""


def hugging_face(day: str, votes: int) -> Answer:
    paper = {
        "id": ARXIV,
        "title": TITLE.upper(),
        "authors": [{"name": name} for name in AUTHORS],
        "publishedAt": f"{MONDAY}T00:00:00.000Z",
        "submittedOnDailyAt": f"{day}T00:00:00.000Z",
        "summary": ABSTRACT,
        "upvotes": votes,
    }
    body = json.dumps([{"paper": paper, "numComments": 2}]).encode()
    return Answer(body=body, content_type="application/json")


def journal(day: str) -> Answer:
    """A journal knows neither arXiv's number nor, in its feed, the authors."""
    return Answer(
        body=f"""<?xml version="1.0"?><rss version="2.0"><channel><title>Journal</title>
<item><title>{TITLE}</title><link>https://doi.org/{DOI}</link>
<description>We show that proteins fold.</description>
<pubDate>{day}T06:00:00Z</pubDate></item></channel></rss>""".encode()
    )


def on(room: Newsroom, day: str) -> None:
    """A morning with one piece of other news, so that there is an edition."""
    room.now = f"{day}T07:00:00+00:00"
    room.write_papers([{"id": day, "title": f"Other news of {day}", "authors": ["Cy Clark"]}])


def mailed(room: Newsroom) -> list[tuple[str, bool]]:
    """The letters by day, and whether our paper is in them."""
    letters = sorted(map(text_of, room.outbox()), key=lambda text: text.index("Other news"))
    found = []
    for text in letters:
        day = text[text.index("Other news of ") + 14 :][:10]
        found.append((day, TITLE.lower() in " ".join(text.lower().split())))
    return sorted(found)


def serve(site: Site, **routes: Answer) -> None:
    paths = {"atom": "/atom/cs.LG", "daily": "/daily", "journal": "/journal.xml"}
    site.routes.clear()
    for name, answer in routes.items():
        site.serve(paths[name], answer)


def three_dates(room: Newsroom, site: Site) -> None:
    for day, name, answer in (
        (MONDAY, "atom", atom(MONDAY)),
        (WEDNESDAY, "daily", hugging_face(WEDNESDAY, 80)),
        (JUNE, "journal", journal(JUNE)),
    ):
        on(room, day)
        serve(site, **{name: answer})
        done = room.run("run")
        assert done.code == 0, done.err


def test_a_paper_that_comes_from_three_places_on_three_dates_is_mailed_once(room, site) -> None:
    three_dates(room, site)
    assert mailed(room) == [(MONDAY, True), (WEDNESDAY, False), (JUNE, False)]
    for day in (WEDNESDAY, JUNE):
        edition = room.run("editions", "show", day, "--json").json
        assert (edition["repeated"], len(edition["sections"][0]["papers"])) == (1, 1)


def test_where_papers_may_return_the_letter_says_when_it_was_first_sent(room, site) -> None:
    """Eighty votes on Wednesday are enough, no votes in June are not."""
    room.configure(edition={"repeat": {"votes": 3, "after": "1d", "best": 5}})
    three_dates(room, site)
    assert mailed(room) == [(MONDAY, True), (WEDNESDAY, True), (JUNE, False)]
    (letter,) = (m for m in room.outbox() if f"Other news of {WEDNESDAY}" in text_of(m))
    said = "now trending, first sent 9 March 2026"
    assert said in " ".join(text_of(letter).split())
    assert said in " ".join(html_of(letter).split())


def test_a_withdrawal_is_told_once_to_those_who_had_the_paper(room, site) -> None:
    """arXiv announces it as a replacement, which is not taken otherwise."""
    gone = "This paper has been withdrawn by the authors: Lemma 2 is wrong."
    days = (MONDAY, "2026-03-10", WEDNESDAY)
    for day, version, abstract in zip(days, (1, 2, 3), (ABSTRACT, gone, gone), strict=True):
        on(room, day)
        kind = "new" if version == 1 else "replace"
        serve(site, atom=atom(day, kind=kind, version=version, abstract=abstract))
        assert room.run("run").code == 0
    assert mailed(room) == [(days[0], True), (days[1], True), (days[2], False)]
    (letter,) = (m for m in room.outbox() if f"Other news of {days[1]}" in text_of(m))
    assert "withdrawn, first sent 9 March 2026" in " ".join(text_of(letter).split())
    done = room.run("compose", "--date", days[2], "--explain")
    assert "1 mailed before, 1 withdrawn" in done.out


def test_a_withdrawal_alone_makes_no_edition(tmp_path) -> None:
    room = Newsroom(tmp_path, now=f"{MONDAY}T07:00:00+00:00")
    sound = {"id": ARXIV, "title": TITLE, "authors": list(AUTHORS), "abstract": ABSTRACT}
    for gone, letters in ((False, 1), (True, 1)):
        room.write_papers([sound | {"withdrawn": gone}])
        done = room.run("run")
        assert (done.code, len(room.outbox())) == (0, letters)
        room.later(days=1)


def test_a_replacement_is_no_news_to_who_had_the_paper(room, site) -> None:
    room.configure(
        sources=[
            {
                "kind": "arxiv",
                "categories": ["cs.LG"],
                "url": site.url("/atom"),
                "announce": ["new", "replace"],
            },
            {"kind": "file", "name": "Desk", "path": "papers.json"},
        ]
    )
    for day, kind, version in ((MONDAY, "new", 1), ("2026-03-10", "replace", 2)):
        on(room, day)
        serve(site, atom=atom(day, kind=kind, version=version))
        assert room.run("run").code == 0
    assert mailed(room) == [(MONDAY, True), ("2026-03-10", False)]
