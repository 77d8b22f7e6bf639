# ruff: noqa: E501
"""Every format gives the same papers, and a bad record costs itself only."""

import csv
import gzip
import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.config import FileSource
from digest.model import Verdict
from digest.sources.days import parse_day
from digest.sources.file import (
    ParsedFile,
    find_format,
    judge_files,
    parse_papers,
    read_file_source,
)
from digest.sources.file_record import read_authors, read_count
from digest.sources.text import clean_text

NOW = datetime(2026, 7, 1, 6, 0, tzinfo=UTC)
LABELLED = Path(__file__).parents[2] / "data" / "labelled"


def parse(text: str | bytes, name: str, **extra: str) -> ParsedFile:
    content = text.encode() if isinstance(text, str) else text
    return parse_papers(content, name=name, fetched_at=NOW, **extra)


@pytest.mark.parametrize(
    ("more", "withdrawn"),
    [
        ({"withdrawn": True}, True),
        ({"withdrawn": "yes"}, True),
        ({"withdrawnAt": "2026-06-30T00:00:00Z"}, True),
        ({"id": "2403.01234", "comment": "This paper has been withdrawn: an error."}, True),
        ({"withdrawn": False}, False),
        ({"withdrawn": "no"}, False),
        ({"abstract": "This paper has been withdrawn from shelves for years."}, False),
        ({}, False),
    ],
)
def test_a_record_may_say_that_a_paper_was_withdrawn(more: dict, withdrawn: bool) -> None:
    """With a flag, a day, or, for arXiv's papers, in words."""
    parsed = parse(json.dumps([{"title": "A title of some length"} | more]), "papers.json")
    assert [paper.withdrawn for paper in parsed.papers] == [withdrawn]


def test_json_object_gives_every_field() -> None:
    record = {
        "id": "2403.01234v2", "title": "A $\\alpha$ title", "abstract": "An abstract.",
        "authors": ["Ann Lee", {"name": "Bo Wu"}], "url": "https://arxiv.org/abs/2403.01234",
        "published": "2026-6-30", "categories": "cs.CL cs.AI", "votes": "1,234",
        "doi": "10.1145/AB.1", "keywords": "a; b", "stars": 5, "venue": "ACL",
    }  # fmt: skip
    (paper,) = parse(json.dumps([record]), "x.json").papers
    assert [str(one) for one in paper.ids[:2]] == ["arxiv:2403.01234", "doi:10.1145/ab.1"]
    assert paper.ids[-1].scheme == "title"
    assert (paper.title, paper.abstract) == ("A α title", "An abstract.")
    assert paper.authors == ("Ann Lee", "Bo Wu")
    assert (paper.source_id, paper.version, paper.votes, paper.stars) == (
        "2403.01234v2",
        2,
        1234,
        5,
    )
    assert paper.published == date(2026, 6, 30)
    assert paper.categories == ("cs.CL", "cs.AI")
    assert (paper.keywords, paper.venue) == (("a", "b"), "ACL")


@pytest.mark.parametrize("given_id", ["42", 42, "2020.acl-main.12", " Main.8"])
def test_an_id_is_kept_and_a_bare_one_names_nothing_elsewhere(given_id: object) -> None:
    (paper,) = parse(json.dumps([{"id": given_id, "title": "T"}]), "x.json").papers
    assert paper.source_id == str(given_id).strip()
    assert [one.scheme for one in paper.ids] == ["title"]


def test_an_address_that_many_papers_share_names_none() -> None:
    records = [{"title": f"Paper {n}", "url": "https://example.org/day"} for n in range(2)]
    first, second = parse(json.dumps(records), "x.json").papers
    assert first.id != second.id
    assert first.url == "https://example.org/day"


@pytest.mark.parametrize("key", ["papers", "data", "items", "collection", "results"])
def test_json_object_may_hold_the_list(key: str) -> None:
    assert len(parse(json.dumps({"n": 1, key: [{"title": "T"}]}), "x.json").papers) == 1


