"""Records out of BibTeX or RIS bibliographies."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping
from typing import Any

from digest.sources.file_record import RawRecord
from digest.sources.tex import tex_to_text

_VERBATIM = frozenset({"url", "doi", "eprint", "pdf", "link", "file"})
_IN_TEXT = re.compile(r"arxiv:\s*([a-z.-]*/?\d[\d.]{6,}(?:v\d+)?)", re.IGNORECASE)
_LONGEST_VALUE = 100_000  # the text door keeps a tenth of it
_NO_PAPERS = frozenset({"comment", "string", "preamble", "set", "xdata"})


def read_bibtex(text: str) -> Iterator[RawRecord]:
    """One record an entry; braces and TeX are read, "Last, First" is turned round."""
    from bibtexparser import model
    from bibtexparser.entrypoint import parse_string

    logging.getLogger("bibtexparser").setLevel(logging.CRITICAL)  # faults are told as problems
    try:
        library = parse_string(text)
    except Exception as error:  # the library promises nothing for text that is no BibTeX
        yield RawRecord(fault=f"cannot be read as BibTeX: {error}")
        return
    for found in library.blocks:
        block: model.Block | None = found
        line = (found.start_line or 0) + 1
        if isinstance(block, model.DuplicateBlockKeyBlock | model.DuplicateFieldKeyBlock):
            # Two entries may share a key, or an entry name a field twice: both can be read.
            block = block.ignore_error_block
        if isinstance(block, model.Entry):
            if block.entry_type.lower() not in _NO_PAPERS:
                fields = {field.key.lower(): str(field.value) for field in block.fields[::-1]}
                yield RawRecord(line=line, fields=_entry(block.key, fields))
        elif isinstance(block, model.ParsingFailedBlock):
            yield RawRecord(line=line, fault="is an entry with a syntax error")


def _entry(key: str, raw: Mapping[str, str]) -> dict[str, Any]:
    fields: dict[str, Any] = {"id": key}
    for name, value in raw.items():
        if name in _VERBATIM:
            fields[name] = re.sub(r"\\([_%#&~$])", r"\1", value)
        elif name in ("author", "editor"):
            fields[name] = split_bibtex_names(value)
        else:
            fields[name] = tex_to_text(_unquoted(value)[:_LONGEST_VALUE], braces=True)
    fields.pop("editor", None)
    if "date" not in fields and fields.get("year"):
        fields["date"] = _bibtex_day(fields)
    if found := _IN_TEXT.search(
        " ".join(raw.get(name, "") for name in ("journal", "note", "howpublished"))
    ):
        fields.setdefault("arxiv_id", found[1].rstrip("."))
    return fields


def _unquoted(value: str) -> str:
    return " ".join(value.split())


def _bibtex_day(fields: Mapping[str, Any]) -> str:
    month = str(fields.get("month", "")).strip()
    day = str(fields.get("day", "")).strip()
    if month.isdigit():
        return f"{fields['year']}-{month}-{day or 1}"
    return f"{day} {month[:3]} {fields['year']}".strip() if month else str(fields["year"])


def split_bibtex_names(value: str) -> list[str]:
    """Names between " and " outside braces, each as "First Last" (BibTeXing, §4)."""
    names: list[str] = []
    for name in _split_outside_braces(
        " ".join(value.split()), re.compile(r"\s+and\s+", re.IGNORECASE)
    ):
        if name.startswith("{") and name.endswith("}"):  # an organisation
            names.append(tex_to_text(name[1:-1], braces=True))
            continue
        parts = [
            tex_to_text(part, braces=True).strip()
            for part in _split_outside_braces(name, re.compile(r"\s*,\s*"))
        ]
        if len(parts) == 3:
            names.append(f"{parts[2]} {parts[0]} {parts[1]}")
        else:
            names.append(" ".join(reversed(parts)))
    return [name for name in names if name and name.lower() != "others"]


def _split_outside_braces(text: str, pattern: re.Pattern[str]) -> list[str]:
    parts: list[str] = []
    begin = depth = at = 0
    while at < len(text):
        if text[at] in "{}":
            depth += 1 if text[at] == "{" else -1
        elif depth <= 0 and (found := pattern.match(text, at)):
            parts.append(text[begin:at])
            begin = at = found.end()
            continue
        at += 1
    return [part.strip() for part in (*parts, text[begin:]) if part.strip()]


_RIS_START = re.compile(r"^\s*TY\s*-", re.MULTILINE)
_RIS_TAG = re.compile(r"^([A-Z][A-Z0-9])\s*-\s*(.*)$")


def read_ris(text: str) -> Iterator[RawRecord]:
    """One record from `TY` to `ER`; each is read alone, so that one fault costs one record."""
    import rispy

    text = text.replace("\r\n", "\n").replace("\r", "\n")
    starts = [found.start() for found in _RIS_START.finditer(text)]
    line, counted = 1, 0
    for begin, end in zip(starts, [*starts[1:], len(text)], strict=False):
        chunk = text[begin:end]
        first = begin + len(chunk) - len(chunk.lstrip())
        line, counted = line + text.count("\n", counted, first), first
        try:
            entries = rispy.loads(_tidy_ris(chunk))
        except Exception as error:
            yield RawRecord(line=line, fault=f"cannot be read as RIS: {error}")
            continue
        for entry in entries:
            yield RawRecord(line=line, fields=_reference(entry))


def _tidy_ris(chunk: str) -> str:
    """Tags with exactly two blanks and a dash, and an end, as the format asks."""
    lines: list[str] = []
    for raw in chunk.strip().split("\n"):
        found = _RIS_TAG.match(raw.strip())
        if found and found[1] == "ER":
            break
        lines.append(f"{found[1]}  - {found[2]}" if found else raw.strip())
    return "\n".join([*lines, "ER  - ", ""])


def _reference(entry: Mapping[str, Any]) -> dict[str, Any]:
    urls = entry.get("urls") or []
    names = [*(entry.get("authors") or []), *(entry.get("first_authors") or [])]
    return {
        "id": entry.get("id") or "",
        "title": entry.get("title") or entry.get("primary_title") or entry.get("short_title"),
        "abstract": entry.get("abstract") or entry.get("notes_abstract"),
        "authors": [_turn(name) for name in names],
        "doi": entry.get("doi"),
        "url": urls[0] if urls else None,
        "pdf_url": next((url for url in urls if ".pdf" in url or "/pdf/" in url), None),
        "date": entry.get("date") or entry.get("year") or entry.get("publication_year"),
        "keywords": entry.get("keywords"),
        "venue": entry.get("journal_name")
        or entry.get("secondary_title")
        or entry.get("alternate_title3"),
    }


def _turn(name: str) -> str:
    parts = [part.strip() for part in name.split(",") if part.strip()]
    if len(parts) == 3:
        return f"{parts[1]} {parts[0]} {parts[2]}"
    return " ".join(reversed(parts))
