"""What every client is given: the letter, and where its pictures go."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

#: Bytes; what one picture may add to the repository.
MOST = 200_000


@dataclass(frozen=True, kw_only=True)
class Stage:
    """`pictured` is the letter with thumbnails that can be fetched on loopback."""

    letter: bytes
    pictured: bytes
    out: Path

    def path(self, name: str) -> Path:
        return self.out / f"client-{name}.png"


def shrink(path: Path) -> None:
    """Make a picture small enough for the docs, if 64 colours can."""
    for colours in ("256", "128", "64"):
        words = ["pngquant", "--force", "--speed", "1", "--strip", "--output", path, colours, path]
        subprocess.run([str(word) for word in words], check=True)
        if path.stat().st_size <= MOST:
            return
