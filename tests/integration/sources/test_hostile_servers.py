"""What a server may do to us: every misbehaviour ends in a sentence, within bounds."""

from __future__ import annotations

import gzip
import tracemalloc
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from digest.config import FeedSource
from digest.model import SourceReport, Verdict
from digest.sources.collect import Collection, collect
from digest.sources.politeness import Gate, Pace
from tests.support.replies import MemoryReplies
from tests.support.web import Answer, Asked, Site, drip, refused_port, silent_port, web_site

RAW = Path(__file__).parents[2] / "data" / "raw"
GOOD = (RAW / "hf_rss/feed_2025-06-22.xml").read_bytes()  # 6 papers
DAY, NOW = date(2025, 6, 23), datetime(2025, 6, 23, 8, tzinfo=UTC)
QUICK = Pace(attempts=2, backoff=0.01, longest_backoff=0.02, connect=0.3, read=0.3)


@pytest.fixture
def site():
    with web_site() as running:
        running.serve("/good", Answer(body=GOOD))
        yield running


async def read(*urls: str, cache=None, memory=None, pace: Pace = QUICK, **options) -> Collection:
    options.setdefault("timeout", 3)
    return await collect(
        [FeedSource(kind="feed", url=url, **options) for url in urls],
        folder=Path(),
        day=DAY,
        now=NOW,
        agent="papers-digest/0 (editors@example.org)",
        cache=cache or MemoryReplies(),
        memory=memory or {},
        pace=pace,
        arxiv_gate=Gate(0.01),
    )


async def report_of(url: str, **options) -> SourceReport:
    return (await read(url, **options)).reports[0]


async def assert_down(url: str, *words: str, **options) -> None:
    report = await report_of(url, **options)
    assert report.verdict is Verdict.DOWN
    assert report.papers == 0
    for word in words:
        assert word in report.reason


async def test_a_feed_is_fetched_with_an_honest_agent_and_no_packing_it_cannot_bound(site: Site):
    found = await read(site.url("/good"))
    assert found.reports[0].verdict is Verdict.FRESH
    assert len(found.papers) == 6
    assert found.papers[0].sources == ("127.0.0.1",)
    headers = site.asked[0].headers
    assert headers["user-agent"] == "papers-digest/0 (editors@example.org)"
    assert headers["accept-encoding"] == "gzip, deflate"


async def test_a_server_error_is_tried_again_and_then_told(site: Site):
    await assert_down(site.serve("/500", Answer(status=500)), "500 Internal Server Error")
    assert site.paths().count("/500") == QUICK.attempts


async def test_a_page_that_is_gone_is_not_asked_for_twice(site: Site):
    await assert_down(site.url("/gone"), "404 Not Found")
    assert site.paths().count("/gone") == 1


async def test_a_passing_error_costs_nothing(site: Site):
    answers = iter([Answer(status=503, headers={"Retry-After": "0"}), Answer(body=GOOD)])
    report = await report_of(site.serve("/once", lambda _: next(answers)))
    assert (report.verdict, report.papers) == (Verdict.FRESH, 6)


@pytest.mark.parametrize("wait", ["3600", "Wed, 21 Oct 2099 07:28:00 GMT"])
async def test_a_wait_longer_than_the_limit_is_not_waited_for(site: Site, wait: str):
    url = site.serve("/busy", Answer(status=429, headers={"Retry-After": wait}))
    await assert_down(url, "429 Too Many Requests", "asks to wait")
    assert site.paths().count("/busy") == 1


async def test_a_short_retry_after_is_kept(site: Site):
    answers = iter([Answer(status=429, headers={"Retry-After": "1"}), Answer(body=GOOD)])
    report = await report_of(site.serve("/soon", lambda _: next(answers)))
    assert report.verdict is Verdict.FRESH
    first, second = (asked.at for asked in site.asked)
    assert second - first >= 1.0


async def test_nobody_listening_is_told_as_such():
    await assert_down(f"http://127.0.0.1:{refused_port()}/", "127.0.0.1 cannot be reached")


async def test_a_name_that_does_not_exist_is_told_as_such():
    await assert_down("http://nowhere.invalid/", "nowhere.invalid cannot be")


async def test_a_server_that_says_nothing_is_left():
    with silent_port() as port:
        await assert_down(f"http://127.0.0.1:{port}/", "said nothing")


