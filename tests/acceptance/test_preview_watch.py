"""A watched preview follows what an editor saves, and outlives all of it."""

from __future__ import annotations

import os

import pytest

from tests.support.newsroom import Newsroom
from tests.support.watching import watching

SET = '{% extends "daily/letter.mjml.j2" %}'
FILE = "templates/lab/letter.mjml.j2"


def greeting(words: str) -> str:
    return SET + "{% block masthead %}<tr><td>\n<p>" + words + "</p></td></tr>{% endblock %}"


def lab(tmp_path) -> Newsroom:
    """A newsroom with a template set of its own."""
    room = Newsroom(tmp_path)
    room.write(FILE, greeting("Good morning"))
    room.configure(templates="lab")
    return room


def test_a_broken_template_shows_its_line_beside_the_last_letter_until_it_is_mended(tmp_path):
    room = lab(tmp_path)
    with watching(room) as watch:
        assert "Good morning" in watch.page()
        room.write(FILE, greeting("Good evening"))
        page = watch.until_said("Good evening")
        assert "Good morning" not in page
        room.write(FILE, greeting("{{ nope }}"))
        page = watch.until_said(f"{FILE}:2: &#x27;nope&#x27; is undefined")
        assert "Good evening" in page
        room.write(FILE, greeting("Good night"))
        page = watch.until_said("Good night")
        assert "is undefined" not in page
    done = watch.done
    assert done.code == 0
    assert done.lines[-1] == "the watch has ended"
    (told,) = [line for line in done.lines if "nope" in line]
    assert told.startswith(f"digest: {FILE}:2: 'nope' is undefined")


@pytest.mark.parametrize("way", ["over", "rename", "truncate", "remove", "halves"])
def test_however_an_editor_saves_it_is_seen(tmp_path, way):
    room = lab(tmp_path)
    path = room.folder / FILE
    text = greeting("Good evening")
    with watching(room) as watch:
        if way == "over":
            path.write_text(text)
        elif way == "rename":
            beside = path.with_name(".letter.swp")
            beside.write_text(text)
            os.replace(beside, path)
        elif way == "truncate":
            path.write_text("")
            watch.until_said("cannot be rendered")
            path.write_text(text)
        elif way == "remove":
            path.unlink()
            watch.until(lambda page: "Good morning" not in page or "cannot be rendered" in page)
            path.write_text(text)
        else:
            path.write_text(text[: len(text) // 2])
            watch.until_said("cannot be rendered")
            path.write_text(text)
        page = watch.until_said("Good evening")
        assert "cannot be rendered" not in page
    assert watch.done.code == 0


def test_config_and_lists_are_followed_and_a_wrong_config_is_told(tmp_path):
    room = lab(tmp_path)
    with watching(room, "--as", "ada@example.org") as watch:
        assert "ada@example.org gets it" in watch.page()
        room.configure(newsletter={"name": "Evening Papers"})
        watch.until_said("Evening Papers")
        good = (room.folder / "config.yaml").read_text()
        room.write("config.yaml", good + "surprise: 1\n")
        watch.until_said("surprise")
        room.write_readers([{"email": "ada@example.org", "keywords": ["study 001"]}])
        room.write("config.yaml", good)
        watch.until(lambda page: "surprise" not in page and "study 002" not in page)
    assert watch.done.code == 0


def test_sources_are_asked_once_and_the_ledger_is_not_touched(tmp_path):
    room = lab(tmp_path)
    with watching(room) as watch:
        (room.folder / "papers.json").unlink()
        room.write(FILE, greeting("Good evening"))
        assert "Numbered study 001" in watch.until_said("Good evening")
    assert watch.done.err.count("Desk is fresh") == 1
    assert room.status("2026-11-23")["total"] == 0


def test_a_set_that_is_broken_from_the_start_is_shown_and_can_be_mended(tmp_path):
    room = lab(tmp_path)
    room.write(FILE, greeting("{{ nope }}"))
    with watching(room) as watch:
        assert "No letter yet" in watch.page()
        room.write(FILE, greeting("Good morning"))
        watch.until_said("Good morning")
    assert watch.done.code == 0


def test_a_language_without_words_is_told_once_and_not_at_every_save(tmp_path):
    room = lab(tmp_path)
    room.configure(newsletter={"language": "he"})
    with watching(room) as watch:
        room.write(FILE, greeting("Good evening"))
        watch.until_said("Good evening")
    told = "no words for 'he': English ones are used; locale/he.po would hold yours"
    assert watch.done.lines.count(told) == 1


def test_of_a_frozen_edition_the_templates_are_shown_as_they_are_now(tmp_path):
    room = lab(tmp_path)
    assert room.run("run").code == 0
    with watching(room) as watch:
        assert "Good morning" in watch.page()
        room.write(FILE, greeting("Good evening"))
        watch.until_said("Good evening")
    told = "edition 2026-11-23 is frozen: its letters keep their look, this one is anew"
    assert told in watch.done.lines
