"""arXiv and Hugging Face as their servers answer, from a server on loopback."""

from __future__ import annotations

import itertools
import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from digest.config import ArxivSource, FileSource, HuggingFaceSource
from digest.model import Mark, Verdict
from digest.sources.collect import Collection, collect
from digest.sources.politeness import Gate, Pace
from tests.support.replies import MemoryReplies
from tests.support.web import Answer, Asked, Site, web_site

RAW = Path(__file__).parents[2] / "data" / "raw"
ATOM = (RAW / "arxiv_rss/rss_arxiv_org_atom_cs.AI_2025-08-20.xml").read_bytes()
API_PAGE = (RAW / "arxiv_api/q_testing_s0_m10_bc5a6c384fe9.xml").read_bytes()
DAILY = (RAW / "hf_api/daily_papers_2026-06-12.json").read_bytes()
QUICK = Pace(attempts=2, backoff=0.01, connect=0.3, read=0.5)
WEDNESDAY = date(2025, 8, 20)


@pytest.fixture
def site():
    with web_site() as running:
        yield running


def noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


async def read(*sources, day: date, now: datetime | None = None, **more) -> Collection:
    options = {"folder": Path(), "agent": "a", "cache": MemoryReplies(), "memory": {}}
    options |= {"pace": QUICK, "arxiv_gate": Gate(0.01)}
    return await collect(sources, day=day, now=now or noon(day), **(options | more))


def arxiv(site: Site, **more) -> ArxivSource:
    values = {"kind": "arxiv", "categories": ("cs.AI",), "url": site.url("/atom"), "timeout": 5}
    return ArxivSource(**(values | more))


async def test_all_categories_are_one_request_to_the_atom_feed(site: Site):
    site.serve("/atom/cs.AI+cs.CL", Answer(body=ATOM))
    found = await read(arxiv(site, categories=("cs.AI", "cs.CL")), day=WEDNESDAY)
    (report,) = found.reports
    assert (report.verdict, report.papers, report.batch) == (Verdict.FRESH, 7, WEDNESDAY)
    assert report.source == "arXiv cs.AI, cs.CL"
    assert site.paths() == ["/atom/cs.AI+cs.CL"]
    assert sum(Mark.CROSS in paper.marks for paper in found.papers) == 5


async def test_only_the_configured_announce_types_are_taken(site: Site):
    site.serve("/atom/cs.AI", Answer(body=ATOM))
    found = await read(arxiv(site, announce=("new",)), day=WEDNESDAY)
    assert [paper.announce_type for paper in found.papers] == ["new", "new"]


@pytest.mark.parametrize("path", ["/mirror/today.xml", "/feeds/cs.AI"])
async def test_a_whole_feeds_address_is_used_as_it_is(site: Site, path: str):
    site.serve(path, Answer(body=ATOM))
    found = await read(arxiv(site, url=site.url(path)), day=WEDNESDAY)
    assert found.reports[0].papers == 7


async def test_yesterdays_batch_is_stale_and_a_weekends_quiet(site: Site):
    site.serve("/atom/cs.AI", Answer(body=ATOM))
    stale = await read(arxiv(site), day=date(2025, 8, 21))
    quiet = await read(arxiv(site), day=date(2025, 8, 23))
    assert stale.reports[0].verdict is Verdict.STALE
    assert "2025-08-20" in stale.reports[0].reason
    assert (quiet.reports[0].verdict, quiet.papers) == (Verdict.QUIET, ())


async def test_a_batch_given_before_is_stale_whatever_its_date(site: Site):
    site.serve("/atom/cs.AI", Answer(body=ATOM))
    first = await read(arxiv(site), day=WEDNESDAY)
    again = await read(arxiv(site), day=WEDNESDAY, memory=first.given)
    assert again.reports[0].verdict is Verdict.STALE


async def test_a_bad_category_is_down_in_arxivs_words(site: Site):
    error = (RAW / "arxiv_rss/REGENERATED_atom_error.xml").read_bytes()
    site.serve("/atom/cs.ZZ", Answer(body=error, status=400))
    found = await read(arxiv(site, categories=("cs.ZZ",)), day=WEDNESDAY)
    assert found.reports[0].verdict is Verdict.DOWN
    assert "Bad archive 'cs.ZZ'" in found.reports[0].reason


