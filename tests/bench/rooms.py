"""Newsrooms to measure: letters of 30,000 octets, alike or in 2,000 choices of themes."""

from __future__ import annotations

import shutil
from itertools import combinations, islice
from pathlib import Path
from statistics import mean
from typing import Any

from tests.support.newsroom import Newsroom, paper

CONNECTIONS = 10
WANTED = 30_000
_WITHIN = 1_000
_THEMES = 14
_CHOSEN = 7
_NAMES = ("amber", "basalt", "copper", "dune", "ember", "fjord", "glacier")
_NAMES += ("harbor", "island", "juniper", "kelp", "lagoon", "marble", "nectar")
_WORDS = "We look into the matter at length, count what there is, and find that it holds. "


class Trial:
    """A composed edition and its list, sent again and again from the same beginning."""

    def __init__(self, folder: Path, readers: int, *, choices: int = 1) -> None:
        self.folder, self.readers, self.choices = folder, readers, choices
        self.room = Newsroom(folder / "newsroom")
        rules = [{"name": name.title(), "keywords": [name]} for name in _NAMES]
        self.room.configure(
            subscribers={"lists": ["readers.csv"]},
            edition={"max_papers": 200},
            themes={"discover": False, "rules": rules if choices > 1 else []},
        )
        self.size = self._tune()
        self.room.write("readers.csv", self._list(readers))

    def mail_by(self, port: int, **more: Any) -> None:
        """Send to `port` from now on."""
        known = {"connections": CONNECTIONS, "letters_per_connection": 1_000_000}
        self.room.mail_by(port, **(known | more))

    def begin(self) -> None:
        """Go back to where nothing was sent."""
        shutil.rmtree(self.room.state, ignore_errors=True)
        shutil.copytree(self.folder / "composed", self.room.state)

    def send(self, words: tuple[str, ...] = ("send", "--json"), **more: Any) -> Any:
        """Mail everybody once; what the command reports."""
        done = self.room.run(*words, timeout=1200, **more)
        assert done.code == 0, done.err
        return done

    @property
    def letter(self) -> Path:
        """One of the very letters, for peers to send."""
        return self.folder / "letter.eml"

    def _list(self, readers: int) -> str:
        rows = ["email,name,themes"]
        wishes = [""]
        if self.choices > 1:
            names = [name.title() for name in _NAMES]
            wishes = list(map(";".join, islice(combinations(names, _CHOSEN), self.choices)))
        rows += [
            f"reader{n}@example.org,Reader {n},{wishes[n % len(wishes)]}" for n in range(readers)
        ]
        return "\n".join(rows) + "\n"

    def _tune(self) -> int:
        """Compose with abstracts of such a length that letters have the wanted size."""
        per_theme = 1 if self.choices > 1 else 10 / _THEMES
        length = 600
        for _ in range(10):
            size = self._compose(round(per_theme * _THEMES), length)
            if abs(size - WANTED) <= _WITHIN:
                return size
            shown = _CHOSEN if self.choices > 1 else 10
            length = max(40, length + round((WANTED - size) / shown / 2))
        raise RuntimeError(f"no abstract length makes letters of {WANTED} octets; last {size}")

    def _compose(self, papers: int, length: int) -> int:
        room = self.room
        shutil.rmtree(room.state, ignore_errors=True)
        room.write_papers(
            [
                paper(
                    n,
                    title=f"On {_NAMES[n % _THEMES]}, study {n}",
                    abstract=(f"Study {n} of {_NAMES[n % _THEMES]}. " + _WORDS * 60)[:length],
                )
                for n in range(papers)
            ]
        )
        assert (done := room.run("compose")).code == 0, done.err
        shutil.rmtree(self.folder / "composed", ignore_errors=True)
        shutil.copytree(room.state, self.folder / "composed")
        room.configure(delivery={"transport": "outbox"})
        room.write("readers.csv", self._list(20))
        assert (done := room.run("send")).code == 0, done.err
        letters = [path.read_bytes() for path in (room.state / "outbox" / "new").iterdir()]
        self.letter.write_bytes(letters[0])
        return round(mean(map(len, letters)))
