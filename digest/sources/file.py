"""Papers out of files: JSON, JSON Lines, CSV, BibTeX, RIS or the text of a papers page."""

from __future__ import annotations

import codecs
import re
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path, PurePath

from digest.config import FileSource
from digest.errors import Problem, SourceError
from digest.model import Paper, SourceReport, Verdict
from digest.sources.file_bibliography import read_bibtex, read_ris
from digest.sources.file_csv import read_csv
from digest.sources.file_json import read_json, read_jsonl
from digest.sources.file_page import read_page
from digest.sources.file_record import RawRecord, parse_record
from digest.sources.inflate import Inflater

MAX_BYTES = 20_000_000
#: Far more than any day has; a hostile file of 20 MB could claim ten million.
MOST_RECORDS = 100_000
_READERS: dict[str, Callable[[str], Iterator[RawRecord]]] = {
    "json": read_json,
    "jsonl": read_jsonl,
    "csv": read_csv,
    "bibtex": read_bibtex,
    "ris": read_ris,
    "text": read_page,
}
_TABLES = frozenset({"json", "jsonl", "csv"})
_EXTENSIONS = {
    ".json": "json", ".jsonl": "jsonl", ".ndjson": "jsonl", ".jl": "jsonl", ".csv": "csv",
    ".tsv": "csv", ".bib": "bibtex", ".bibtex": "bibtex", ".ris": "ris", ".txt": "text",
    ".text": "text", ".md": "text",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedFile:
    """A file's papers in its order, with what could not be read."""

    papers: tuple[Paper, ...]
    problems: tuple[Problem, ...]


def parse_papers(
    content: bytes,
    *,
    name: str,
    format: str = "auto",
    fetched_at: datetime,
    max_bytes: int = MAX_BYTES,
) -> ParsedFile:
    """Read a file's bytes; `name` is for the extension and for messages.

    A record that cannot be read is a problem with its line; the others go on, up to
    `MOST_RECORDS`. gzip is unpacked up to `max_bytes`. Never raises for what the file holds.
    """
    try:
        text = decode(unpack(content, max_bytes))
    except SourceError as error:
        return ParsedFile(papers=(), problems=(Problem(file=name, what=error.message),))
    kind = format if format in _READERS else find_format(name, text)
    if kind == "text" and (what := _no_plain_text(text)):
        return ParsedFile(papers=(), problems=(Problem(file=name, what=what),))
    papers: list[Paper] = []
    problems: list[Problem] = []
    for number, raw in enumerate(_READERS[kind](text)):
        if number == MOST_RECORDS:
            what = f"holds more than {MOST_RECORDS:,} records; the rest is not read"
            problems.append(Problem(file=name, line=raw.line, what=what))
            break
        try:
            if raw.fields is None:
                raise ValueError(raw.fault)
            papers.append(parse_record(raw.fields, fetched_at=fetched_at))
        except ValueError as error:
            problems.append(_problem(name, raw, str(error)))
    nothing = not papers and not any(not problem.warning for problem in problems)
    # An empty table or list says "none today"; a text without one paper is no papers page.
    if nothing and (kind not in _TABLES or not text.strip()):
        problems.append(Problem(file=name, what=f"no paper was found in it, read as {kind}"))
    return ParsedFile(papers=_without_shared_addresses(papers), problems=tuple(problems))


def _problem(name: str, raw: RawRecord, what: str) -> Problem:
    return Problem(
        file=name, line=raw.line, key=raw.key, what=what, mend=raw.mend, warning=raw.warning
    )


def _without_shared_addresses(papers: Sequence[Paper]) -> tuple[Paper, ...]:
    """Addresses name no paper when several titles share one, such as a conference's page."""
    titles: dict[str, set[str]] = {}
    for paper in papers:
        if paper.id.scheme == "url":
            titles.setdefault(paper.id.value, set()).add(paper.ids[-1].value)
    shared = {value for value, known in titles.items() if len(known) > 1}
    return tuple(
        replace(paper, ids=paper.ids[1:])
        if paper.id.scheme == "url" and paper.id.value in shared
        else paper
        for paper in papers
    )


def unpack(content: bytes, max_bytes: int = MAX_BYTES) -> bytes:
    """The plain bytes of a file that may be gzip (by its first bytes, whatever its name).

    Raises:
        SourceError: broken gzip, or more than `max_bytes` inside.
    """
    if not content.startswith(b"\x1f\x8b"):
        return content
    inflater, pieces, size = Inflater(), [], 0
    try:
        for piece in inflater.feed(content):
            size += len(piece)
            if size > max_bytes:
                raise SourceError(f"holds more than {max_bytes:,} bytes when unpacked")
            pieces.append(piece)
    except zlib.error as error:
        raise SourceError(f"is broken gzip: {error}") from None
    if not inflater.is_complete:
        raise SourceError("is gzip that was cut off")
    return b"".join(pieces)


def _no_plain_text(text: str) -> str:
    """What `text` is instead of a page's plain text, or "": its lines would pass for titles."""
    head = text[:4000]
    if re.match(r"[\ufeff\s]*<(?:[?!]|[a-z][\w:.-]*[\s/>])", head, re.IGNORECASE):
        return "is HTML or XML, not plain text (a feed is a source of kind: feed)"
    controls = len(re.findall(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]", head))
    return "is binary, not text" if controls * 100 > len(head) else ""


_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def decode(content: bytes) -> str:
    """Bytes as text: by byte order mark, else UTF-8, UTF-16 by its zeros, or Windows-1252."""
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return content.decode(encoding, "replace")
    head = content[:400]
    if head.count(0) > len(head) // 3:
        return content.decode(
            "utf-16-le" if head[1::2].count(0) > head[::2].count(0) else "utf-16-be", "replace"
        )
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")


def find_format(name: str, text: str) -> str:
    """The format by extension (without `.gz`), else by the first characters."""
    lowered = name.lower().removesuffix(".gz")
    known = _EXTENSIONS.get(PurePath(lowered).suffix)
    seen = _look(text)
    # A `.json` with an object a line is common, and so is a `.txt` that holds something else.
    if known is None or (known, seen) == ("json", "jsonl"):
        return seen
    return seen if known == "text" and seen in ("ris", "bibtex", "json", "jsonl") else known


def _look(text: str) -> str:
    head = text.lstrip("\ufeff \t\r\n")[:5000]
    if head.startswith("["):
        return "json"
    if head.startswith("{"):
        first, _, rest = head.partition("\n")
        return "jsonl" if first.rstrip().endswith("}") and rest.lstrip().startswith("{") else "json"
    if re.match(r"TY\s*-", head):
        return "ris"
    if re.search(r"^\s*@\s*\w+\s*[{(]", head, re.MULTILINE):
        return "bibtex"
    first = head.partition("\n")[0]
    names = {part.strip().strip('"').lower() for part in re.split(r"[,;\t|]", first)}
    return "csv" if "title" in names and len(names) > 1 else "text"


def read_file_source(
    source: FileSource, *, folder: Path, label: str, now: datetime
) -> tuple[tuple[Paper, ...], SourceReport]:
    """Papers and verdict of the files that `source.path` names; never raises for the files."""
    pattern = source.path or ""
    try:
        paths = find_files(folder, pattern)
    except (OSError, ValueError, NotImplementedError) as error:
        return (), report_file(source, label=label, parsed=(), reason=f"{pattern}: {error}")
    if not paths:
        reason = f"no file matches {pattern} in {folder}"
        return (), report_file(source, label=label, parsed=(), reason=reason)
    parsed = [_read_one(path, _shown(path, folder), source, now) for path in paths]
    papers = tuple(paper for one in parsed for paper in one.papers)
    papers = tuple(replace(paper, sources=(label,)) for paper in papers)
    return papers, report_file(source, label=label, parsed=parsed)


def _read_one(path: Path, name: str, source: FileSource, now: datetime) -> ParsedFile:
    limit = source.max_bytes
    try:
        with path.open("rb") as file:
            content = file.read(limit + 1)
    except OSError as error:
        problem = Problem(file=name, what=f"cannot be read: {error.strerror or error}")
        return ParsedFile(papers=(), problems=(problem,))
    if len(content) > limit:
        problem = Problem(file=name, what=f"is larger than {limit:,} bytes (max_bytes)")
        return ParsedFile(papers=(), problems=(problem,))
    return parse_papers(content, name=name, format=source.format, fetched_at=now, max_bytes=limit)


def find_files(folder: Path, pattern: str) -> tuple[Path, ...]:
    """Files that match, sorted by path; `pattern` is against `folder` unless absolute."""
    path = Path(pattern).expanduser()
    if not re.search(r"[*?\[]", pattern):
        whole = folder / path
        return (whole,) if whole.exists() else ()
    base, rest = (
        (Path(path.anchor), path.relative_to(path.anchor)) if path.is_absolute() else (folder, path)
    )
    return tuple(sorted(found for found in base.glob(str(rest)) if found.is_file()))


def _shown(path: Path, folder: Path) -> str:
    return str(path.relative_to(folder)) if path.is_relative_to(folder) else str(path)


def report_file(
    source: FileSource, *, label: str, parsed: Sequence[ParsedFile], reason: str = ""
) -> SourceReport:
    """The verdict on what was parsed: fresh, partial with the first problem, or down.

    With a `reason` there is nothing to judge: the source is down.
    """
    papers = sum(len(one.papers) for one in parsed)
    verdict, words = judge_files(parsed) if not reason else (Verdict.DOWN, reason)
    return SourceReport(
        source=label,
        kind=source.kind,
        verdict=verdict,
        papers=papers,
        reason=words,
        url=source.url,
        required=source.required,
    )


def judge_files(parsed: Sequence[ParsedFile]) -> tuple[Verdict, str]:
    """What the files are worth, with the reason in words."""
    papers = sum(len(one.papers) for one in parsed)
    found = [p for one in parsed for p in one.problems if not p.warning]
    files = f"{len(parsed)} file{'s' if len(parsed) != 1 else ''}"
    if not found and not papers:
        return Verdict.QUIET, f"{files} without a paper"
    if not found:
        return Verdict.FRESH, f"{papers:,} paper{'s' if papers != 1 else ''} from {files}"
    others = len(found) - 1
    more = f", and {others:,} more problem{'s' if others != 1 else ''}" if others else ""
    words = f"{found[0]}{more}"
    return (Verdict.PARTIAL if papers else Verdict.DOWN), words
