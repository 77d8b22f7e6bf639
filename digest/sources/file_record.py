"""One record of a paper file, whatever names its fields have, as a `Paper`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from digest.model import Paper, PaperId
from digest.sources.arxiv_entry import says_withdrawn
from digest.sources.days import parse_day
from digest.sources.ids import arxiv_version, known_ids, url_id
from digest.sources.text import (
    clean_authors,
    clean_name,
    clean_text,
    clean_title,
    clean_url,
    html_to_text,
    title_id,
)

_KEYS = {
    "title": ("title", "paper_title", "name", "primary_title"),
    "abstract": ("abstract", "summary", "description", "abstract_text", "abstract_note"),
    "authors": ("authors", "author", "creators", "creator", "author_names"),
    "url": ("url", "link", "abs_url", "html_url", "paper_url", "landing_page", "uri"),
    "pdf_url": ("pdf_url", "pdf", "pdf_link", "open_access_pdf"),
    "code_url": ("code_url", "code", "github_repo", "github", "github_url", "repository"),
    "project_url": ("project_url", "project_page", "project", "homepage"),
    "discussion_url": ("discussion_url", "discussion"),
    "thumbnail": ("thumbnail", "thumbnail_url", "image"),
    "published": (
        "published", "published_at", "publication_date", "published_date", "date", "pub_date",
        "created", "created_at", "submitted", "year", "publication_year",
    ),
    "announced": ("announced", "submitted_on_daily_at", "announced_at"),
    "categories": ("categories", "category", "subjects", "primary_category", "fields_of_study"),
    "keywords": ("keywords", "ai_keywords", "tags", "keyword"),
    "votes": ("votes", "upvotes", "likes", "points", "upvotes_max"),
    "comments": ("num_comments", "comments", "comment_count"),
    "stars": ("stars", "github_stars", "stargazers"),
    "comment": ("comment", "comments", "note", "notes"),
    "venue": ("venue", "journal", "journal_ref", "booktitle", "container_title", "conference"),
    "organization": ("organization", "organisation", "affiliation", "institution"),
    "submitter": ("submitter", "submitted_by"),
    "source_summary": ("ai_summary", "tldr", "source_summary"),
    "withdrawn": ("withdrawn", "withdrawn_at", "retracted"),
}  # fmt: skip
_ID_KEYS = ("id", "paper_id", "key", "uid", "_id")
_NAMING = ("arxiv_id", "arxiv", "eprint", "doi", "openreview_id", "openreview", "pmid", "pubmed_id")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_CATEGORY = re.compile(r"[a-z]+(?:-[a-z]+)*(?:\.[A-Za-z-]+)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class RawRecord:
    """What a format's reader found: fields, or the fault that is there instead.

    `line` counts from 1 (0: unknown); `key` says which element of an array it is.
    """

    line: int = 0
    key: str = ""
    fields: Mapping[str, Any] | None = None
    fault: str = ""
    mend: str = ""
    warning: bool = False


def normal_key(key: object) -> str:
    """`githubRepo`, `Github Repo` and `github-repo` are one name."""
    text = _CAMEL.sub("_", str(key).strip().lstrip("\ufeff"))
    return re.sub(r"[\s_-]+", "_", text).lower()


def parse_record(fields: Mapping[str, Any], *, fetched_at: datetime) -> Paper:
    """The paper that the fields describe.

    Raises:
        ValueError: with the reason in words; there is no title.
    """
    record = _flatten(fields)
    title = clean_title(_unstyled(_text(_first(record, "title"))))
    if not title:
        raise ValueError("has no title")
    authors = read_authors(_first(record, "authors"))
    source_id = next((_text(record[key]) for key in _ID_KEYS if record.get(key)), "") or None
    url = clean_url(_text(_first(record, "url")))
    pdf_url = clean_url(_text(_first(record, "pdf_url")))
    naming = [source_id, *_named(record), url, pdf_url]
    ids = _identify(naming, url, title, authors)
    abstract, comment = _abstract(record), _comment(record)
    withdrawn = _is_withdrawn(record) or (
        ids[0].scheme == "arxiv" and says_withdrawn(comment or "", abstract)
    )
    return Paper(
        ids=ids,
        title=title,
        abstract=abstract,
        authors=authors,
        url=url or _home(ids[0]),
        pdf_url=pdf_url,
        code_url=clean_url(_text(_first(record, "code_url"))),
        project_url=clean_url(_text(_first(record, "project_url"))),
        discussion_url=clean_url(_text(_first(record, "discussion_url"))),
        thumbnail=clean_url(_text(_first(record, "thumbnail"))),
        published=_day(record, "published"),
        announced=_day(record, "announced"),
        version=next((found for text in naming if (found := arxiv_version(text))), None),
        categories=read_words(_first(record, "categories"), categories=True),
        keywords=read_words(_first(record, "keywords")),
        venue=clean_name(_text(_first(record, "venue"))) or None,
        comment=comment,
        organization=clean_name(_text(_first(record, "organization"))) or None,
        submitter=clean_name(_text(_first(record, "submitter"))) or None,
        source_summary=clean_text(_text(_first(record, "source_summary"))) or None,
        votes=read_count(_first(record, "votes")),
        comments=next(
            (
                found
                for key in _KEYS["comments"]
                if (found := read_count(record.get(key))) is not None
            ),
            None,
        ),
        stars=read_count(_first(record, "stars")),
        withdrawn=withdrawn,
        # Kept letter for letter: whoever wrote the file knows the paper by it.
        source_id=source_id,
        fetched_at=fetched_at,
    )


def _flatten(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Fields by normal name; what a `paper` inside holds comes first (Hugging Face's shape)."""
    record = {normal_key(key): value for key, value in fields.items() if key is not None}
    inner = record.get("paper")
    if isinstance(inner, Mapping):
        record = {**record, **{normal_key(key): value for key, value in inner.items()}}
    return record