async def test_a_rate_limit_page_is_told_as_such(site: Site):
    site.serve("/atom/cs.AI", Answer(body=b"<html>Rate exceeded.</html>"))
    found = await read(arxiv(site), day=WEDNESDAY)
    assert "asked too often" in found.reports[0].reason


async def test_requests_to_arxiv_keep_their_distance_over_all_sources(site: Site):
    for name in ("cs.AI", "cs.CL", "cs.LG"):
        site.serve(f"/atom/{name}", Answer(body=ATOM))
    sources = [arxiv(site, categories=(name,)) for name in ("cs.AI", "cs.CL", "cs.LG")]
    await read(*sources, day=WEDNESDAY, arxiv_gate=Gate(0.3))
    times = sorted(asked.at for asked in site.asked)
    # The server sees a request a little after its turn began.
    assert all(later - earlier > 0.25 for earlier, later in itertools.pairwise(times))


async def test_waiting_for_a_turn_does_not_count_against_the_time_limit(site: Site):
    site.serve("/atom/cs.AI", Answer(body=ATOM))
    sources = [arxiv(site, timeout=0.5), arxiv(site, timeout=0.5), arxiv(site, timeout=0.5)]
    found = await read(*sources, day=WEDNESDAY, arxiv_gate=Gate(0.4))
    assert [told.verdict for told in found.reports] == [Verdict.FRESH] * 3
    assert [told.source for told in found.reports] == [
        "arXiv cs.AI", "arXiv cs.AI (2)", "arXiv cs.AI (3)"
    ]  # fmt: skip


async def test_a_past_day_is_asked_of_the_api_page_by_page(site: Site):
    """A recorded page has 10 entries and claims 214,881: pages go on up to max_papers."""
    pages = [API_PAGE, (RAW / "arxiv_api/q_testing_s10_m10_34e56e15aaac.xml").read_bytes()]

    def page(asked: Asked) -> Answer:
        return Answer(body=pages[int(asked.query["start"][0]) // 10])

    source = arxiv(site, api_url=site.serve("/api", page), max_papers=20, categories=("cs.SE",))
    found = await read(source, day=WEDNESDAY, now=noon(date(2025, 8, 27)))
    assert (found.reports[0].verdict, found.reports[0].batch) == (Verdict.FRESH, WEDNESDAY)
    assert [asked.query["start"] for asked in site.asked] == [["0"], ["10"]]
    query = site.asked[0].query["search_query"][0]
    assert query == "(cat:cs.SE) AND submittedDate:[202508181800 TO 202508191759]"
    assert all(paper.announced == WEDNESDAY for paper in found.papers)


async def test_the_apis_error_is_told_and_its_silence_is_stale(site: Site):
    error = json.loads((RAW / "arxiv_api/id_abc_s0_m100_b79c8dcf6bc3.json").read_text("utf-8"))
    empty = (RAW / "arxiv_api/id_0000.0000_s0_m100_8b51d9633a68.xml").read_bytes()
    site.serve("/error", Answer(body=error["body"].encode(), status=error["status_code"]))
    site.serve("/empty", Answer(body=empty))
    later = noon(date(2025, 8, 27))
    bad = await read(arxiv(site, api_url=site.url("/error")), day=WEDNESDAY, now=later)
    lag = await read(arxiv(site, api_url=site.url("/empty")), day=WEDNESDAY, now=later)
    assert "incorrect id format for abc" in bad.reports[0].reason
    assert lag.reports[0].verdict is Verdict.STALE


def hf(url: str, **more) -> HuggingFaceSource:
    return HuggingFaceSource(kind="huggingface", url=url, timeout=5, **more)


FRIDAY = date(2026, 6, 12)


async def test_the_list_is_paged_until_an_empty_page(site: Site):
    items = json.loads(DAILY)

    def page(asked: Asked) -> Answer:
        number = int(asked.query["p"][0])
        return Answer(body=json.dumps(items[number * 12 : number * 12 + 12]).encode())

    found = await read(hf(site.serve("/daily", page)), day=FRIDAY)
    assert (found.reports[0].verdict, found.reports[0].papers) == (Verdict.FRESH, 30)
    assert [asked.query["p"] for asked in site.asked] == [["0"], ["1"], ["2"], ["3"]]
    assert site.asked[0].query["date"] == ["2026-06-12"]
    assert site.asked[0].query["limit"] == ["100"]


async def test_a_mirror_that_answers_every_page_alike_is_asked_twice(site: Site):
    found = await read(hf(site.serve("/daily", Answer(body=DAILY))), day=FRIDAY)
    assert found.reports[0].papers == 30
    assert len(site.asked) == 2


async def test_another_days_list_is_stale_on_a_weekday_and_quiet_on_a_weekend(site: Site):
    site.serve("/daily", Answer(body=DAILY))
    monday = await read(hf(site.url("/daily")), day=date(2026, 6, 15))
    sunday = await read(hf(site.url("/daily")), day=date(2026, 6, 14))
    assert monday.reports[0].verdict is Verdict.STALE
    assert "2026-06-12" in monday.reports[0].reason
    assert sunday.reports[0].verdict is Verdict.QUIET


async def test_few_votes_and_many_papers_are_left_out(site: Site):
    site.serve("/daily", Answer(body=DAILY))
    popular = await read(hf(site.url("/daily"), min_votes=5), day=FRIDAY)
    few = await read(hf(site.url("/daily"), max_papers=3), day=FRIDAY)
    assert popular.papers
    assert all((paper.votes or 0) >= 5 for paper in popular.papers)
    assert len(few.papers) == 3


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"<html>busy</html>", "web page"),
        (b'{"error": "Invalid date"}', "Invalid date"),
        (DAILY[:5000], "damaged JSON"),
        (b'{"papers": []}', "JSON object"),
        (b"[" * 200_000, "damaged JSON"),
        (b"", "empty"),
    ],
)
async def test_an_answer_of_the_wrong_shape_is_down_with_the_reason(site: Site, body, words):
    found = await read(hf(site.serve("/daily", Answer(body=body))), day=FRIDAY)
    assert found.reports[0].verdict is Verdict.DOWN
    assert words in found.reports[0].reason


