"""Read every configured source at once; one source's failure is a value, not an end."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from urllib.parse import urlsplit

from digest.config import (
    ArxivSource,
    FeedSource,
    FileSource,
    HuggingFaceSource,
    SourceConfig,
)
from digest.errors import SourceError
from digest.model import Paper, SourceReport, Verdict
from digest.sources.aside import run_aside
from digest.sources.fetch import Fetcher, ReplyCache
from digest.sources.politeness import ARXIV_GATE, Gate, Pace
from digest.sources.reading import Judgement, Reading, from_source, paper_ids
from digest.sources.verdict import down

__all__ = ["Collection", "ReplyCache", "collect", "source_labels"]

#: Beyond its own time limit: waiting for arXiv's gate and parsing.
_GRACE = 300.0
_FILE_SECONDS = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection:
    """Everything that the sources gave for a day, in the order of the configuration.

    The same paper may be here several times, once a source. A quiet source gives none. `given`
    holds the ids that each source showed last, per label: the `memory` of the next day.
    """

    papers: tuple[Paper, ...]
    reports: tuple[SourceReport, ...]
    given: Mapping[str, frozenset[str]]


def source_labels(sources: Sequence[SourceConfig]) -> tuple[str, ...]:
    """One name a source, in order, each different."""
    labels: list[str] = []
    for source in sources:
        label = name = source.name or _own_name(source)
        number = 1
        while label in labels:
            number += 1
            label = f"{name} ({number})"
        labels.append(label)
    return tuple(labels)


def _own_name(source: SourceConfig) -> str:
    match source:
        case HuggingFaceSource():
            return "Hugging Face"
        case ArxivSource():
            return f"arXiv {', '.join(source.categories)}"
        case FeedSource():
            return urlsplit(source.url).hostname or source.url
        case FileSource():
            if source.path is not None:
                return source.path
            place = urlsplit(source.url or "")
            return Path(place.path).name or place.hostname or "file"


async def collect(
    sources: Sequence[SourceConfig],
    *,
    folder: Path,
    day: date,
    now: datetime,
    agent: str,
    cache: ReplyCache,
    memory: Mapping[str, frozenset[str]],
    report: Callable[[SourceReport], None] | None = None,
    pace: Pace | None = None,
    arxiv_gate: Gate = ARXIV_GATE,
) -> Collection:
    """Papers and verdicts of all sources for `day`, read at once.

    `folder` is where relative file paths start. `memory[label]` are the ids that a source gave
    for the edition before `day`. `report` is called as each source ends. No source's failure
    raises; `pace` and `arxiv_gate` are for tests.
    """
    labels = source_labels(sources)
    errand = _Errand(
        folder=folder,
        day=day,
        now=now,
        agent=agent,
        cache=cache,
        pace=pace or Pace(),
        arxiv_gate=arxiv_gate,
        tls=_tls(sources),
    )

    async def one(source: SourceConfig, label: str) -> _Result:
        before = memory.get(label, frozenset())
        reading = await _read_safely(source, errand, before)
        quiet = reading.judgement.verdict is Verdict.QUIET
        papers = () if quiet else from_source(reading.papers, label)
        told = SourceReport(
            source=label,
            kind=source.kind,
            verdict=reading.judgement.verdict,
            papers=len(papers),
            reason=reading.judgement.reason,
            batch=reading.judgement.batch,
            url=reading.url,
            required=source.required,
        )
        if report is not None:
            report(told)
        # A source that was down or empty for a day must not make its old papers look new.
        return papers, told, paper_ids(reading.papers) or before

    pairs = zip(sources, labels, strict=True)
    results = await asyncio.gather(*(one(source, label) for source, label in pairs))
    return Collection(
        papers=tuple(paper for papers, _, _ in results for paper in papers),
        reports=tuple(told for _, told, _ in results),
        given={told.source: ids for _, told, ids in results},
    )


_Result = tuple[tuple[Paper, ...], SourceReport, frozenset[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Errand:
    """What all sources of one run share."""

    folder: Path
    day: date
    now: datetime
    agent: str
    cache: ReplyCache
    pace: Pace
    arxiv_gate: Gate
    tls: ssl.SSLContext | None


def _tls(sources: Sequence[SourceConfig]) -> ssl.SSLContext | None:
    """One TLS context for all: building one reads every root certificate."""
    if not any(getattr(source, "url", None) for source in sources):
        return None
    import httpx

    return httpx.create_ssl_context()


async def _read_safely(source: SourceConfig, errand: _Errand, known: frozenset[str]) -> Reading:
    try:
        async with asyncio.timeout(source.timeout + _GRACE):
            return await _read(source, errand, known)
    except SourceError as error:
        reason = error.message
    except TimeoutError:
        reason = "it took too long to read, and was given up"
    except Exception as error:  # a fault of ours in one source must not stop the others
        reason = f"a fault in digest itself: {type(error).__name__}: {error}"
    return Reading(papers=(), judgement=down(reason), url=source.url)


async def _read(source: SourceConfig, errand: _Errand, known: frozenset[str]) -> Reading:
    if isinstance(source, FileSource):
        return await _read_file(source, errand)
    async with _fetcher(source, source.url, errand) as fetcher:
        match source:
            case HuggingFaceSource():
                from digest.sources.huggingface import read_huggingface

                return await read_huggingface(
                    source, fetcher, day=errand.day, now=errand.now, known=known
                )
            case ArxivSource():
                from digest.sources.arxiv import read_arxiv

                return await read_arxiv(
                    source, fetcher, day=errand.day, now=errand.now, known=known
                )
            case FeedSource():
                from digest.sources.feed import read_feed

                return await read_feed(source, fetcher, day=errand.day, now=errand.now, known=known)


async def _read_file(source: FileSource, errand: _Errand) -> Reading:
    from digest.sources.file import judge_files, parse_papers, read_file_source

    if source.url is None:
        papers, told = await run_aside(
            lambda: read_file_source(source, folder=errand.folder, label="", now=errand.now),
            seconds=_FILE_SECONDS,
        )
        judgement = Judgement(verdict=told.verdict, reason=told.reason, batch=told.batch)
        return Reading(papers=papers[: source.max_papers], judgement=judgement)
    async with _fetcher(source, source.url, errand) as fetcher:
        reply = await fetcher.fetch(source.url)
    if reply.truncated:
        raise SourceError("the connection broke off in the middle of the file")
    name = Path(urlsplit(reply.url).path).name or source.url
    parsed = await run_aside(
        lambda: parse_papers(
            reply.body,
            name=name,
            format=source.format,
            fetched_at=errand.now,
            max_bytes=source.max_bytes,
        ),
        seconds=_FILE_SECONDS,
    )
    verdict, reason = judge_files([parsed])
    return Reading(
        papers=parsed.papers[: source.max_papers],
        judgement=Judgement(verdict=verdict, reason=reason),
        url=source.url,
    )


def _fetcher(source: SourceConfig, url: str, errand: _Errand) -> Fetcher:
    is_arxiv = isinstance(source, ArxivSource)
    also = (source.api_url,) if isinstance(source, ArxivSource) and source.api_url else ()
    return Fetcher(
        url,
        also=also,
        agent=errand.agent,
        cache=errand.cache,
        timeout=source.timeout,
        max_bytes=source.max_bytes,
        pace=errand.pace,
        gate=errand.arxiv_gate if is_arxiv else None,
        tls=errand.tls,
    )