def _first(record: Mapping[str, Any], field: str) -> Any:
    return next(
        (record[key] for key in _KEYS[field] if record.get(key) not in (None, "", [])), None
    )


def _day(record: Mapping[str, Any], field: str) -> date | None:
    """The first of the field's names that holds a day: bioRxiv's `published` is a DOI or "NA"."""
    return next((day for key in _KEYS[field] if (day := parse_day(record.get(key)))), None)


def _text(value: Any) -> str:
    """A value as text; of a list its first, of an object its name."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, bool) or value is None:
        return ""
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, Mapping):
        names = ("fullname", "full_name", "name", "text", "url", "user")
        return next((_text(value[key]) for key in names if isinstance(value.get(key), str)), "")
    if isinstance(value, list | tuple):
        return _text(value[0]) if value else ""
    return ""


_STYLED = re.compile(r"<((?:jats:)?(?:i|em|italic|sub|sup))>([^<>]*)</\1>")


def _unstyled(text: str) -> str:
    """Publishers' records set species names and formulas in whole pairs of tags.

    They go, as italics do in plain text; any other tag is what somebody typed, and stays.
    """
    return html_to_text(text) if _STYLED.search(text) and "<" not in _STYLED.sub("", text) else text


def _abstract(record: Mapping[str, Any]) -> str:
    text = _text(_first(record, "abstract"))
    # Crossref's and bioRxiv's replies carry JATS; a lone `<b>` is what somebody typed.
    return clean_text(
        html_to_text(text) if re.search(r"<(?:jats:)?(?:p|sec|title)\b", text) else text
    )


def _comment(record: Mapping[str, Any]) -> str | None:
    for key in _KEYS["comment"]:
        if (value := record.get(key)) and isinstance(value, str) and read_count(value) is None:
            return clean_text(value) or None
    return None


def _is_withdrawn(record: Mapping[str, Any]) -> bool:
    """A flag, or the day on which it happened."""
    said = _first(record, "withdrawn")
    return said is True or _text(said).lower() not in ("", "0", "false", "no", "none", "null")


def _named(record: Mapping[str, Any]) -> list[str]:
    """Texts that may name the paper, out of the fields that exist for it."""
    found = [_text(record.get(key)) for key in _NAMING]
    if (pmid := _text(record.get("pmid") or record.get("pubmed_id"))).isdigit():
        found.append(f"pmid:{pmid}")
    external = record.get("external_ids")
    if isinstance(external, Mapping):
        for key, value in external.items():
            name = str(key).lower()
            if name in ("arxiv", "doi"):
                found.append(_text(value))
            elif name == "pubmed":
                found.append(f"pmid:{_text(value)}")
    return found


def _identify(
    naming: Iterable[str | None], url: str | None, title: str, authors: tuple[str, ...]
) -> tuple[PaperId, ...]:
    ids = list(known_ids(*naming))
    if not ids and (address := url_id(url)):
        ids.append(address)
    # A bare `42` or `main.8` is unique within its file only, so it names nothing elsewhere.
    return (*ids, title_id(title, authors[0] if authors else ""))


def _home(paper_id: PaperId) -> str | None:
    match paper_id.scheme:
        case "arxiv":
            return f"https://arxiv.org/abs/{paper_id.value}"
        case "doi":
            return clean_url(f"https://doi.org/{paper_id.value}")
        case "openreview":
            return f"https://openreview.net/forum?id={paper_id.value}"
        case "pmid":
            return f"https://pubmed.ncbi.nlm.nih.gov/{paper_id.value}/"
    return None


def read_count(value: Any) -> int | None:
    """A count as `12`, `"1,234"`, `"1.2k"`; None when it is none."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, list):
        return len(value) if value and isinstance(value[0], Mapping) else None
    found = re.fullmatch(r"\s*(\d[\d,]{0,15}(?:\.\d+)?)\s*([kKmM]?)\s*", str(value), re.ASCII)
    if not found:
        return None
    scale = {"k": 1_000, "m": 1_000_000}.get(found[2].lower(), 1)
    return round(float(found[1].replace(",", "")) * scale)


