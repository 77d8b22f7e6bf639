"""The archive's pages as a browser and a feed reader get them: uvicorn on loopback."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import feedparser
import httpx
import lxml.html
import pytest

from digest.app.house import House
from digest.model import EditionKey, Section
from digest.rendering.sample import awkward_edition, awkward_week
from digest.storage.archive import archive_id, save_edition
from tests.support.atom import faults_of
from tests.support.site import NOW, edition, keep, make_house, paper, real_editions, serving

LAST = date(2026, 11, 22)


def theme(name: str, *titles: str, **more: object) -> Section:
    papers = (paper(f"{name}-{n}", title, **more) for n, title in enumerate(titles))
    return Section(theme=name, papers=tuple(papers))


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Forty days of real titles, the awkward day and week, and today's, not mailed yet."""
    house = make_house(
        tmp_path_factory.mktemp("archive"), site_url="https://lab.example/papers", name="Läb & Co"
    )
    keep(house, *real_editions(40, LAST), awkward_edition(), awkward_week())
    keep(house, edition(NOW.date(), theme("Secret", "Not yet to be read")))
    yield house
    house.close()


@pytest.fixture(scope="module")
def site(house: House) -> Iterator[httpx.Client]:
    with serving(house) as url, httpx.Client(base_url=url) as client:
        yield client


def tree(answer: httpx.Response) -> lxml.html.HtmlElement:
    assert answer.status_code == 200, answer.text[:300]
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    return lxml.html.document_fromstring(answer.content)


def heading(answer: httpx.Response) -> str:
    return str(tree(answer).findtext(".//h1"))


def test_the_first_page_is_the_newest_public_day(site: httpx.Client) -> None:
    page = tree(site.get("/"))
    assert page.findtext(".//h1") == "Monday, 23 November 2026"
    assert "by AK and the research community" in page.xpath("//p[@class='by']")[0].text_content()
    assert page.xpath("//nav//a[@rel='prev']/@href")[0] == "/papers/archive/2026-11-22"
    assert not page.xpath("//nav//a[@rel='next']")
    assert page.xpath("//form[@method='post']/@action") == ["/papers/subscribe"]
    assert len(page.xpath("//article")) == 12


@pytest.mark.parametrize("path", ["/archive/2026-11-26", "/archive", "/search?q=yet+read"])
def test_what_is_only_composed_for_today_is_nowhere(site: httpx.Client, path: str) -> None:
    answer = site.get(path)
    assert "Not yet to be read" not in answer.text
    assert "/archive/2026-11-26" not in answer.text


def test_all_links_of_the_pages_lead_somewhere(site: httpx.Client) -> None:
    """Below the path of site_url; a link to a part of a page finds that part."""
    seen: dict[str, list[str]] = {}
    waiting = ["/papers/", "/papers/archive/2026-W48", "/papers/search?q=agent", "/papers/feed.xml"]
    paths = re.compile(r'(?:href|action)="(/[^"]*)"')
    while waiting and len(seen) < 60:
        path, _, part = waiting.pop().partition("#")
        assert path.startswith("/papers/"), path
        if path == "/papers/subscribe":
            continue
        if path not in seen:
            answer = site.get(path.removeprefix("/papers").replace("&amp;", "&"))
            assert answer.status_code == 200, path
            seen[path] = re.findall(r'\bid="([^"]+)"', answer.text)
            found = sorted(set(paths.findall(answer.text)), reverse=len(seen) % 2 == 0)
            waiting += [each for each in found if each.partition("#")[0] not in seen][:20]
        assert not part or part in seen[path], f"{path}#{part}"
    assert len(seen) > 40


def test_an_unknown_day_shows_its_neighbours(site: httpx.Client) -> None:
    answer = site.get("/archive/2026-08-01")
    assert answer.status_code == 404
    assert "There is no edition of Saturday, 1 August 2026." in answer.text
    near = lxml.html.document_fromstring(answer.content).xpath("//main//ul//a/@href")
    assert near == ["/papers/archive/2026-10-15", "/papers/archive/2026-10-14"]