def test_bad_records_are_told_with_their_line_and_the_others_go_on() -> None:
    array = '[\n {"title": "A"},\n 7,\n {"abstract": "no title"},\n {"title": "B"},\n oops\n]'
    parsed = parse(array, "x.json")
    assert [paper.title for paper in parsed.papers] == ["A", "B"]
    assert [problem.line for problem in parsed.problems] == [3, 4, 6]
    lines = parse('{"title": "A"}\n\nnot json\n{"title": ""}\n{"title": "B"}', "x.jsonl")
    assert [paper.title for paper in lines.papers] == ["A", "B"]
    assert [str(problem) for problem in lines.problems] == [
        "x.jsonl:3: is not JSON: Expecting value",
        "x.jsonl:4: has no title",
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
@pytest.mark.parametrize("sign", [",", ";", "\t"])
def test_csv_of_any_spreadsheet_is_read(encoding: str, sign: str) -> None:
    rows = [
        ["id", "Title", "authors", "votes"],
        ["1", f'"Größe{sign} two\r\nlines"', "Ann Lee and José Wu", "3"],
        ["2", "Plain", "", ""],
    ]
    text = "\r\n".join(sign.join(row) for row in rows) + "\r\n"
    parsed = parse(text.encode(encoding), "x.csv")
    assert parsed.problems == ()
    assert parsed.papers[0].title == f"Größe{sign.strip() or ''} two lines"
    assert parsed.papers[0].authors == ("Ann Lee", "José Wu")
    assert (parsed.papers[0].votes, parsed.papers[1].votes) == (3, None)


def test_a_long_cell_of_a_paper_makes_no_cell_of_a_reader_longer() -> None:
    before = csv.field_size_limit()
    text = f"title,abstract\nLong,{'word ' * 60_000}\n"
    assert [paper.title for paper in parse(text, "x.csv").papers] == ["Long"]
    assert csv.field_size_limit() == before


def test_csv_faults_name_the_line_where_the_row_begins() -> None:
    text = 'title,votes\n"two\nlines",1\n,2\nA,3,4,5\nB,1\n"never closed,1\nC,2\n'
    parsed = parse(text, "x.csv")
    assert [paper.title for paper in parsed.papers] == ["two lines", "B", "C"]
    assert [problem.line for problem in parsed.problems] == [4, 5, 7]
    assert "title" in str(parse("name of it,b\n1,2\n", "x.csv").problems[0])


BIBTEX = r"""
@comment{not a paper}
@article{godel, title = {The {BERT} of G{\"o}del: $\alpha$ \& more}, year = 2024, month = mar,
  author = {Erd{\H o}s, Paul and {The {ACME} Group} and Jan van der Berg and others},
  journal = {arXiv preprint arXiv:2403.01234}, url = {https://example.org/a\_b}}
@inproceedings{two, title = "Second", author = "Lee, Jr., Ann", doi = {10.1145/AB.1}, date = {2026-06-30}}
@misc{bad, year = 2020}
"""


def test_bibtex_names_titles_and_ids_are_read() -> None:
    parsed = parse(BIBTEX, "x.bib")
    first, second = parsed.papers
    assert first.title == "The BERT of Gödel: α & more"
    assert first.authors == ("Paul Erdős", "The ACME Group", "Jan van der Berg")
    assert str(first.id) == "arxiv:2403.01234"
    assert (first.source_id, first.published) == ("godel", date(2024, 3, 1))
    assert first.url == "https://example.org/a_b"
    assert second.authors == ("Ann Lee Jr.",)
    assert (str(second.id), second.published) == ("doi:10.1145/ab.1", date(2026, 6, 30))
    assert [problem.what for problem in parsed.problems] == ["has no title"]


def test_a_broken_bibtex_entry_is_told_and_the_next_is_read() -> None:
    parsed = parse("@article{a, title={open\n\n@article{b, title={Closed}}\n", "x.bib")
    assert [paper.title for paper in parsed.papers] == ["Closed"]
    assert parsed.problems[0].line == 1


RIS = """TY  - JOUR
TI  - A title
AU  - Lee, Ann
AU  - Wu, Bo
AB  - An abstract.
DO  - 10.1145/AB.1
PY  - 2026
DA  - 2026/06/30/
UR  - https://example.org/1
KW  - one
T2  - Journal of Tests
ER  -

TY  - JOUR
AU  - Nobody
ER  -
TY - CONF
T1 - Loose blanks
ER -
"""


def test_ris_of_reference_managers_is_read() -> None:
    parsed = parse(RIS.replace("\n", "\r\n"), "x.ris")
    first, second = parsed.papers
    assert (first.title, first.authors) == ("A title", ("Ann Lee", "Bo Wu"))
    assert (str(first.id), first.published) == ("doi:10.1145/ab.1", date(2026, 6, 30))
    assert (first.venue, first.keywords) == ("Journal of Tests", ("one",))
    assert second.title == "Loose blanks"
    assert [problem.line for problem in parsed.problems] == [14]


def test_hugging_face_reply_is_read() -> None:
    reply = {
        "paper": {"id": "2607.21557", "title": "T", "summary": "S.", "upvotes": 5,
                  "authors": [{"name": "Ann Lee", "hidden": False}], "githubRepo": "https://example.org/r",
                  "submittedOnDailyAt": "2026-07-31T00:00:00.000Z", "publishedAt": "2026-07-22T20:00:00.000Z"},
        "numComments": 2, "organization": {"name": "acme", "fullname": "ACME"},
    }  # fmt: skip
    (paper,) = parse(json.dumps([reply]), "x.json").papers
    assert (str(paper.id), paper.votes, paper.comments) == ("arxiv:2607.21557", 5, 2)
    assert (paper.announced, paper.published) == (date(2026, 7, 31), date(2026, 7, 22))
    assert (paper.code_url, paper.organization) == ("https://example.org/r", "ACME")


def test_semantic_scholar_and_biorxiv_replies_are_read() -> None:
    scholar = {
        "data": [
            {"paperId": "c8b2", "title": "T", "externalIds": {"ArXiv": "2103.14030", "CorpusId": 1}}
        ]
    }
    (paper,) = parse(json.dumps(scholar), "x.json").papers
    assert (str(paper.id), paper.source_id) == ("arxiv:2103.14030", "c8b2")
    preprint = {
        "collection": [
            {
                "doi": "10.1101/2026.06.30.1",
                "title": "T",
                "authors": "Lee, A.; Wu, B.",
                "date": "2026-6-30",
                "published": "NA",  # a journal's DOI, or this
                "category": "genomics",
            }
        ]
    }
    (paper,) = parse(json.dumps(preprint), "x.json").papers
    assert (paper.authors, paper.categories) == (("A. Lee", "B. Wu"), ("genomics",))
    assert paper.published == date(2026, 6, 30)


@pytest.mark.parametrize(
    "content",
    [
        b'<?xml version="1.0"?><rss><channel><title>A feed with a long title</title>\n\n' * 3,
        b"<!DOCTYPE html>\n<html><p>Please log in to the wireless network of this hotel.</p>",
        b"<rdf:RDF>\n<title>Some title</title>\n" + b"An abstract that goes on. " * 20,
        bytes(range(256)) * 40,
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(range(32)) * 20,
    ],
)
def test_markup_and_binary_are_never_taken_for_a_page_of_titles(content: bytes) -> None:
    parsed = parse_papers(content, name="papers", fetched_at=datetime(2026, 11, 23, tzinfo=UTC))
    assert parsed.papers == ()
    assert "not plain text" in parsed.problems[0].what or "is binary" in parsed.problems[0].what


def test_gzip_is_read_and_its_inflation_is_bounded() -> None:
    packed = gzip.compress(b'[{"title": "T"}]')
    assert len(parse(packed, "x.json.gz").papers) == 1
    bomb = parse_papers(
        gzip.compress(b" " * 10_000_000), name="x.json.gz", fetched_at=NOW, max_bytes=1000
    )
    assert "more than 1,000 bytes" in bomb.problems[0].what
    assert parse(packed[:-9], "x.json.gz").problems


@pytest.mark.parametrize(
    ("name", "text", "kind"),
    [
        ("a.json", '{"title": 1}\n{"title": 2}', "jsonl"),
        ("a", "TY  - JOUR", "ris"),
        ("a", "% note\n@article{k,", "bibtex"),
        ("a", "id;title;votes\n", "csv"),
        ("a", "[{}]", "json"),
        ("a.tsv.gz", "x", "csv"),
        ("a.txt", "Some title\n\nSome abstract", "text"),
    ],
)
def test_format_is_told_by_name_or_content(name: str, text: str, kind: str) -> None:
    assert find_format(name, text) == kind


@pytest.mark.parametrize(
    ("value", "day"),
    [
        ("2026-06-30", date(2026, 6, 30)), ("2026-6-3", date(2026, 6, 3)), (2026, date(2026, 1, 1)),
        ("2026-06-30T23:30:00-05:00", date(2026, 7, 1)), ("Tue, 30 Jun 2026 10:00:00 GMT", date(2026, 6, 30)),
        ("June 30, 2026", date(2026, 6, 30)), ("Jun 2026", date(2026, 6, 1)), ("20260630", date(2026, 6, 30)),
        (1782777600, date(2026, 6, 30)), ("1782777600000", date(2026, 6, 30)), ("2026-13-40", None),
        ("soon", None), ("", None), (None, None), (True, None), ([], None), (float("nan"), None),
    ],
)  # fmt: skip
def test_days_are_read_as_they_are_written(value: object, day: date | None) -> None:
    assert parse_day(value) == day


@pytest.mark.parametrize(
    ("value", "names"),
    [
        ("Ann Lee, Bo Wu and Cy Xu", ("Ann Lee", "Bo Wu", "Cy Xu")),
        ("Vaswani, Ashish and Shazeer, Noam", ("Ashish Vaswani", "Noam Shazeer")),
        ("Turing, Alan", ("Alan Turing",)),
        ([{"given": "Ann", "family": "Lee"}, {"firstName": "Bo", "lastName": "Wu"}], ("Ann Lee", "Bo Wu")),
        (["Ann Lee,", "Bo Wu,"], ("Ann Lee", "Bo Wu")),
        (None, ()),
        (7, ()),
    ],
)  # fmt: skip
def test_authors_are_read_from_any_shape(value: object, names: tuple[str, ...]) -> None:
    assert read_authors(value) == names


def test_counts_are_numbers_or_unknown() -> None:
    assert [read_count(value) for value in (0, "12", "1.2k", "1,234", "", "x", None, True, -1)] == [
        0, 12, 1200, 1234, None, None, None, None, None,
    ]  # fmt: skip


NAMES = ["a.json", "a.jsonl", "a.csv", "a.bib", "a.ris", "a.txt", "a", "a.json.gz"]


@given(
    st.binary(max_size=80) | st.text(alphabet='{}[]",:@=\n titleTY-', max_size=80).map(str.encode),
    st.sampled_from(NAMES),
)
def test_no_bytes_make_a_reader_raise(content: bytes, name: str) -> None:
    """Whatever is in a file, it has papers, or problems, or is an empty list of papers."""
    parsed = parse(content, name)
    assert parsed.papers or parsed.problems or b"".join(content.split()) == b"[]"


@pytest.mark.parametrize("content", [b"[]x", b'[{"title": "A"}] []'])
def test_what_follows_a_list_is_told(content: bytes) -> None:
    (problem,) = parse(content, "a.json").problems
    assert "something follows the list" in str(problem)


def file_source(path: str, **extra: object) -> FileSource:
    return FileSource.model_validate({"kind": "file", "path": path, **extra})


def test_files_are_read_in_order_and_judged(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "b.json").write_text('[{"title": "B"}]')
    (tmp_path / "in" / "a.jsonl").write_text('{"title": "A"}\n')
    papers, report = read_file_source(
        file_source("in/*.json*"), folder=tmp_path, label="day", now=NOW
    )
    assert [paper.title for paper in papers] == ["A", "B"]
    assert (report.verdict, report.papers, report.source) == (Verdict.FRESH, 2, "day")
    (tmp_path / "in" / "c.json").write_text("[1]")
    papers, report = read_file_source(
        file_source("**/*.json*"), folder=tmp_path, label="day", now=NOW
    )
    assert (len(papers), report.verdict) == (2, Verdict.PARTIAL)
    assert report.reason.startswith("in/c.json:1: [0]: is a number")


def test_files_that_cannot_be_read_are_down(tmp_path: Path) -> None:
    _, report = read_file_source(file_source("papers/*.json"), folder=tmp_path, label="x", now=NOW)
    assert report.verdict is Verdict.DOWN
    assert report.reason == f"no file matches papers/*.json in {tmp_path}"
    (tmp_path / "big.json").write_text("[" + " " * 5000 + "]")
    small = file_source("big.json", max_bytes=1024)
    _, report = read_file_source(small, folder=tmp_path, label="x", now=NOW)
    assert report.verdict is Verdict.DOWN
    assert "larger than 1,024 bytes" in report.reason


# -- the text of a papers page -----------------------------------------------------------------

HEAD = "new\n\nGet trending papers in your email inbox!\n\nSubscribe\n\nbyAK and the research community\n\nMar 12\n\n"


def expected_pairs() -> list[tuple[str, str]]:
    lines = (LABELLED / "seed32_hand.jsonl").read_text("utf-8").splitlines()
    return [(record["title"], record["abstract"]) for record in map(json.loads, lines)]


def page(pairs: list[tuple[str, str]], between: str = "") -> str:
    return HEAD + "".join(f"{title}\n\n{between}{abstract}\n\n" for title, abstract in pairs)


def pairs_of(text: str) -> list[tuple[str, str]]:
    return [(paper.title, paper.abstract) for paper in parse(text, "page.txt").papers]


def cleaned(pairs: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(clean_text(title), clean_text(abstract)) for title, abstract in pairs]


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text,
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.replace("\n\n", "\n\n\n\n"),
        lambda text: text.replace("\n\n", "\n"),
        lambda text: "Daily Papers\n\nby AK and the research community\n\n" + text,
    ],
)
def test_page_gives_its_thirty_two_pairs_however_it_is_spaced(change) -> None:
    assert pairs_of(change(page(expected_pairs()))) == cleaned(expected_pairs())


