"""The `digest` command called in this process: for rules that need no process of their own.

terminal = Terminal(room, monkeypatch, capsys)
done = terminal("subscribers", "list", "--json")
"""

from __future__ import annotations

import pytest

from digest.cli.root import run
from tests.support.newsroom import Done, Newsroom


class Terminal:
    """Words in, what was printed out; standard input is no terminal."""

    def __init__(
        self,
        room: Newsroom,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        self.room, self._capsys = room, capsys
        monkeypatch.chdir(room.folder)
        monkeypatch.setenv("DIGEST_CONFIG", str(room.folder / "config.yaml"))
        monkeypatch.setenv("DIGEST_NOW", room.now or "")
        monkeypatch.setenv("DIGEST_DEBUG", "1")  # a bug is a traceback

    def __call__(self, *words: str) -> Done:
        self._capsys.readouterr()
        code = run(list(words))
        out, err = self._capsys.readouterr()
        return Done(code, out, err)
