"""Makes digest/data/background.npz: `python -m tests.bench.background FILES -o OUT`.

FILES are JSON Lines (or .gz of them) with `title` and `abstract`; docs/themes.md names those that
the shipped space was made of.
"""

from __future__ import annotations

import argparse
import gzip
import json
from collections.abc import Iterator
from pathlib import Path

from digest.app.knowledge import write_space
from digest.editorial.training import train_space
from digest.editorial.words import PaperWords


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.background")
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("-o", "--out", type=Path, required=True)
    options = parser.parse_args()
    space = train_space(words for file in options.files for words in read_words(file))
    options.out.write_bytes(write_space(space))
    size = options.out.stat().st_size
    print(f"{options.out}: {len(space.terms)} terms, {space.dims} axes, {size} bytes")


def read_words(file: Path) -> Iterator[PaperWords]:
    """The words of each paper of a file, in file order."""
    raw = file.read_bytes()
    text = gzip.decompress(raw) if file.suffix == ".gz" else raw
    for line in text.decode("utf-8").splitlines():
        row = json.loads(line)
        yield PaperWords.of_texts(row["title"], (row["abstract"] or "",), 2)


if __name__ == "__main__":
    main()