async def test_the_time_limit_is_for_the_whole_answer_not_for_each_read(site: Site):
    """Each byte comes well within the read time-out; together they never end."""
    url = site.serve("/drip", Answer(pieces=drip(b" "), pause=0.05, length=None))
    await assert_down(url, "did not give its whole answer within 0.5 s", timeout=0.5)
    assert site.paths().count("/drip") == 1


@contextmanager
def memory_below(megabytes: int) -> Iterator[None]:
    """Every allocation of Python's is traced: the highest sum stays below the bound."""
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < megabytes * 1_000_000
    finally:
        tracemalloc.stop()


async def test_ten_gigabytes_are_cut_at_the_limit(site: Site):
    url = site.serve("/endless", Answer(pieces=drip(b"x" * 65536), length=10_000_000_000))
    with memory_below(20):
        await assert_down(url, "more than 1,000,000 bytes", max_bytes=1_000_000, timeout=20)
    assert site.sent < 50_000_000


def bomb(kind: str) -> bytes:
    plain = b"<rss>" + b" " * 200_000_000
    if kind == "gzip":
        return gzip.compress(plain, 6)
    if kind == "raw deflate":
        packer = zlib.compressobj(6, zlib.DEFLATED, -15)
        return packer.compress(plain) + packer.flush()
    return gzip.compress(gzip.compress(plain, 6), 6)


@pytest.mark.parametrize(
    ("kind", "encoding"),
    [("gzip", "gzip"), ("raw deflate", "deflate"), ("twice", "gzip, gzip")],
)
async def test_a_compressed_bomb_is_cut_at_the_limit(site: Site, kind: str, encoding: str):
    content = bomb(kind)
    url = site.serve("/bomb", Answer(body=content, headers={"Content-Encoding": encoding}))
    with memory_below(20):
        await assert_down(
            url, "more than 1,000,000 bytes once unpacked", max_bytes=1_000_000, timeout=20
        )


@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip, gzip, gzip"])
async def test_packing_that_was_not_asked_for_is_refused(site: Site, encoding: str):
    url = site.serve("/br", Answer(body=b"?", headers={"Content-Encoding": encoding}))
    await assert_down(url, "packed")


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "x-gzip"])
async def test_packed_feeds_are_unpacked(site: Site, encoding: str):
    content = zlib.compress(GOOD) if encoding == "deflate" else gzip.compress(GOOD)
    url = site.serve("/gz", Answer(body=content, headers={"Content-Encoding": encoding}))
    assert (await report_of(url)).papers == 6


async def test_damaged_gzip_is_told(site: Site):
    url = site.serve("/bad", Answer(body=b"no gzip", headers={"Content-Encoding": "gzip"}))
    await assert_down(url, "cannot be unpacked")


async def test_an_answer_that_breaks_off_gives_what_was_read(site: Site):
    half = GOOD[: GOOD.index(b"</item>", len(GOOD) // 2) + 7]
    report = await report_of(site.serve("/half", Answer(body=half, length=len(GOOD))))
    assert report.verdict is Verdict.PARTIAL
    assert 0 < report.papers < 6
    assert "could be read" in report.reason


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"<html><head><title>Bye</title></head></html>", "a web page, not a feed"),
        (b"<html>Rate exceeded.</html>", "asked too often"),
        (b"", "empty"),
        (b"\x00\xff\xfe\x01garbage" * 50, "no RSS, RDF or Atom feed"),
        (b'{"error": 1}', "JSON"),
    ],
)
async def test_what_is_no_feed_is_named(site: Site, body: bytes, words: str):
    await assert_down(site.serve("/odd", Answer(body=body)), words)


LAUGHS = b"".join(b'<!ENTITY l%d "%s">' % (n, b"&l%d;" % (n - 1) * 10) for n in range(1, 10))
BOMBS = {
    "laughs": b'<?xml version="1.0"?><!DOCTYPE r [<!ENTITY l0 "ha">' + LAUGHS + b"]>",
    "external": b'<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
    "quadratic": b'<!DOCTYPE r [<!ENTITY l9 "' + b"a" * 50_000 + b'">]>',
}


@pytest.mark.parametrize("kind", BOMBS)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
async def test_entities_are_neither_expanded_nor_fetched(site: Site, kind: str, encoding: str):
    items = b"<item><title>&l9;&x;</title></item>" * 100
    content = BOMBS[kind] + b'<rss version="2.0"><channel>' + items + b"</channel></rss>"
    url = site.serve("/laugh", Answer(body=content.decode().encode(encoding)))
    with memory_below(20):
        await assert_down(url, "entit", "refused")