@pytest.mark.parametrize(
    "between",
    [
        "116\n\n",
        "Published on Mar 12\n\n",
        "Submitted by\n\nsome-user\n\n",
        "· 12 authors\n\n",
        "Upvote 5\n\n",
    ],
)
def test_counts_dates_and_submitters_are_no_titles(between: str) -> None:
    assert pairs_of(page(expected_pairs(), between)) == cleaned(expected_pairs())


def test_cut_short_and_divided_abstracts_are_abstracts() -> None:
    (first, long), (second, _), (third, _) = expected_pairs()[:3]
    halves = long[:300].rsplit(" ", 1)[0]
    text = f"{first}\n\n{halves}\n\n{second}\n\nWe study a small thing in one sentence.\n\n{third}\n\n{long}\n\n{long}\n"
    assert pairs_of(HEAD + text) == cleaned(
        [
            (first, halves),
            (second, "We study a small thing in one sentence."),
            (third, f"{long} {long}"),
        ]
    )


def test_page_without_pairs_is_a_problem() -> None:
    assert parse(HEAD, "page.txt").problems[0].what == "no paper was found in it, read as text"


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("Growth of <i>E. coli</i> in H<sub>2</sub>O", "Growth of E. coli in H₂O"),
        ("<b>bold</b> claims", "<b>bold</b> claims"),
        ("<i>a</i> and <script>x</script>", "<i>a</i> and <script>x</script>"),
        ("When a<b and b>c", "When a<b and b>c"),
    ],
)
def test_publishers_italics_go_and_typed_tags_stay(typed: str, read: str) -> None:
    content = json.dumps([{"title": typed}]).encode()
    found = parse_papers(content, name="x.json", fetched_at=NOW)
    assert [paper.title for paper in found.papers] == [read]


@pytest.mark.parametrize(("name", "content"), [("x.json", b"[]"), ("x.csv", b"title,url\n")])
def test_a_list_without_entries_is_quiet_not_broken(name: str, content: bytes) -> None:
    verdict, words = judge_files([parse_papers(content, name=name, fetched_at=NOW)])
    assert (verdict, words) == (Verdict.QUIET, "1 file without a paper")