def read_words(value: Any, *, categories: bool = False) -> tuple[str, ...]:
    """Categories or keywords out of a list, or a text split at `;`, `|` or `,`."""
    if isinstance(value, str):
        words = value.split()
        if categories and all(_CATEGORY.fullmatch(word) for word in words) and "." in value:
            parts: list[Any] = list(words)
        else:
            sign = next((sign for sign in ";|," if sign in value), None)
            parts = value.split(sign) if sign else [value]
    else:
        parts = list(value) if isinstance(value, list | tuple) else []
    cleaned = (clean_name(_text(part), 200) for part in parts)
    return tuple(dict.fromkeys(word for word in cleaned if word))[:200]


def read_authors(value: Any) -> tuple[str, ...]:
    """Authors out of a list of names, a list of objects, or one text."""
    if isinstance(value, str):
        return clean_authors(split_names(value))
    if isinstance(value, Mapping):
        value = [value]
    if not isinstance(value, list | tuple):
        return ()
    names = [_person(entry) for entry in value]
    return clean_authors(
        names if len(names) > 1 else [n for name in names for n in split_names(name)]
    )


def _person(entry: Any) -> str:
    if not isinstance(entry, Mapping):
        return _text(entry)
    person = {normal_key(key): value for key, value in entry.items()}
    given = _text(person.get("given") or person.get("first_name") or person.get("first"))
    family = _text(person.get("family") or person.get("last_name") or person.get("last"))
    return f"{given} {family}".strip() or _text(person)


def split_names(text: str) -> list[str]:
    """The names in one text: split at `;`, else at " and ", else at commas.

    "Last, First" is turned round where the commas can mean nothing else.
    """
    text = " ".join(text.split())
    parts = re.split(r"\s*;\s*", text) if ";" in text else re.split(r",?\s+and\s+", text)
    names: list[str] = []
    for part in parts:
        pieces = [piece.strip() for piece in part.split(",") if piece.strip()]
        whole = all(" " in piece and not piece.endswith(".") for piece in pieces)
        if len(pieces) == 2 and not whole:
            names.append(f"{pieces[1]} {pieces[0]}")
        elif ";" in text:
            names.append(part)
        else:
            names += pieces
    return names
