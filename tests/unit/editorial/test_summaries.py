"""A summary is made as the config says, out of the paper's own sentences."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.config import EditionConfig, ThemesConfig
from digest.editorial.compose import compose_edition, compose_weekly
from digest.editorial.explain import explain_edition
from digest.editorial.summaries import extract, summarise
from digest.model import EditionKey, Paper, PaperId
from digest.prose import sentences, width_of
from tests.support.knowing import shipped_knowledge
from tests.support.strategies import DAY, NOW

BACKGROUND = "Large models have become a part of daily life, and there is much interest in them."
GAP = "However, existing checkers remain slow, so their use in practice is limited to few cases."
DONE = "We present Ferret, a checker of proofs that reads each step of a proof only once."
DETAIL = "It keeps a table of open goals and takes them one by one in the order of their age."
FOUND = "On five collections of proofs Ferret outperforms the best known checker by 12.5 points."
CODE = "Our code and data are available at https://example.org/ferret for everyone to use."
TITLE = "Ferret: Checking Proofs in One Reading"
TOO_LONG = f"A sentence stands here that {'goes on and ' * 20}ends."
ABSTRACT = f"{BACKGROUND} {GAP} {DONE} {DETAIL} {FOUND} {CODE}"


def paper(abstract: str = ABSTRACT, title: str = TITLE, **fields: object) -> Paper:
    return replace(Paper(ids=(PaperId("arxiv", "2611.00001"),), title=title), abstract=abstract)


def test_the_extract_says_what_was_done_and_what_was_found() -> None:
    picked = sentences(extract(TITLE, ABSTRACT, 200))
    assert picked == (DONE, FOUND)


def test_background_and_the_place_of_the_code_stay_out_while_there_is_better() -> None:
    mixed = f"{CODE} {BACKGROUND} {GAP} {FOUND} {DONE}"
    assert sentences(extract(TITLE, mixed, 200)) == (FOUND, DONE)


@pytest.mark.parametrize("opening", ["These checkers", "They", "However, this", "2) Moreover, it"])
def test_what_leans_on_a_sentence_that_is_left_out_stays_out(opening: str) -> None:
    plain = "Ferret reads each step of any proof with few goals."
    leaning = f"{opening} reads each step of any proof with few goals."
    abstract = f"{TOO_LONG} {leaning} {TOO_LONG} {plain}"
    assert sentences(extract(TITLE, abstract, 90)) == (plain,)


def test_it_may_lean_on_a_sentence_that_is_taken() -> None:
    shows = "This shows proofs of Ferret are found."
    abstract = f"{BACKGROUND} {BACKGROUND} {DONE} {shows} {CODE}"
    assert sentences(extract(TITLE, abstract, 130)) == (DONE, shows)


def test_figures_that_measure_are_preferred() -> None:
    vague = "Ferret outperforms a checker by quite a lot."
    exact = "Ferret outperforms a checker by quite 37%."
    abstract = f"{BACKGROUND} {vague} {GAP} {exact} {CODE}"
    assert sentences(extract(TITLE, abstract, 60)) == (exact,)


def test_what_the_title_names_is_central() -> None:
    about = "Proofs and the checking of proofs depend on reading."
    other = "Gardens and the watering of plants depend on weather."
    abstract = f"{other} {about} {TOO_LONG}"
    assert sentences(extract(TITLE, abstract, 60)) == (about,)
    assert sentences(extract("Watering Plants in Gardens", abstract, 60)) == (other,)


def test_a_short_abstract_is_taken_whole() -> None:
    assert extract(TITLE, f"{CODE}\n {GAP}") == f"{CODE} {GAP}"
    assert extract(TITLE, "") == ""


def test_one_endless_sentence_is_cut_at_a_word() -> None:
    cut = extract(TITLE, "We present " + "word " * 400 + "end.")
    assert cut.startswith("We present word")
    assert cut.endswith("word…")
    assert len(cut) <= 300


def test_a_script_without_blanks_is_extracted_as_well() -> None:
    parts = [f"第{n}の文はここに長い言葉を連ねているだけのものである。" for n in range(20)]
    picked = sentences(extract("題名", "".join(parts)))
    assert len(picked) > 1
    assert [parts.index(each) for each in picked] == sorted(parts.index(each) for each in picked)


TEXTS = st.lists(st.sampled_from([BACKGROUND, GAP, DONE, DETAIL, FOUND, CODE]), max_size=40)


@given(TEXTS, st.integers(40, 400))
def test_an_extract_is_whole_sentences_in_their_order_and_never_too_long(texts, length) -> None:
    abstract = " ".join(texts)
    picked = extract(TITLE, abstract, length)
    assert width_of(picked) <= length
    rest = iter(sentences(abstract))
    assert picked.endswith("…") or all(each in rest for each in sentences(picked))


@given(st.text(max_size=2000), st.text(max_size=50))
def test_any_text_has_an_extract_that_fits(abstract: str, title: str) -> None:
    assert width_of(extract(title, abstract)) <= 300


def test_the_extract_is_the_same_in_every_process() -> None:
    code = (
        "from tests.unit.editorial.test_summaries import *\n"
        "print([extract(TITLE, ABSTRACT, n) for n in range(60, 500, 7)])"
    )
    seen = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(seen) == 1


def test_each_way_takes_its_own_words() -> None:
    known = replace(paper(), source_summary="Ferret checks proofs in one reading.")
    ways = {way: summarise(known, way) for way in ("lead", "extract", "source")}
    assert ways["lead"].summary.startswith(BACKGROUND)
    assert DONE in ways["extract"].summary
    assert ways["source"].summary == "Ferret checks proofs in one reading."
    assert all(paper.summary_by == way for way, paper in ways.items())


def test_a_source_without_a_summary_gets_an_extract() -> None:
    assert summarise(paper(), "source") == summarise(paper(), "extract")


@pytest.mark.parametrize("way", ["lead", "extract", "source"])
def test_without_an_abstract_the_source_speaks_or_nobody(way) -> None:
    told = summarise(replace(paper(""), source_summary="It is told."), way)
    assert (told.summary, told.summary_by) == ("It is told.", "source")
    silent = summarise(paper(""), way)
    assert (silent.summary, silent.summary_by) == ("", "")


def test_a_long_summary_of_a_source_is_cut_as_well() -> None:
    long = replace(paper(), source_summary=ABSTRACT * 3)
    assert width_of(summarise(long, "source").summary) <= 300


def edition(way: str):
    return compose_edition(
        [replace(paper(), source_summary="It is told.")],
        key=EditionKey.daily(DAY),
        day=DAY,
        now=NOW,
        reports=[],
        edition=EditionConfig(summary=way),
        themes=ThemesConfig(discover=False),
        knowledge=shipped_knowledge(),
        sent={},
        template_set="daily",
    )


@pytest.mark.parametrize(
    ("way", "by"), [("lead", "lead"), ("extract", "extract"), ("source", "source")]
)
def test_an_edition_has_its_summaries_and_says_how_they_were_made(way: str, by: str) -> None:
    made = edition(way)
    assert [each.summary for each in made.papers] == [
        summarise(replace(paper(), source_summary="It is told."), way).summary
    ]
    assert any(line.strip() == f"summary by {by}" for line in explain_edition(made))


def test_before_a_model_is_asked_there_is_an_extract() -> None:
    assert [each.summary_by for each in edition("llm").papers] == ["extract"]


def test_a_weekly_edition_is_summarised_anew() -> None:
    weekly = compose_weekly(
        [edition("lead")],
        key=EditionKey.weekly(DAY),
        day=DAY,
        now=NOW,
        edition=EditionConfig(summary="source"),
        themes=ThemesConfig(discover=False),
        knowledge=shipped_knowledge(),
        template_set="daily",
    )
    assert [each.summary for each in weekly.papers] == ["It is told."]


def test_recorded_abstracts_lose_their_background() -> None:
    recorded = Path(__file__).parents[2] / "data/raw/hf_api/daily_papers_2026-06-12.json"
    items = [each["paper"] for each in json.loads(recorded.read_text())]
    by_title = {each["title"]: extract(each["title"], each["summary"]) for each in items}
    one = next(text for title, text in by_title.items() if title == "MiniMax Sparse Attention")
    assert one.startswith("We introduce MiniMax Sparse Attention (MSA)")
    assert "14.2x prefill" in one.replace("\\times", "x").replace("$", "") or "14.2" in one
    assert all("available at" not in text for text in by_title.values())


@pytest.mark.parametrize(
    "opening",
    ["To address this gap", "To this end", "Building on these findings", "Therefore", "First"],
)
def test_an_opening_that_leans_on_a_sentence_left_out_is_left_out_too(opening: str) -> None:
    background = "Agents remember little" + " of what they saw and heard" * 15 + ". "
    method = "we introduce MemoryBench, a benchmark of what agents remember of what they saw"
    told = extract("MemoryBench: what agents remember", f"{background}{opening}, {method}.")
    assert told == method[0].upper() + method[1:] + "."


def test_an_opening_stays_where_the_sentence_before_it_stays() -> None:
    abstract = "We introduce MemoryBench. To this end, we collect what agents remember. " + (
        "Nothing else is known of the matter here. " * 8
    )
    told = extract("MemoryBench: what agents remember", abstract)
    assert "MemoryBench. To this end, we collect" in told
