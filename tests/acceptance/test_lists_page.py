"""Every example of docs/lists.md is what the command prints."""

from __future__ import annotations

import re
import shlex
import sqlite3
from contextlib import closing
from pathlib import Path

import yaml

from digest.cli.commands.subscribers import SUBCOMMANDS
from tests.support.newsroom import Newsroom
from tests.support.terminal import Terminal

PAGE = (Path(__file__).parents[2] / "docs" / "lists.md").read_text()


def of_kind(kind: str) -> list[str]:
    """The page's examples in one language, from top to bottom."""
    return [piece.split("```")[0] for piece in PAGE.split(f"```{kind}\n")[1:]]


def examples(console: str) -> list[tuple[list[str], str]]:
    """Command lines, each with what it prints."""
    found = re.findall(r"^\$ digest (.*)\n((?:(?!\$ ).*\n)*)", console, re.MULTILINE)
    return [(shlex.split(line), wanted) for line, wanted in found]


def test_every_example_prints_what_the_page_says(tmp_path, monkeypatch, capsys) -> None:
    room = Newsroom(tmp_path)
    room.write("readers.yaml", of_kind("yaml")[0])
    assert room.run("compose").code == 0  # there is a state to suppress in
    digest = Terminal(room, monkeypatch, capsys)
    shown = examples(of_kind("console")[0])
    for words, wanted in shown:
        done = digest(*words)
        assert done.code == 0, (words, done.err)
        assert done.out == wanted, words
    assert {words[1] for words, _ in shown} >= set(SUBCOMMANDS) - {
        "suppressed", "import", "export",
    }  # fmt: skip
    assert (tmp_path / "readers.yaml").read_text() == of_kind("yaml")[0]


def test_a_list_that_is_a_query_does_what_the_page_says(tmp_path, monkeypatch, capsys) -> None:
    room = Newsroom(tmp_path)
    with closing(sqlite3.connect(tmp_path / "members.db")) as database:
        database.executescript(of_kind("sql")[0])
    room.configure(**yaml.safe_load(of_kind("yaml")[1]))
    digest = Terminal(room, monkeypatch, capsys)
    for words, wanted in examples(of_kind("console")[1]):
        done = digest(*words)
        assert done.out + "".join(re.findall(r"^digest: .*\n", done.err, re.MULTILINE)) == wanted
        assert done.code == (2 if wanted.startswith("digest: ") else 0)
