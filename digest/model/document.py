"""An edition as plain JSON values, in a schema that other programs read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, TypeVar

from digest.model.edition import DayCount, Edition, EditionKey, Section
from digest.model.paper import Mark, Paper, PaperId, Placement, Score
from digest.model.source import SourceReport, Verdict
from digest.model.versioned import read_versioned

#: Raised when a reader of the old shape would misread the new one; added keys do not count.
SCHEMA = 1

_TEXTS = (
    "url",
    "pdf_url",
    "code_url",
    "project_url",
    "discussion_url",
    "thumbnail",
    "announce_type",
    "venue",
    "comment",
    "organization",
    "submitter",
    "source_summary",
    "source_id",
)
_COUNTS = ("version", "votes", "comments", "stars")
_LISTS = ("authors", "categories", "keywords", "sources")
_DAYS = ("published", "announced", "first_sent")
_T = TypeVar("_T")


def edition_to_document(edition: Edition) -> dict[str, Any]:
    """The edition for `json.dumps`: strings, numbers, booleans, None, lists and dicts only."""
    return {
        "schema": SCHEMA,
        "key": str(edition.key),
        "date": edition.date.isoformat(),
        "created_at": edition.created_at.isoformat(),
        "template_set": edition.template_set,
        "rank": edition.rank,
        "left_out": edition.left_out,
        "repeated": edition.repeated,
        "withdrawn": edition.withdrawn,
        "lead": [str(paper_id) for paper_id in edition.lead],
        "days": [
            {"date": day.date.isoformat(), "papers": day.papers, "votes": day.votes}
            for day in edition.days
        ],
        "sections": [
            {
                "theme": section.theme,
                "subtitle": section.subtitle,
                "papers": [paper_to_document(paper) for paper in section.papers],
            }
            for section in edition.sections
        ],
        "verdicts": [report_to_document(report) for report in edition.verdicts],
    }


def edition_from_document(document: Mapping[str, Any]) -> Edition:
    """Read such a document back; keys that this version does not know are passed over.

    Raises:
        ValueError: another schema, or a value that is missing or wrong, named with its place.
    """
    return read_versioned(document, _edition, name="edition", schema=SCHEMA)


def _edition(document: Mapping[str, Any]) -> Edition:
    return Edition(
        key=EditionKey(document["key"]),
        date=date.fromisoformat(document["date"]),
        created_at=datetime.fromisoformat(document["created_at"]),
        sections=tuple(
            Section(
                theme=section["theme"],
                subtitle=section.get("subtitle") or "",
                papers=tuple(paper_from_document(paper) for paper in section["papers"]),
            )
            for section in document["sections"]
        ),
        verdicts=tuple(_report(report) for report in document.get("verdicts") or ()),
        template_set=document.get("template_set") or "daily",
        rank=document.get("rank") or "trending",
        left_out=document.get("left_out") or 0,
        repeated=document.get("repeated") or 0,
        withdrawn=document.get("withdrawn") or 0,
        lead=tuple(PaperId.parse(text) for text in document.get("lead") or ()),
        days=tuple(
            DayCount(date=date.fromisoformat(day["date"]), papers=day["papers"], votes=day["votes"])
            for day in document.get("days") or ()
        ),
    )


def paper_to_document(paper: Paper) -> dict[str, Any]:
    """Every field of a paper; unknown is null. `id` is the first of `ids`."""
    score, placement = paper.score, paper.placement
    return {
        "id": str(paper.id),
        "ids": [str(i) for i in paper.ids],
        "title": paper.title,
        "abstract": paper.abstract,
        "summary": paper.summary,
        "summary_by": paper.summary_by,
        **{name: list(getattr(paper, name)) for name in _LISTS},
        **{name: getattr(paper, name) for name in (*_TEXTS, *_COUNTS)},
        **{name: _iso(getattr(paper, name)) for name in _DAYS},
        "fetched_at": _iso(paper.fetched_at),
        "withdrawn": paper.withdrawn,
        "marks": [str(mark) for mark in paper.marks],
        "score": score.total if score else None,
        "score_parts": dict(score.parts) if score else None,
        "placement": {
            "theme": placement.theme,
            "by": placement.by,
            "words": list(placement.words),
            "second": placement.second,
        }
        if placement
        else None,
    }


def paper_from_document(document: Mapping[str, Any]) -> Paper:
    """Read one paper; a field that is absent is unknown.

    Raises:
        ValueError: a value that cannot be.
        KeyError: no title, or no id.
    """
    lists: dict[str, Any] = {name: tuple(document.get(name) or ()) for name in _LISTS}
    plain: dict[str, Any] = {name: document.get(name) for name in (*_TEXTS, *_COUNTS)}
    days: dict[str, Any] = {name: _maybe(date.fromisoformat, document.get(name)) for name in _DAYS}
    return Paper(
        ids=tuple(PaperId.parse(i) for i in document.get("ids") or [document["id"]]),
        title=document["title"],
        abstract=document.get("abstract") or "",
        summary=document.get("summary") or "",
        summary_by=document.get("summary_by") or "",
        **lists,
        **plain,
        **days,
        fetched_at=_maybe(datetime.fromisoformat, document.get("fetched_at")),
        withdrawn=bool(document.get("withdrawn")),
        marks=tuple(Mark(mark) for mark in document.get("marks") or ()),
        score=_score(document),
        placement=_maybe(_placement, document.get("placement")),
    )


def _score(document: Mapping[str, Any]) -> Score | None:
    if document.get("score") is None:
        return None
    parts = document.get("score_parts") or {}
    return Score(total=document["score"], parts=tuple(parts.items()))


def _placement(document: Mapping[str, Any]) -> Placement:
    return Placement(
        theme=document["theme"],
        by=document["by"],
        words=tuple(document.get("words") or ()),
        second=document.get("second"),
    )


def report_to_document(report: SourceReport) -> dict[str, Any]:
    """One source's verdict; `batch` is an ISO day or null."""
    return {
        "source": report.source,
        "kind": report.kind,
        "verdict": str(report.verdict),
        "papers": report.papers,
        "reason": report.reason,
        "batch": _iso(report.batch),
        "url": report.url,
        "required": report.required,
    }


def _report(document: Mapping[str, Any]) -> SourceReport:
    return SourceReport(
        source=document["source"],
        kind=document["kind"],
        verdict=Verdict(document["verdict"]),
        papers=document["papers"],
        reason=document["reason"],
        batch=_maybe(date.fromisoformat, document.get("batch")),
        url=document.get("url"),
        required=bool(document.get("required")),
    )


def _iso(moment: date | None) -> str | None:
    return moment.isoformat() if moment is not None else None


def _maybe(read: Callable[[Any], _T], value: Any) -> _T | None:
    return None if value is None else read(value)