async def test_single_bad_items_are_skipped_and_told(site: Site):
    body = json.dumps([None, {"paper": {"id": "x"}}, 7, *json.loads(DAILY)]).encode()
    found = await read(hf(site.serve("/daily", Answer(body=body))), day=FRIDAY)
    assert (found.reports[0].verdict, found.reports[0].papers) == (Verdict.PARTIAL, 30)
    assert "3 entries could not be read" in found.reports[0].reason


async def test_a_day_that_has_not_begun_is_not_a_fault(site: Site):
    site.serve("/daily", Answer(status=400, body=b'{"error":"Invalid date"}'))
    found = await read(hf(site.url("/daily")), day=date(2026, 6, 16), now=noon(date(2026, 6, 15)))
    assert found.reports[0].verdict is Verdict.STALE


async def test_a_file_is_read_from_disk_or_from_the_web(site: Site, tmp_path: Path):
    content = b'[{"id": "a1", "title": "A paper", "abstract": "On things."}]'
    (tmp_path / "day.json").write_bytes(content)
    local = FileSource(kind="file", path="*.json")
    remote = FileSource(kind="file", url=site.serve("/day.json", Answer(body=content)), timeout=5)
    gone = FileSource(kind="file", path="none.json")
    found = await read(local, remote, gone, day=FRIDAY, folder=tmp_path)
    verdicts = [told.verdict for told in found.reports]
    assert verdicts == [Verdict.FRESH, Verdict.FRESH, Verdict.DOWN]
    assert [paper.title for paper in found.papers] == ["A paper", "A paper"]
    assert [told.source for told in found.reports] == ["*.json", "day.json", "none.json"]


async def test_a_week_is_asked_for_as_a_week_and_ends_with_the_day(site: Site):
    """`period: week` takes the ISO week's list days up to the day, and none of the week before."""
    items = json.loads(DAILY)[:4]
    days = ("2026-06-07", "2026-06-08", "2026-06-12", "2026-06-13")
    for item, listed in zip(items, days, strict=True):
        item["paper"]["submittedOnDailyAt"] = f"{listed}T00:00:00.000Z"
    site.serve("/papers", Answer(body=json.dumps(items).encode()))
    source = hf(site.url("/papers"), period="week")
    found = await read(source, day=date(2026, 6, 12))
    assert found.reports[0].verdict is Verdict.FRESH
    assert sorted(str(p.announced) for p in found.papers) == ["2026-06-08", "2026-06-12"]
    assert site.asked[0].query["week"] == ["2026-W24"]
    assert "date" not in site.asked[0].query
