"""What TeX leaves behind: `python -m tests.bench.tex FILES`.

FILES are JSON Lines (or .gz of them) with `title`, `abstract` and `authors`. Every distinct text
goes through the text door once; a table counts what still looks like TeX, and `--show KIND`
prints the texts in question, before and after.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from digest.sources.text import clean_authors, clean_text, clean_title

#: What a reader would stumble over. A dollar before a digit is money, before a name a variable.
KINDS = {
    "backslash": re.compile(r"\\"),
    "dollar": re.compile(r"\$(?![\d.]*\d|[A-Z_]{2,}\b)"),
    "money or variable": re.compile(r"\$(?=[\d.]*\d|[A-Z_]{2,}\b)"),
    "brace": re.compile(r"[{}]"),
    "script": re.compile(r"[\^_]\{"),
    "caret": re.compile(r"\^"),
    "lowered, long": re.compile(r"_\("),
    "raised, long": re.compile(r"\^\("),
    "tie": re.compile(r"\w~\w"),
    "tilde": re.compile(r"~"),
    "dashes": re.compile(r"--"),
    "quotes": re.compile(r"``|''|`"),
    "bare command": re.compile(r"\b(?:text(?:bf|it|tt|sc|rm)|math(?:cal|bb|bf|rm)|emph|frac)\b"),
    "blanks": re.compile(r"  | [,;:.](?=\s|$)|\( | \)"),
    "empty brackets": re.compile(r"\(\s*\)|\[\s*\]"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """One text of a source, and what the door made of it."""

    field: str
    raw: str
    shown: str


def read_fields(files: Iterable[Path]) -> dict[str, list[str]]:
    """The distinct texts of each field over all files."""
    found: dict[str, dict[str, None]] = {"title": {}, "abstract": {}, "author": {}}
    for file in files:
        raw = file.read_bytes()
        text = gzip.decompress(raw) if file.suffix == ".gz" else raw
        for line in text.decode("utf-8").splitlines():
            row = json.loads(line)
            for field in ("title", "abstract"):
                if row.get(field):
                    found[field].setdefault(row[field])
            found["author"].update(dict.fromkeys(row.get("authors") or ()))
    return {field: list(texts) for field, texts in found.items()}


def _author(name: str) -> str:
    return " | ".join(clean_authors([name]))


DOORS: dict[str, Callable[[str], str]] = {
    "title": clean_title,
    "abstract": clean_text,
    "author": _author,
}


def read_all(fields: dict[str, list[str]]) -> list[Read]:
    return [
        Read(field=field, raw=raw, shown=DOORS[field](raw))
        for field, texts in fields.items()
        for raw in texts
    ]


def show_counts(read: Sequence[Read]) -> None:
    table = Table("still there", *(f"{field}s" for field in DOORS))
    totals = {field: sum(each.field == field for each in read) for field in DOORS}
    table.add_row("all", *(f"{total:,}" for total in totals.values()))
    changed = {
        f: sum(e.field == f and e.raw.split() != e.shown.split() for e in read) for f in DOORS
    }
    table.add_row("changed", *(f"{n:,}" for n in changed.values()), end_section=True)
    for kind, pattern in KINDS.items():
        counts = [sum(e.field == f and bool(pattern.search(e.shown)) for e in read) for f in DOORS]
        shares = (
            f"{n:,} ({n / total:.3%})" if n else "0"
            for n, total in zip(counts, totals.values(), strict=True)
        )
        table.add_row(kind, *shares)
    Console(width=120).print(table)


def show_texts(read: Sequence[Read], kind: str, width: int = 60) -> None:
    pattern = KINDS[kind]
    for each in read:
        for found in pattern.finditer(each.shown):
            begin = max(found.start() - width, 0)
            print(f"{each.field}: {each.shown[begin : found.end() + width]}")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.tex")
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--show", choices=list(KINDS), help="print each place of this kind")
    options = parser.parse_args()
    fields = read_fields(options.files)
    begin = time.process_time()
    read = read_all(fields)
    spent = time.process_time() - begin
    if options.show:
        show_texts(read, options.show)
        return
    show_counts(read)
    print(f"{len(read):,} texts in {spent:.2f} s of CPU")


if __name__ == "__main__":
    main()
