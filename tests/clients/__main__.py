"""`python -m tests.clients OUT`: the letter as real mail clients show it."""

from __future__ import annotations

import argparse
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.clients import claws, roundcube, thunderbird
from tests.clients.letter import demo_letter, with_pictures_from
from tests.clients.stage import Stage, shrink
from tests.support.web import web_site

CLIENTS: dict[str, Callable[[Stage], Iterator[str]]] = {
    "thunderbird": thunderbird.show,
    "roundcube": roundcube.show,
    "claws": claws.show,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.clients", description=__doc__)
    parser.add_argument("out", type=Path, help="folder for the pictures and notes.txt")
    parser.add_argument("--only", default=",".join(CLIENTS), help="some of: " + ", ".join(CLIENTS))
    parser.add_argument("--letter", type=Path, help="an .eml file, instead of the demo's letter")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    with (
        _stage(options.out, options.letter) as stage,
        (options.out / "notes.txt").open("w") as notes,
    ):
        for name in options.only.split(","):
            for line in CLIENTS[name](stage):
                print(line, flush=True)
                print(line, file=notes, flush=True)
    for picture in options.out.glob("client-*.png"):
        shrink(picture)


@contextmanager
def _stage(out: Path, letter: Path | None) -> Iterator[Stage]:
    """The letter, and a server with a picture for each of its thumbnails."""
    with tempfile.TemporaryDirectory() as place, web_site() as site:
        content = letter.read_bytes() if letter else demo_letter(Path(place) / "demo")
        picture = _picture(Path(place) / "thumbnail.png")
        yield Stage(letter=content, pictured=with_pictures_from(content, site, picture), out=out)


def _picture(path: Path) -> bytes:
    """As large as the thumbnails that Hugging Face makes."""
    words = ["convert", "-size", "1200x648", "gradient:#9db8d9-#30507f", str(path)]
    subprocess.run(words, check=True)
    return path.read_bytes()


if __name__ == "__main__":
    main()
