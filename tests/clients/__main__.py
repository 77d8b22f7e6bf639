"""`python -m tests.clients OUT`: the letter as real mail clients show it."""

from __future__ import annotations

import argparse
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NoReturn

from tests.clients import claws, packages, roundcube, thunderbird
from tests.clients.letter import demo_letter, with_pictures_from
from tests.clients.stage import Stage, shrink
from tests.support.web import web_site

CLIENTS: dict[str, Callable[[Stage], Generator[str, None, None]]] = {
    "thunderbird": thunderbird.show,
    "roundcube": roundcube.show,
    "claws": claws.show,
}
_VERSIONS = ("thunderbird", "roundcube-core", "chromium", "claws-mail-litehtml-viewer")


def main() -> None:
    options = _asked()
    if lacking := packages.missing():
        sys.exit(lacking)
    signal.signal(signal.SIGTERM, _leave)
    options.out.mkdir(parents=True, exist_ok=True)
    with (
        _stage(options.out, options.letter) as stage,
        (options.out / "notes.txt").open("w", encoding="utf-8") as notes,
    ):
        for line in _seen(options.only, stage):
            print(line, flush=True)
            print(line, file=notes, flush=True)
    for picture in options.out.glob("client-*.png"):
        shrink(picture)


def _leave(number: int, frame: object) -> NoReturn:
    """Let every `with` end its programs."""
    sys.exit(128 + number)


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.clients", description=__doc__)
    parser.add_argument("out", type=Path, help="folder for the pictures and notes.txt")
    parser.add_argument(
        "--only", nargs="+", choices=CLIENTS, default=list(CLIENTS), help="these clients alone"
    )
    parser.add_argument("--letter", type=Path, help="an .eml file, instead of the demo's letter")
    return parser.parse_args()


def _seen(names: list[str], stage: Stage) -> Iterator[str]:
    """What there is to say, a line each; a client has left before the next one comes."""
    yield packages.versions(_VERSIONS)
    for name in names:
        with closing(CLIENTS[name](stage)) as lines:
            yield from lines


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