async def test_deep_nesting_is_survived_up_to_a_bound(site: Site):
    def nested(depth: int) -> bytes:
        inner = b"<b>" * depth + b"x" + b"</b>" * depth
        return b'<rss version="2.0"><channel><item><title>Deep</title><description>%b' % inner + (
            b"</description></item></channel></rss>"
        )

    deep = await report_of(site.serve("/deep", Answer(body=nested(1_500))), timeout=20)
    assert deep.papers == 1
    await assert_down(site.serve("/deeper", Answer(body=nested(20_000))), "nests", "refused")


async def test_more_entries_than_anybody_reads_are_cut(site: Site):
    item = b"<item><title>Paper %d</title><link>https://example.org/%d</link></item>"
    items = b"".join(item % (n, n) for n in range(30_000))
    body = b'<rss version="2.0"><channel><title>t</title>' + items + b"</channel></rss>"
    report = await report_of(site.serve("/many", Answer(body=body)), max_papers=50)
    assert (report.verdict, report.papers) == (Verdict.FRESH, 50)


async def test_one_dead_source_stops_or_delays_no_other(site: Site):
    """The good source ends while the dead ones still hold their connections."""
    ended: list[str] = []
    with silent_port() as port:
        found = await collect(
            [
                FeedSource(kind="feed", name="silent", url=f"http://127.0.0.1:{port}/", timeout=1),
                FeedSource(kind="feed", name="good", url=site.url("/good")),
                FeedSource(kind="feed", name="gone", url=site.url("/gone")),
            ],
            folder=Path(),
            day=DAY,
            now=NOW,
            agent="a",
            cache=MemoryReplies(),
            memory={},
            report=lambda told: ended.append(told.source),
            pace=QUICK,
        )
    assert ended[-1] == "silent"
    assert [told.verdict for told in found.reports] == [Verdict.DOWN, Verdict.FRESH, Verdict.DOWN]
    assert len(found.papers) == 6


async def test_a_fault_of_our_own_in_one_source_stops_no_other(site: Site):
    class Broken(MemoryReplies):
        def load(self, url: str):
            if url.endswith("/faulty"):
                raise KeyError("boom")
            return super().load(url)

    site.serve("/faulty", Answer(body=GOOD))
    found = await read(site.url("/faulty"), site.url("/good"), cache=Broken())
    assert found.reports[0].verdict is Verdict.DOWN
    assert "KeyError: 'boom'" in found.reports[0].reason
    assert found.reports[1].verdict is Verdict.FRESH


async def test_an_unchanged_feed_is_served_from_the_cache(site: Site):
    def by_etag(asked: Asked) -> Answer:
        known = asked.headers.get("if-none-match") == '"v1"'
        return Answer(status=304) if known else Answer(body=GOOD, headers={"ETag": '"v1"'})

    cache = MemoryReplies()
    url = site.serve("/tagged", by_etag)
    first = await read(url, cache=cache)
    second = await read(url, cache=cache)
    assert "if-none-match" in site.asked[1].headers
    assert [p.id for p in second.papers] == [p.id for p in first.papers]


async def test_last_modified_serves_where_there_is_no_etag(site: Site):
    stamp = "Sun, 22 Jun 2025 00:02:36 GMT"
    cache = MemoryReplies()
    url = site.serve("/dated", Answer(body=GOOD, headers={"Last-Modified": stamp}))
    await read(url, cache=cache)
    await read(url, cache=cache)
    assert site.asked[1].headers["if-modified-since"] == stamp


async def test_an_answer_that_broke_off_is_never_kept(site: Site):
    cache = MemoryReplies()
    half = Answer(body=GOOD[:3000], length=len(GOOD), headers={"ETag": '"v1"'})
    await read(site.serve("/half", half), cache=cache)
    assert cache.kept == {}


async def test_redirects_on_the_same_host_are_followed(site: Site):
    site.serve("/old", Answer(status=301, headers={"Location": "/good"}))
    assert (await report_of(site.url("/old"))).papers == 6


async def test_a_redirect_loop_ends(site: Site):
    site.serve("/loop", Answer(status=302, headers={"Location": "/loop"}))
    await assert_down(site.url("/loop"), "more than 5 redirects")
    assert site.paths().count("/loop") == 6


