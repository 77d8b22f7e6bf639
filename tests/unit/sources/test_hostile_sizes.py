"""Input made to cost more than it tells is read, cut or refused within bounds.

Each case runs in a process of its own that the system ends after 20 seconds of computing or at
1 GB of memory: work that grows with the square of the input reaches neither end alive.
"""

from __future__ import annotations

import logging
import subprocess
import sys

import pytest

from digest.errors import SourceError
from digest.sources.file_bibliography import read_bibtex
from digest.sources.xml_guard import guard_xml

PRELUDE = """
import json, resource
from datetime import UTC, datetime
resource.setrlimit(resource.RLIMIT_CPU, (20, 20))
resource.setrlimit(resource.RLIMIT_AS, (1_000_000_000, 1_000_000_000))
from digest.sources.creators import read_creators
from digest.sources.feed_text import read_description
from digest.sources.file import parse_papers
from digest.sources.tex import tex_to_text
from digest.sources.text import clean_authors, clean_text, html_to_text

def papers(name, text):
    now = datetime(2026, 11, 23, tzinfo=UTC)
    read = parse_papers(text.encode(), name=name, fetched_at=now, max_bytes=60_000_000)
    print(len(read.papers), len(read.problems))
"""


def in_child(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", PRELUDE + code], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{done.returncode}: {done.stderr[-400:]}"
    return done.stdout.strip()


def test_repeated_tex_costs_no_more_than_it_is_long() -> None:
    in_child(r"""
signs = ["{", "}", "$", "\\frac", "\\frac{", "\\\\", "\\(", "`", "\\sqrt[", "\\hat ",
         "{\\it ", "\\^"]
for sign in signs:
    for before in ("", "$"):
        shown = clean_text(before + sign * 100_000)
        assert len(shown) <= 10_000, sign
    tex_to_text(sign * 10_000, braces=True)
""")


def test_repeated_html_costs_no_more_than_it_is_long() -> None:
    in_child(r"""
signs = ["<", "<a ", "<sub>", "<sub></sub>", "<!--", "<![CDATA[", "<![CDATA[<sub>", "<script>",
         '<p a="', "&lt;", "&", "<!doctype", "<?xml", "<x:", "<sub><sup>", "<img src=", "</", "("]
for sign in signs:
    markup = sign * (300_000 // len(sign))
    html_to_text(markup)
    read_description(markup, title="x")
    read_creators([markup])
    clean_authors([markup])
""")


FILES = {
    "20,000 entries of BibTeX": (
        r"""papers("a.bib", "".join(
            "@article{k%d, title={A {Study} of $\\alpha$ %d}, author={Ann Author and Bo Writer}}\n"
            % (n, n) for n in range(20_000)))""",
        "20000 0",
    ),
    "one entry of 5 MB": (
        r"""papers("a.bib", "@article{k,title={T T},abstract={" + "{\\it x} " * 700_000 + "}}")""",
        "1 0",
    ),
    "entries that never end": (r"""papers("a.bib", "@article{" * 50_000)""", "0 50000"),
    "a table of 50 MB": (
        r"""papers("a.csv", "title,abstract\n" + "".join(
            "Study %d,%s\n" % (n, "words and more " * 110) for n in range(30_000)))""",
        "30000 0",
    ),
    "quotes that never close": (r"""papers("a.csv", "title,x\n" + '"' * 9_999_999)""", "0 1"),
    "pages of 100,000 lines": (
        r"""papers("a.txt", "".join(
            "A title of number %d\n\nThe abstract of it has some more words, and an end.\n\n" % n
            for n in range(25_000)))""",
        "25000 0",
    ),
    "a page of short lines": (r"""papers("a.txt", "a\n" * 500_000)""", "0 1"),
    "JSON a million deep": (r"""papers("a.json", "[" * 1_000_000)""", "0 1"),
    "objects a million deep": (r"""papers("a.json", '{"a":' * 1_000_000)""", "0 1"),
    "50,000 records of RIS": (r"""papers("a.ris", "TY  - JOUR\n" * 50_000)""", "0 50000"),
}


@pytest.mark.parametrize("what", FILES)
def test_large_files_are_read_within_bounds(what: str) -> None:
    code, told = FILES[what]
    assert in_child(code) == told


@pytest.mark.soak
def test_a_file_of_millions_of_records_is_read_up_to_a_bound() -> None:
    """Neither ten million papers nor ten million complaints are kept."""
    assert in_child('papers("a.json", "[" + "1," * 2_000_000 + "1]")') == "0 100001"
    assert in_child(r"""papers("a.jsonl", '{"title":"T"}\n' * 100_005)""") == "100000 1"


def feed(inside: bytes) -> bytes:
    return b"<rss version='2.0'><channel><title>t</title>" + inside + b"</channel></rss>"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize(
    "inside",
    [b"<a>" * 500_000, b"<a " * 3_000, b"<a>" * 3_000 + b"</a>" * 3_000, b"<a><b>" * 2_000],
    ids=["unclosed", "cut", "closed", "two"],
)
def test_tags_nested_deeper_than_any_feed_are_refused(inside: bytes, encoding: str) -> None:
    with pytest.raises(SourceError, match=r"nests more than 2,000 tags .* refused") as found:
        guard_xml(feed(inside).decode().encode(encoding), most_entries=2_000)
    assert not found.value.temporary


@pytest.mark.parametrize(
    "inside",
    [
        b"<item><description>" + b"<br>" * 1_500 + b"</description></item>",
        (b"<item><description>" + b"<br>" * 900 + b"</description></item>") * 5,
        b"<item>" + b"<a/>" * 9_000 + b"</item>",
        b"<item><![CDATA[" + b"<p>" * 9_000 + b"]]></item>",
        b"<!--" + b"<p>" * 9_000 + b"-->",
        b"<item><title>a</title></item>" * 1_500,
    ],
    ids=["unclosed", "again", "empty", "cdata", "comment", "flat"],
)
def test_careless_but_shallow_feeds_pass_untouched(inside: bytes) -> None:
    body = feed(inside)
    assert guard_xml(body, most_entries=2_000) == (body, 0)


def test_more_tags_than_any_feed_are_refused() -> None:
    with pytest.raises(SourceError, match="has more than 500,000 tags"):
        guard_xml(feed(b"<a></a>" * 499_990 + b"<i></i>" * 20), most_entries=2_000)


def test_reading_bibtex_leaves_the_programs_log_alone() -> None:
    before = logging.root.level
    logging.root.setLevel(logging.DEBUG)
    try:
        assert [raw.fault for raw in read_bibtex("@article{k, title={open\n@book{")]
        assert logging.root.level == logging.DEBUG
    finally:
        logging.root.setLevel(before)