@pytest.mark.parametrize(
    "path",
    [
        "/archive/yesterday",
        "/archive/2026-02-30",
        "/archive/2026-W99",
        "/archive?year=1999",
        "/archive/..%2f..%2fconfig.yaml",
        "/themes/none",
        "/themes/none.xml",
        "/themes/%00",
    ],
)
def test_what_is_not_there_is_a_404(site: httpx.Client, path: str) -> None:
    assert site.get(path).status_code == 404


def test_a_page_is_asked_for_again_only_when_it_changed(site: httpx.Client) -> None:
    """RFC 9110 §13: by its tag, packed or not, and by its date; HEAD and GET say the same."""
    answer = site.get("/archive")
    assert answer.headers["content-encoding"] == "gzip"
    tag, moment = answer.headers["etag"], answer.headers["last-modified"]
    for header in ({"If-None-Match": f'"x", W/{tag}'}, {"If-Modified-Since": moment}):
        again = site.get("/archive", headers=header)
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    plain = site.get("/archive", headers={"Accept-Encoding": "identity"})
    assert plain.content == answer.content
    assert plain.headers["etag"] != tag
    stale = {"If-None-Match": '"other"', "If-Modified-Since": moment}
    assert site.get("/archive", headers=stale).status_code == 200
    assert site.get("/archive", headers={"If-Modified-Since": "nonsense"}).status_code == 200
    for refused in ("gzip;q=0", "gzip; q=0.000, br", "*;q=0", "br"):
        answered = site.get("/archive", headers={"Accept-Encoding": refused})
        assert "content-encoding" not in answered.headers
    head = site.head("/archive")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == answer.headers["content-length"]
    assert site.post("/archive").status_code == 405


def test_the_style_sheet_is_kept_for_ever_at_its_own_address(site: httpx.Client) -> None:
    path = tree(site.get("/")).xpath("//link[@rel='stylesheet']/@href")[0].removeprefix("/papers")
    answer = site.get(path)
    assert answer.headers["content-type"].startswith("text/css")
    assert "immutable" in answer.headers["cache-control"]
    assert "immutable" not in site.get("/style.css?v=old").headers["cache-control"]


def test_robots_may_read_the_archive_and_no_page_of_a_reader(site: httpx.Client) -> None:
    lines = site.get("/robots.txt").text.splitlines()
    assert lines[0] == "User-agent: *"
    assert {"Disallow: /papers/u/", "Disallow: /papers/p/", "Disallow: /papers/confirm"} <= {*lines}
    assert not any("archive" in line for line in lines)


# Search


def found(site: httpx.Client, query: str, page: int = 1) -> list[str]:
    answer = site.get("/search", params={"q": query, "page": page})
    return [each.text_content() for each in tree(answer).xpath("//article//h3")]


def test_search_finds_words_phrases_and_beginnings(tmp_path: Path) -> None:
    """In titles before abstracts, then the newest first; each paper once."""
    house = make_house(tmp_path)
    early, late = LAST - timedelta(days=40), LAST
    papers = (
        paper("1", "Reward models for naïve agents", abstract="Nothing."),
        paper("2", "Another thing", abstract="The reward was high; the model low."),
        paper("3", "大規模言語モデルの評価", abstract="評価。"),
    )
    twin = paper("1", "Reward models for naïve agents", abstract="Again.")
    same = paper("4", "Another thing", abstract="The reward was high; the model low.")
    keep(
        house,
        edition(early, Section(theme="One", papers=papers)),
        edition(late, Section(theme="Two", papers=(twin, same))),
    )
    with serving(house) as url, httpx.Client(base_url=url) as site:
        assert found(site, "reward") == ["Reward models for naïve agents", *2 * ["Another thing"]]
        assert found(site, "REWARD agents") == ["Reward models for naïve agents"]
        assert found(site, "naive") == ["Reward models for naïve agents"]
        assert found(site, '"reward models"') == ["Reward models for naïve agents"]
        assert found(site, '"models reward"') == []
        assert found(site, "model") == 2 * ["Another thing"]
        assert len(found(site, "model*")) == 3
        assert found(site, "言語") == ["大規模言語モデルの評価"]
        places = tree(site.get("/search?q=reward")).xpath("//article/p[@class='in']/a[1]/@href")
        assert places == [f"/archive/{late}#p1", f"/archive/{late}#p2", f"/archive/{early}#p2"]
    house.close()


