"""Every recorded feed gives the papers that a person counts in it, or a stated refusal."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from digest.errors import SourceError
from digest.model import Paper, PaperId
from digest.sources.arxiv_api import parse_arxiv_api
from digest.sources.arxiv_feed import parse_arxiv_feed
from digest.sources.feed import parse_feed
from digest.sources.huggingface import parse_daily_papers

RAW = Path(__file__).parents[2] / "data" / "raw"
NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)

# Counted with grep in the files, not with the code under test.
FEEDS = {
    "hf_rss/feed_2025-04-26.xml": 18,
    "hf_rss/feed_2025-06-22.xml": 6,
    "hf_rss/feed_2025-08-06.xml": 24,
    "hf_rss/feed_2025-10-15.xml": 56,
    "hf_rss/feed_2025-12-25.xml": 18,
    "hf_rss/feed_2026-01-01.xml": 6,
    "hf_rss/feed_2026-05-24.xml": 49,
    "hf_rss/feed_monthly.xml": 105,
    "hf_rss/feed_weekly.xml": 6,
    "arxiv_rss/REGENERATED_rss_cs.CL_2026-06-10.xml": 73,
    "arxiv_rss/REGENERATED_rss_empty_weekend.xml": 0,
    "arxiv_rss/TRUNCATED_rss_cs.CV_2025-09-18.xml": 1,
    "arxiv_rss/cn-chat-arxiv_cs.CL_2023-03-13.xml": 19,
    "arxiv_rss/cn-chat-arxiv_cs.CL_2024-08-22.xml": 11,
    "arxiv_rss/cn-chat-arxiv_cs.CL_2025-06-20.xml": 0,
    "arxiv_rss/cn-chat-arxiv_cs.CL_2026-08-22.xml": 0,
    "arxiv_rss/rss_arxiv_org_atom_cs.AI_2025-08-20.xml": 7,
    "other/biorxiv_genomics_rdf.xml": 1,
}
NO_FEEDS = {
    "arxiv_rss/REGENERATED_atom_error.xml": "Bad archive 'cs.ZZ'",
    "arxiv_rss/atom_specifications.md": "no RSS, RDF or Atom feed",
    "arxiv_rss/rss_specifications.md": "no RSS, RDF or Atom feed",
    "arxiv_rss/rss_help.md": "no RSS, RDF or Atom feed",
    "hf_api/allnewsai_items_2026-08-06.json": "JSON, not a feed",
    "hf_api/allnewsai_items_2026-08-18.json": "JSON, not a feed",
    "hf_api/daily_papers_2026-06-12.json": "JSON, not a feed",
    "hf_api/daily_papers_2026-07-31_5.json": "JSON, not a feed",
    "hf_api/paperblog_2026-03-31.json": "JSON, not a feed",
    "hf_page_000_7540d5ecc78cb34f.txt": "no RSS, RDF or Atom feed",
    "other/pubmed_efetch.xml": "<PubmedArticleSet>",
    "other/semantic_scholar.json": "JSON, not a feed",
}
API = {
    "id_0000.0000_s0_m100_8b51d9633a68": (0, 0),
    "id_0808.05394_1707.08567_s0_m100_42e5aa0ec3af": (1, 1),
    "id_0808.05394_s0_m100_7b0c7d0a7cdd": (0, 0),
    "id_1605.08386_s0_m100_199195aa31ad": (1, 1),
    "id_1707.08567_s0_m100_6a1afebfc6a3": (1, 1),
    "id_2104.12255v1_s0_m100_6ae69987ffe1": (1, 1),
    "id_astro-ph_0601001_s0_m100_3150dca9dc76": (1, 1),
    "id_quant-ph_0201082v1_s0_m100_86989fe779ef": (1, 1),
    "old_id_list=1111.2011v2": (1, 1),
    "old_search_query=au_del_maestro+AND+ti__quantum+criticality_": (2, 2),
    "old_search_query=au_del_maestro+AND+ti_checkerboard": (1, 1),
    "old_search_query=au_del_maestro+ANDNOT+_28ti_checkerboard+OR+ti_Pyrochlore_29": (10, 24),
    "old_search_query=au_del_maestro": (10, 31),
    "q_testing_s0_m100_cfe7536492ca": (100, 214881),
    "q_testing_s0_m10_bc5a6c384fe9": (10, 214881),
    "q_testing_s10_m10_34e56e15aaac": (10, 214881),
    "q_testing_s20_m10_348a237fecab": (10, 214881),
    "q_testing_s30_m10_f2e39f0143dc": (10, 214881),
    "q_testing_s40_m10_96dd32eb854c": (10, 214881),
    "q_testing_s50_m10_7f488ab8598c": (10, 214881),
    "q_testing_s5_m10_c0e94a259d4a": (10, 214881),
    "q_testing_s5_m15_bbcf6b23085b": (15, 214881),
    "q_testing_s9_m15_0b78d4b4d476": (15, 214881),
    "transformer_cs.LG_5_2026-06-14": (5, 28946),
}
API_ERROR = "id_abc_s0_m100_b79c8dcf6bc3"


def assert_readable(papers: Iterable[Paper]) -> None:
    """Titles are one clean line; nothing in a paper is markup, TeX source or a control."""
    for paper in papers:
        for text in (paper.title, paper.abstract, *paper.authors):
            assert text == " ".join(text.split()), text
            assert not re.search(r"</?(?:p|b|br|div|img|span|i)\b", text), text
            assert not re.search(r"\\(?:emph|textbf|mathcal|alpha)\b", text), text
            assert not re.search(r"&(?:amp|lt|gt|quot|#\d+);", text), text
            assert not any(unicodedata.category(c) in ("Cc", "Co", "Cs") for c in text), text
        assert paper.title
        assert len(paper.title) <= 500
        assert paper.ids[-1].scheme == "title"
        assert not re.search(r"Announce Type|^Abstract:", paper.abstract)


def test_every_recorded_file_is_expected_here() -> None:
    """A new recording must say what it is expected to give."""
    told = {*FEEDS, *NO_FEEDS}
    told |= {f"arxiv_api/{name}{end}" for name in (*API, API_ERROR) for end in (".xml", ".json")}
    here = {str(path.relative_to(RAW)) for path in RAW.rglob("*") if path.is_file()}
    here = {name for name in here if not name.startswith("feedparser_tests/")}
    assert here <= told
    assert {*FEEDS, *NO_FEEDS} <= here


@pytest.mark.parametrize("name", FEEDS)
def test_a_recorded_feed_gives_the_number_of_papers_in_it(name: str) -> None:
    feed = parse_feed((RAW / name).read_bytes(), fetched_at=NOW)
    assert len(feed.papers) == FEEDS[name]
    assert_readable(feed.papers)
    assert bool(feed.broken) == name.startswith("arxiv_rss/TRUNCATED")


@pytest.mark.parametrize("name", NO_FEEDS)
def test_what_is_no_feed_is_refused_with_the_reason(name: str) -> None:
    with pytest.raises(SourceError) as refused:
        parse_feed((RAW / name).read_bytes(), fetched_at=NOW)
    assert NO_FEEDS[name] in str(refused.value)


@pytest.mark.parametrize("name", [name for name in FEEDS if name.startswith("hf_rss/")])
def test_labelled_parts_become_authors_votes_abstract_and_picture(name: str) -> None:
    content = (RAW / name).read_bytes()
    papers = parse_feed(content, fetched_at=NOW).papers
    votes = [int(n) for n in re.findall(rb"Upvotes:&lt;/b&gt; (\d+)", content)]
    assert sorted(paper.votes or 0 for paper in papers) == sorted(votes)
    assert all(paper.id.scheme == "arxiv" for paper in papers)
    assert all(len(paper.abstract) > 200 for paper in papers)
    assert all(not paper.abstract.startswith(("Authors", "Summary", "Upvotes")) for paper in papers)
    assert all(paper.authors for paper in papers)
    assert all((paper.thumbnail or "").endswith(f"{paper.id.value}.png") for paper in papers)


def test_a_rewritten_listing_keeps_its_title_and_yields_the_abstract() -> None:
    old = parse_feed(
        (RAW / "arxiv_rss/cn-chat-arxiv_cs.CL_2023-03-13.xml").read_bytes(), fetched_at=NOW
    )
    assert old.papers[0].title.startswith("本研究提出了一种奖励系统")
    assert old.papers[0].abstract.startswith("The emergence of pretrained large language models")
    new = parse_feed(
        (RAW / "arxiv_rss/cn-chat-arxiv_cs.CL_2024-08-22.xml").read_bytes(), fetched_at=NOW
    )
    assert new.papers[0].abstract.startswith("With the rise of Large Language Models (LLMs)")
    assert str(new.papers[0].id) == "arxiv:2404.00699"


def test_biorxiv_gives_its_doi_its_day_and_its_authors() -> None:
    (paper,) = parse_feed(
        (RAW / "other/biorxiv_genomics_rdf.xml").read_bytes(), fetched_at=NOW
    ).papers
    assert paper.id == PaperId("doi", "10.1101/2023.12.16.571984")
    assert paper.authors[:3] == ("N. LAPALU", "A. SIMON", "A. Lu")
    assert len(paper.authors) == 10
    assert paper.published == date(2023, 12, 16)
    assert paper.abstract.startswith("Colletotrichum destructivum (Cd)")


def test_arxivs_own_atom_feed_is_read_whole() -> None:
    batch = parse_arxiv_feed(
        (RAW / "arxiv_rss/rss_arxiv_org_atom_cs.AI_2025-08-20.xml").read_bytes(), fetched_at=NOW
    )
    types = [paper.announce_type for paper in batch.papers]
    assert (types.count("new"), types.count("cross")) == (2, 5)
    assert batch.day == date(2025, 8, 20)
    first = batch.papers[0]
    assert (str(first.id), first.version) == ("arxiv:2508.13426", 1)
    assert first.authors == ("Chunhua Liu", "Kabir Manandhar Shrestha", "Sukai Huang")
    assert first.categories == ("cs.CL", "cs.AI")
    assert first.abstract.startswith("As large language models (LLMs) increasingly mediate")
    assert first.url == "https://arxiv.org/abs/2508.13426"
    assert_readable(batch.papers)


def test_arxivs_rss_is_read_like_its_atom() -> None:
    batch = parse_arxiv_feed(
        (RAW / "arxiv_rss/REGENERATED_rss_cs.CL_2026-06-10.xml").read_bytes(), fetched_at=NOW
    )
    types = [paper.announce_type for paper in batch.papers]
    assert (types.count("new"), types.count("cross")) == (64, 9)
    assert batch.day == date(2026, 6, 10)
    assert all(paper.announced == batch.day for paper in batch.papers)
    assert_readable(batch.papers)


def test_an_empty_batch_still_tells_its_day() -> None:
    batch = parse_arxiv_feed(
        (RAW / "arxiv_rss/REGENERATED_rss_empty_weekend.xml").read_bytes(), fetched_at=NOW
    )
    assert (batch.papers, batch.day) == ((), date(2026, 6, 10))


@pytest.mark.parametrize("name", API)
def test_a_recorded_api_reply_gives_its_papers_and_its_total(name: str) -> None:
    count, total = API[name]
    xml = RAW / f"arxiv_api/{name}.xml"
    page = parse_arxiv_api(xml.read_bytes(), fetched_at=NOW)
    assert (len(page.papers), page.total, page.skipped, page.broken) == (count, total, 0, "")
    assert_readable(page.papers)
    assert all(paper.id.scheme == "arxiv" and paper.published for paper in page.papers)
    told = xml.with_suffix(".json")
    if told.exists():
        reply = json.loads(told.read_text("utf-8"))
        again = parse_arxiv_api(reply["body"].encode(), fetched_at=NOW)
        assert again.papers == page.papers


@pytest.mark.parametrize("parse", [parse_arxiv_api, parse_feed])
def test_arxivs_error_entry_is_no_paper(parse) -> None:
    reply = json.loads((RAW / f"arxiv_api/{API_ERROR}.json").read_text("utf-8"))
    assert reply["status_code"] == 400
    with pytest.raises(SourceError, match="incorrect id format for abc"):
        parse(reply["body"].encode(), fetched_at=NOW)


@pytest.mark.parametrize(
    ("name", "count", "day"),
    [
        ("daily_papers_2026-06-12", 30, date(2026, 6, 12)),
        ("daily_papers_2026-07-31_5", 5, date(2026, 7, 31)),
    ],
)
def test_recorded_daily_papers_are_read_with_all_they_say(name: str, count: int, day: date) -> None:
    content = (RAW / f"hf_api/{name}.json").read_bytes()
    found = parse_daily_papers(content, asked=None, fetched_at=NOW)
    assert (len(found.papers), found.skipped) == (count, 0)
    assert_readable(found.papers)
    for item, paper in zip(json.loads(content), found.papers, strict=True):
        inner = item["paper"]
        assert str(paper.id) == f"arxiv:{inner['id']}"
        assert paper.announced == day
        assert paper.published == date.fromisoformat(inner["publishedAt"][:10])
        assert (paper.votes, paper.comments) == (inner["upvotes"], item["numComments"])
        assert paper.stars == inner.get("githubStars")
        assert bool(paper.code_url) == bool(inner.get("githubRepo"))
        assert bool(paper.source_summary) == bool(inner.get("ai_summary"))
        assert len(paper.keywords) == len(set(inner.get("ai_keywords", ())))
        assert paper.thumbnail == item["thumbnail"]
        assert len(paper.authors) == sum(not a["hidden"] for a in inner["authors"])
        organization = item.get("organization") or inner.get("organization")
        assert bool(paper.organization) == bool(organization)
        assert paper.submitter


@pytest.mark.parametrize(
    ("name", "why"),
    [("paperblog_2026-03-31", "JSON object"), ("../other/semantic_scholar", "JSON object")],
)
def test_json_of_another_shape_is_refused(name: str, why: str) -> None:
    with pytest.raises(SourceError, match=why):
        parse_daily_papers((RAW / f"hf_api/{name}.json").read_bytes(), asked=None, fetched_at=NOW)


@pytest.mark.parametrize("name", ["allnewsai_items_2026-08-06", "allnewsai_items_2026-08-18"])
def test_news_items_without_a_paper_are_skipped(name: str) -> None:
    found = parse_daily_papers(
        (RAW / f"hf_api/{name}.json").read_bytes(), asked=None, fetched_at=NOW
    )
    assert (found.papers, found.skipped) == ((), 30)
