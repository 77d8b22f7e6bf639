"""Hypothesis strategies for papers, source reports and editions; all values are made up."""

from __future__ import annotations

from datetime import UTC, date, datetime

from hypothesis import strategies as st

from digest.model import (
    DayCount,
    Edition,
    EditionKey,
    Mark,
    Paper,
    PaperId,
    Placement,
    Score,
    Section,
    SourceReport,
    Verdict,
)

NOW = datetime(2026, 11, 23, 7, 30, tzinfo=UTC)
DAY = date(2026, 11, 23)

lines = st.text(
    st.characters(exclude_categories=("C", "Z"), include_characters=" "), min_size=1, max_size=40
).filter(str.strip)
names = st.sampled_from(["arXiv", "Hugging Face", "Nature", "own list"])
urls = st.integers(1, 9).map(lambda n: f"https://example.org/papers/{n}")
days = st.dates(date(2024, 1, 1), date(2026, 12, 31))
moments = st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC))
counts = st.integers(0, 5000)
day_counts = st.builds(DayCount, date=days, papers=counts, votes=counts)
floats = st.floats(-100, 100)
tuples_of_lines = st.lists(lines, max_size=3).map(tuple)

#: Few values, so that papers often share one.
ids = st.one_of(
    st.integers(1, 6).map(lambda n: PaperId("arxiv", f"2611.0000{n}")),
    st.integers(1, 6).map(lambda n: PaperId("doi", f"10.1234/{n}")),
    st.integers(1, 3).map(lambda n: PaperId("doi", f"10.48550/arxiv.2611.0000{n}")),
    st.integers(1, 6).map(lambda n: PaperId("url", f"example.org/papers/{n}")),
    st.integers(1, 6).map(lambda n: PaperId("title", f"{n:016x}")),
)
#: Real words, so that topics and phrases are found.
TITLE_WORDS = """diffusion models jailbreak red-teaming robot video generation of proteins for
LLM agents and point clouds speech graph Editorial 3D reasoning ∑"""
titles = st.lists(st.sampled_from(TITLE_WORDS.split()), min_size=1, max_size=6).map(" ".join)
scores = st.lists(st.tuples(names, floats), max_size=3, unique_by=lambda p: p[0]).map(
    lambda parts: Score(total=sum(v for _, v in parts), parts=tuple(parts))
)
placements = st.builds(
    Placement,
    theme=lines,
    by=st.sampled_from(["rule", "taxonomy", "discovered", "other"]),
    words=tuples_of_lines,
    second=st.none() | lines,
)


def papers(
    paper_ids: st.SearchStrategy[tuple[PaperId, ...]] | None = None,
) -> st.SearchStrategy[Paper]:
    """Papers with every field filled or unknown."""
    return st.builds(
        Paper,
        ids=paper_ids
        if paper_ids is not None
        else st.lists(ids, min_size=1, max_size=3, unique=True).map(tuple),
        title=titles,
        abstract=st.just("") | lines | titles,
        authors=tuples_of_lines,
        url=st.none() | urls,
        pdf_url=st.none() | urls,
        code_url=st.none() | urls,
        project_url=st.none() | urls,
        discussion_url=st.none() | urls,
        thumbnail=st.none() | urls,
        published=st.none() | days,
        announced=st.none() | days,
        version=st.none() | st.integers(1, 9),
        announce_type=st.none() | st.sampled_from(["new", "cross", "replace", "replace-cross"]),
        categories=st.lists(st.sampled_from(["cs.AI", "cs.RO", "stat.ML"]), unique=True).map(tuple),
        keywords=tuples_of_lines,
        venue=st.none() | lines,
        comment=st.none() | lines,
        organization=st.none() | lines,
        submitter=st.none() | lines,
        source_summary=st.none() | lines,
        summary=st.just("") | lines,
        summary_by=st.sampled_from(["", "lead", "extract (llm: no answer)"]),
        votes=st.none() | counts,
        comments=st.none() | counts,
        stars=st.none() | counts,
        withdrawn=st.booleans(),
        sources=st.lists(names, unique=True, max_size=3).map(tuple),
        source_id=st.none() | lines,
        fetched_at=st.none() | moments,
        marks=st.lists(st.sampled_from(Mark), unique=True, max_size=2).map(tuple),
        first_sent=st.none() | days,
        score=st.none() | scores,
        placement=st.none() | placements,
    )


def papers_apart(most: int = 12) -> st.SearchStrategy[tuple[Paper, ...]]:
    """Papers of which no two share an id."""
    numbers = st.lists(st.integers(10000, 99999), max_size=most, unique=True)

    def make(chosen: list[int]) -> st.SearchStrategy[tuple[Paper, ...]]:
        return st.tuples(*(papers(st.just((PaperId("arxiv", f"2611.{n}"),))) for n in chosen))

    return numbers.flatmap(make)


reports = st.builds(
    SourceReport,
    source=names,
    kind=st.sampled_from(["arxiv", "huggingface", "feed", "file"]),
    verdict=st.sampled_from(Verdict),
    papers=counts,
    reason=lines,
    batch=st.none() | days,
    url=st.none() | urls,
    required=st.booleans(),
)


@st.composite
def editions(draw: st.DrawFn) -> Edition:
    """Editions whose sections part up to a dozen papers."""
    left = list(draw(papers_apart()))
    sections = []
    while left:
        size = draw(st.integers(1, len(left)))
        sections.append(
            Section(
                theme=draw(lines), papers=tuple(left[:size]), subtitle=draw(st.just("") | lines)
            )
        )
        del left[:size]
    day = draw(days)
    return Edition(
        key=draw(st.sampled_from([EditionKey.daily(day), EditionKey.weekly(day)])),
        date=day,
        created_at=draw(moments),
        sections=tuple(sections),
        verdicts=tuple(draw(st.lists(reports, max_size=3))),
        template_set=draw(st.sampled_from(["daily", "plain"])),
        rank=draw(st.sampled_from(["trending", "newest"])),
        left_out=draw(counts),
        repeated=draw(counts),
        days=draw(st.lists(day_counts, max_size=7).map(tuple)),
    )
