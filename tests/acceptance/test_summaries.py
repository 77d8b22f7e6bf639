"""The summaries of a letter come from where the config says, and a model's server stops nobody."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.newsroom import Newsroom, paper, text_of
from tests.support.web import Answer, Asked, Site, refused_port, web_site

KEY = "sk-n3ver-shown-7f3a"
ABSTRACT = (
    f"Proofs have been checked by hand for as long as there are any, {'slowly and badly, ' * 10}and"
    " few people care. We present a checker of proofs that reads each step once."
    " On three collections it is 37% faster than all others."
)
WRITTEN = "A checker of proofs reads each step once, and is 37 % faster than others."


def room_of(folder: Path, **llm: object) -> Newsroom:
    """A newsroom of three papers whose abstracts are longer than a summary."""
    room = Newsroom(folder)
    room.write_papers([paper(n, abstract=ABSTRACT, ai_summary="Told by us.") for n in range(3)])
    if llm:
        room.configure(edition={"summary": "llm"}, llm={"model": "small", "timeout": 5} | llm)
        room.environ["DIGEST_LLM_KEY"] = KEY
    return room


def saying(*contents: str) -> Answer:
    body = {"choices": [{"message": {"content": "".join(contents)}}]}
    return Answer(body=json.dumps(body).encode(), content_type="application/json")


def serve(site: Site, route) -> str:
    site.serve("/v1/chat/completions", route)
    return site.url("/v1")


def papers_of(room: Newsroom, *words: str) -> list[dict[str, str]]:
    done = room.run("compose", "--json", *words)
    assert done.code == 0, done.err
    return [each for section in done.json["sections"] for each in section["papers"]]


def assert_key_is_nowhere(room: Newsroom, *texts: str) -> None:
    kept = [path.read_bytes() for path in room.state.rglob("*") if path.is_file()]
    assert kept
    for content in [*kept, *(text.encode() for text in texts)]:
        assert KEY.encode() not in content


@pytest.mark.parametrize(
    ("way", "start"),
    [("lead", "Proofs have"), ("extract", "We present"), ("source", "Told by us.")],
)
def test_a_letter_prints_the_summary_of_the_configured_kind(tmp_path, way, start) -> None:
    room = room_of(tmp_path)
    room.configure(edition={"summary": way})
    (one, *_) = papers_of(room)
    assert one["summary"].startswith(start)
    assert one["summary_by"] == way
    assert room.run("send").code == 0
    (letter,) = room.outbox()
    assert start in text_of(letter)
    assert f"summary by {way}" in room.run("compose", "--explain").out


def test_a_model_writes_the_summaries_and_is_asked_once(tmp_path) -> None:
    with web_site() as site:
        room = room_of(tmp_path, url=serve(site, saying(WRITTEN)))
        found = papers_of(room)
        assert {(each["summary"], each["summary_by"]) for each in found} == {(WRITTEN, "llm")}
        assert len(site.asked) == 3
        assert {each.headers["authorization"] for each in site.asked} == {f"Bearer {KEY}"}
        assert papers_of(room) == found
        again = papers_of(room, "--refresh")
        assert {(each["summary"], each["summary_by"]) for each in again} == {(WRITTEN, "llm")}
        assert room.run("send").code == 0
        assert len(site.asked) == 3
    (letter,) = room.outbox()
    assert "is 37 % faster" in " ".join(text_of(letter).split())
    assert_key_is_nowhere(room)


def test_the_heading_of_a_model_is_not_printed(tmp_path) -> None:
    with web_site() as site:
        room = room_of(tmp_path, url=serve(site, saying(f"# Summary\n\n- **{WRITTEN}**\n")))
        found = papers_of(room)
    assert {(each["summary"], each["summary_by"]) for each in found} == {(WRITTEN, "llm")}


def test_a_dead_server_costs_one_note_and_no_edition(tmp_path) -> None:
    room = room_of(tmp_path, url=f"http://127.0.0.1:{refused_port()}/v1")
    done = room.run("compose", "--json")
    assert done.code == 0
    notes = [line for line in done.lines if "summaries" in line]
    assert len(notes) == 1
    assert "the model wrote 0 of 3 summaries; 3 extract (llm: 127.0.0.1 cannot be" in notes[0]
    for section in done.json["sections"]:
        for each in section["papers"]:
            assert each["summary"].startswith("We present")
            assert each["summary_by"].startswith("extract (llm: ")
    assert_key_is_nowhere(room, done.out, done.err)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Answer(status=401, body=KEY.encode()), "401"),
        (Answer(status=429, headers={"Retry-After": "3600"}), "429"),
        (Answer(status=500), "500"),
        (Answer(body=b"<html>busy</html>"), "no chat completion"),
        (Answer(body=b"x" * 300_000), "more than 200,000 bytes"),
        (saying(""), "an empty answer"),
        (saying("Your key: ", KEY), "holds the key"),
    ],
)
def test_a_failing_server_is_told_in_one_line_without_the_key(tmp_path, answer, words) -> None:
    with web_site() as site:
        room = room_of(tmp_path, url=serve(site, answer))
        done = room.run("-vv", "--log-json", str(tmp_path / "log"), "run", "--json")
    assert done.code == 0
    assert len(room.outbox()) == 1
    (note,) = [line for line in done.lines if "summaries" in line]
    assert words in note
    assert_key_is_nowhere(room, done.out, done.err, (tmp_path / "log").read_text())


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (WRITTEN.replace("37", "73"), "73 not in the paper"),
        (f"{WRITTEN} Read more on https://evil.example.", "an address not in the paper"),
        (f"{WRITTEN} <img src=x onerror=alert(1)>", "markup not in the paper"),
        ("As an AI language model I cannot read proofs.", "words to the reader"),
        ("Cheap watches arrive tomorrow in every town of this country.", "words of something else"),
    ],
)
def test_what_a_model_must_not_say_is_not_printed(tmp_path, answer: str, why: str) -> None:
    with web_site() as site:
        room = room_of(tmp_path, url=serve(site, saying(answer)))
        done = room.run("compose", "--explain")
        assert done.code == 0
        assert f"summary by extract (llm: {why}" in done.out
        assert "summaries" not in done.err
        assert room.run("send").code == 0
    (letter,) = room.outbox()
    assert "evil.example" not in letter.as_string()
    assert "We present a checker of proofs" in " ".join(text_of(letter).split())


def test_only_papers_of_the_edition_are_asked_about(tmp_path) -> None:
    with web_site() as site:
        room = room_of(tmp_path, url=serve(site, saying(WRITTEN)))
        room.configure(edition={"max_papers": 2})
        papers_of(room)
        asked = [_title(each) for each in site.asked]
    assert sorted(asked) == ["Numbered study 000", "Numbered study 001"]


def test_no_model_is_asked_while_there_is_no_edition_to_send(tmp_path) -> None:
    with web_site() as site:
        room = room_of(tmp_path, url=serve(site, saying(WRITTEN)))
        room.configure(edition={"min_papers": 9})
        assert room.run("compose").code == 0
        assert not site.asked


def test_the_section_llm_is_needed_to_ask_a_model(tmp_path) -> None:
    room = room_of(tmp_path)
    room.configure(edition={"summary": "llm"})
    done = room.run("compose")
    assert done.code == 2
    assert "needs the section llm, with url and model" in done.err


def _title(asked: Asked) -> str:
    return json.loads(json.loads(asked.body)["messages"][1]["content"])["title"]
