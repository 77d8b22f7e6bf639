"""Every example of docs/lists.md is what the command prints."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

from digest.cli.commands.subscribers import SUBCOMMANDS
from tests.support.newsroom import Newsroom
from tests.support.terminal import Terminal

PAGE = Path(__file__).parents[2] / "docs" / "lists.md"


def test_every_example_prints_what_the_page_says(tmp_path, monkeypatch, capsys) -> None:
    room = Newsroom(tmp_path)
    page = PAGE.read_text()
    room.write("readers.yaml", page.split("```yaml\n")[1].split("```")[0])
    assert room.run("compose").code == 0  # there is a state to suppress in
    digest = Terminal(room, monkeypatch, capsys)
    console = page.split("```console\n")[1].split("```")[0]
    examples = re.findall(r"^\$ digest (.*)\n((?:(?!\$ ).*\n)*)", console, re.MULTILINE)
    for line, wanted in examples:
        done = digest(*shlex.split(line))
        assert done.code == 0, (line, done.err)
        assert done.out == wanted, line
    assert {shlex.split(line)[1] for line, _ in examples} >= set(SUBCOMMANDS) - {
        "suppressed", "import", "export",
    }  # fmt: skip
    assert (tmp_path / "readers.yaml").read_text() == page.split("```yaml\n")[1].split("```")[0]