@pytest.mark.parametrize("scheme", ["file:///etc/passwd", "ftp://example.org/", "javascript:1"])
async def test_a_redirect_to_another_scheme_is_refused(site: Site, scheme: str):
    site.serve("/away", Answer(status=302, headers={"Location": scheme}))
    await assert_down(site.url("/away"), "only http and https")


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "2130706433",
        "0177.0.0.1",
        "0x7f.1",
        "127.1",
        "0.0.0.0",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "169.254.169.254",
        "10.0.0.1",
        "192.168.0.1",
        "[fe80::1]",
        "[fc00::1]",
        "[64:ff9b::7f00:1]",
    ],
)
async def test_a_redirect_to_a_private_address_is_refused_before_connecting(site: Site, host: str):
    with web_site() as inside:
        inside.serve("/secret", Answer(body=GOOD))
        target = f"http://{host}:{inside.port}/secret"
        site.serve("/lure", Answer(status=302, headers={"Location": target}))
        await assert_down(site.url("/lure"), "a redirect was refused")
        assert inside.asked == []


async def test_a_feed_without_news_is_quiet_and_an_outage_forgets_nothing(site: Site):
    """What a source showed last is remembered over a day on which it is down."""
    url = site.serve("/feed", Answer(body=GOOD))
    monday = await read(url)
    site.routes["/feed"] = Answer(status=404)
    tuesday = await read(url, memory=monday.given)
    site.routes["/feed"] = Answer(body=GOOD)
    wednesday = await read(url, memory=tuesday.given)
    assert [one.reports[0].verdict for one in (monday, tuesday, wednesday)] == [
        Verdict.FRESH, Verdict.DOWN, Verdict.QUIET
    ]  # fmt: skip
    assert wednesday.reports[0].reason == "nothing new since the last edition"
    assert wednesday.papers == ()


async def test_a_journals_feed_gives_dois_and_abstracts_without_the_boilerplate(site: Site):
    """Nature's shape: the abstract follows a line on where the article was published."""
    body = b"""<?xml version="1.0"?><rdf:RDF xmlns="http://purl.org/rss/1.0/"
      xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
      xmlns:dc="http://purl.org/dc/elements/1.1/"
      xmlns:prism="http://prismstandard.org/namespaces/basic/2.0/"
      xmlns:content="http://purl.org/rss/1.0/modules/content/">
      <channel rdf:about="https://example.org/j.rss"><title>Example Journal</title></channel>
      <item rdf:about="https://www.example.org/articles/s42256-026-01234-5">
      <title><![CDATA[Learning with <i>E. coli</i> &amp; friends]]></title>
      <link>https://www.example.org/articles/s42256-026-01234-5</link>
      <content:encoded><![CDATA[<p>Example Journal, Published online: 20 November 2026;
      <a href="https://www.example.org/x">doi:10.1038/s42256-026-01234-5</a></p>A model of growth
      learns where $a<b$ and $c>d$.]]></content:encoded>
      <dc:creator>Ada Lovelace</dc:creator><dc:creator>Alan Turing</dc:creator>
      <dc:identifier>doi:10.1038/s42256-026-01234-5</dc:identifier><dc:date>2026-11-20</dc:date>
      <prism:publicationName>Example Journal</prism:publicationName></item></rdf:RDF>"""
    (paper,) = (await read(site.serve("/nature", Answer(body=body)))).papers
    assert paper.title == "Learning with E. coli & friends"
    assert str(paper.id) == "doi:10.1038/s42256-026-01234-5"
    assert paper.authors == ("Ada Lovelace", "Alan Turing")
    assert paper.abstract == "A model of growth learns where a<b and c>d."
    assert (paper.published, paper.venue) == (date(2026, 11, 20), "Example Journal")


@pytest.mark.parametrize("link", ["javascript:alert(1)", "data:text/html,x", "//evil.example/x"])
async def test_a_link_that_is_no_web_address_is_dropped_and_the_paper_stays(site: Site, link: str):
    item = f"<item><title>T</title><link>{link}</link></item>"
    body = f'<rss version="2.0"><channel>{item}</channel></rss>'
    (paper,) = (await read(site.serve("/links", Answer(body=body.encode())))).papers
    assert (paper.title, paper.url) == ("T", None)