@pytest.mark.parametrize(
    "query",
    [
        '"',
        "*",
        "a AND",
        "NEAR(a b",
        "title:x",
        "-x",
        "(",
        "'; DROP TABLE paper;--",
        "\x00",
        "^a",
        "😀",
        "x" * 5000,
        "a " * 3000,
        "%",
        "\\",
        "<script>alert(1)</script>",
        "\ud800".encode("utf-8", "surrogatepass").decode("latin-1"),
    ],
)
def test_no_query_is_an_error(site: httpx.Client, query: str) -> None:
    answer = site.get("/search", params={"q": query})
    assert heading(answer) == "Search"
    assert "<script" not in answer.text


def test_results_are_paged_and_no_page_number_is_an_error(site: httpx.Client) -> None:
    first, second = found(site, "agents", 1), found(site, "agents", 2)
    assert len(first) == 20
    assert second
    assert first != second
    for page in ("0", "-1", "x", "9" * 30, "99999"):
        assert site.get(f"/search?q=agents&page={page}").status_code == 200
    assert tree(site.get("/search?q=agents&page=99999")).xpath("//a[@rel='prev']")


# Themes


def test_a_theme_has_its_papers_from_all_editions(site: httpx.Client) -> None:
    """Newest first over its pages; themes that would have one name are told apart."""
    page = tree(site.get("/themes/agents-tool-use"))
    days = [str(each) for each in page.xpath("//h2/a/@href")]
    assert days[0] == "/papers/archive/2026-11-22"
    assert days == sorted(days, reverse=True)
    titles: list[str] = []
    path = "/themes/agents-tool-use"
    while path:
        page = tree(site.get(path))
        titles += [each.text_content() for each in page.xpath("//article//h3")]
        more = page.xpath("//a[@rel='next']/@href")
        path = more[0].removeprefix("/papers") if more else ""
    count = int(re.search(r"(\d+) papers", page.xpath("//p[@class='by']")[0].text_content())[1])
    assert len(titles) == count > 100
    links = tree(site.get("/archive/2026-11-22")).xpath("//div[@class='theme']/h2/a")
    slugs = {each.text_content(): str(each.get("href")) for each in links}
    assert slugs["C++"] == "/papers/themes/c"
    assert re.fullmatch(r"/papers/themes/c-[0-9a-f]{8}", slugs["C"])
    for name, href in slugs.items():
        assert heading(site.get(href.removeprefix("/papers"))) == name


# Feeds


@pytest.mark.parametrize("path", ["/feed.xml", "/themes/agents-tool-use.xml", "/themes/c.xml"])
def test_feeds_are_valid_and_read_back_the_same(site: httpx.Client, path: str) -> None:
    answer = site.get(path)
    assert answer.headers["content-type"] == "application/atom+xml; charset=utf-8"
    assert faults_of(answer.content) == []
    feed = feedparser.parse(answer.content)
    assert not feed.bozo
    assert feed.version == "atom10"
    assert feed.feed.title.startswith("Läb & Co")
    links = {link.rel: link.href for link in feed.feed.links}
    assert links["self"] == f"https://lab.example/papers{path}"
    assert feed.feed.updated == max(entry.updated for entry in feed.entries)
    if path == "/feed.xml":
        ways = [entry.link.removeprefix("https://lab.example/papers") for entry in feed.entries]
        for way, entry in zip(ways, feed.entries, strict=True):
            page = tree(site.get(way))
            shown = [each.text_content() for each in page.xpath("//article//h3")]
            told = lxml.html.fromstring(entry.content[0].value)
            assert [each.text_content() for each in told.xpath("//h3")] == shown
            assert entry.title == page.findtext(".//h1")
        assert ways[:3] == ["/archive/2026-W48", "/archive/2026-11-23", "/archive/2026-11-22"]
    else:
        page = tree(site.get(path.removesuffix(".xml")))
        shown = [each.text_content() for each in page.xpath("//article//h3")]
        # A title in a feed is plain text: `L_max` has its linear form there.
        titles = [re.sub(r"[_^]", "", entry.title) for entry in feed.entries]
        assert titles[:30] == [re.sub(r"[_^]", "", title) for title in shown]


def test_ids_of_a_feed_stay_when_all_else_changes(tmp_path: Path) -> None:
    """The newsletter is renamed, moves, and composes its day anew: its readers see no news."""
    ids = []
    for name, site_url, hour in (("A", "https://a.example", 6), ("B", "https://b.example/x", 9)):
        house = make_house(tmp_path, name=name, site_url=site_url)
        made = datetime(2026, 11, 22, hour, tzinfo=UTC)
        keep(house, replace(edition(LAST, theme("One", "A paper")), created_at=made))
        with serving(house) as url:
            feeds = [
                feedparser.parse(httpx.get(url + p).content)
                for p in ("/feed.xml", "/themes/one.xml")
            ]
        ids.append([[feed.feed.id, *(entry.id for entry in feed.entries)] for feed in feeds])
        assert len(archive_id(house.database)) == 36
        house.close()
    assert ids[0] == ids[1]
    assert all(each.startswith("urn:uuid:") for feed in ids[0] for each in feed)


# As the archive grows


def test_pages_follow_the_archive(tmp_path: Path) -> None:
    """A new edition is there at once, a link to it in the one before, and it is found; what was
    composed anew is seen with its new papers alone."""
    house = make_house(tmp_path)
    with serving(house) as url, httpx.Client(base_url=url) as site:
        assert "There is no edition yet" in site.get("/").text
        assert faults_of(site.get("/feed.xml").content) == []
        keep(house, edition(LAST - timedelta(days=1), theme("Old", "The first paper")))
        assert heading(site.get("/")) == "Saturday, 21 November 2026"
        tag = site.get("/archive/2026-11-21").headers["etag"]
        keep(house, edition(LAST, theme("One", "The second paper")))
        assert heading(site.get("/")) == "Sunday, 22 November 2026"
        assert site.get("/archive/2026-11-21").headers["etag"] != tag
        assert found(site, "second") == ["The second paper"]
        moment = site.get("/").headers["last-modified"]
        later = datetime(2026, 11, 22, 9, tzinfo=UTC)
        keep(house, replace(edition(LAST, theme("One", "The third paper")), created_at=later))
        assert site.get("/", headers={"If-Modified-Since": moment}).status_code == 200
        assert found(site, "second") == []
        assert found(site, "paper") == ["The third paper", "The first paper"]
    house.close()


@pytest.mark.parametrize("document", ['{"schema": 1}', "[]", "{", '{"schema": 99, "sections": []}'])
def test_an_edition_that_cannot_be_read_hides_no_other(
    tmp_path: Path, document: str, caplog: pytest.LogCaptureFixture
) -> None:
    house = make_house(tmp_path)
    keep(house, edition(LAST - timedelta(days=1), theme("Old", "The first paper")))
    bad = edition(LAST, theme("Old", "The second paper"))
    save_edition(house.database, bad.key, day=LAST, created_at=bad.created_at, document=document)
    with serving(house) as url, httpx.Client(base_url=url) as site:
        assert found(site, "paper") == ["The first paper"]
        for path in ("/", "/archive", "/themes/old", "/feed.xml"):
            assert "The first paper" in site.get(path).text
        assert site.get(f"/archive/{bad.key}").status_code == 404
        keep(house, replace(bad, created_at=bad.created_at + timedelta(hours=1)))
        assert found(site, "second") == ["The second paper"], "it was mended"
    house.close()
    assert len(caplog.records) == 1
    assert "2026-11-22 in the archive cannot be read" in caplog.text


def test_an_edition_of_today_is_public_when_it_was_mailed(tmp_path: Path) -> None:
    from sqlalchemy import insert

    from digest.storage.schema import campaign

    house = make_house(tmp_path)
    today = edition(NOW.date(), theme("One", "Mailed today"))
    week = replace(today, key=EditionKey.weekly(NOW.date()))
    keep(house, today, week)
    with serving(house) as url, httpx.Client(base_url=url) as site:
        assert "There is no edition yet" in site.get("/").text
        with house.database.write() as connection:
            row = {"edition": str(today.key), "date": today.date, "frozen_at": NOW}
            texts = {"edition_document": "", "rendition_document": "", "content_hash": ""}
            connection.execute(insert(campaign), row | texts)
        assert heading(site.get("/")) == "Thursday, 26 November 2026"
        assert site.get(f"/archive/{week.key}").status_code == 404
    house.close()
