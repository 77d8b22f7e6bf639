"""One paper from many places: records that share an identity become one `Paper`.

Two records are one paper when they share an id, directly or through others. A title id is weaker
than the rest: it joins records only when the title is no commonplace ("Editorial") and when no
two of the records that carry it contradict each other, which two arXiv ids do, or two addresses
on one site. A preprint's DOI does not contradict a journal's: that is how a paper grows up.
A source that names no authors is joined by the title alone, when only one paper bears it.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import date
from typing import TypeVar

from digest.editorial.groups import Groups
from digest.model import Mark, Paper, PaperId

_STRENGTH = ("arxiv", "doi", "openreview", "hf", "pmid", "url")
#: DOI prefixes of preprint servers: arXiv, bioRxiv and medRxiv, Research Square, ChemRxiv, OSF,
#: SSRN, Preprints.org, TechRxiv.
_PREPRINT = (
    "10.48550/",
    "10.1101/",
    "10.64898/",
    "10.21203/",
    "10.26434/",
    "10.31234/",
    "10.31219/",
    "10.2139/",
    "10.20944/",
    "10.36227/",
)
_ARXIV_DOI = "10.48550/arxiv."
_TRUNCATED = re.compile(r"(?:…|\.\.\.|\[…\]|\[\.\.\.\])\s*$")
_ANNOUNCED_AS = ("new", "cross", "replace", "replace-cross")
_T = TypeVar("_T")


def strength(paper_id: PaperId) -> tuple[int, str, str]:
    """Sort key of ids, strongest first; an unknown scheme stands just before `title`."""
    scheme = paper_id.scheme
    rank = _STRENGTH.index(scheme) if scheme in _STRENGTH else len(_STRENGTH)
    return (rank + (scheme == "title"), scheme, paper_id.value)


def is_commonplace(title: str) -> bool:
    """Whether so short a title says nothing about identity ("Editorial", "Book review")."""
    return len(re.findall(r"\w+", title)) < 3 and title.isascii()


def merge_papers(papers: Iterable[Paper]) -> tuple[Paper, ...]:
    """Join the records of each paper, sorted by id; the order of the input changes nothing.

    Every id of the input names exactly one paper of the result. Where records that contradict
    each other carry one title id, the record that has no other id keeps it, else the first.
    """
    records = sorted(set(papers), key=_record_order)
    groups = Groups(len(records))
    _join_by_ids(records, groups)
    owners = _join_by_titles(records, groups)
    merged = []
    for root, members in groups.all():
        ids = {i for n in members for i in records[n].ids if owners.get(i, root) == root}
        merged.append(_merge_records([records[n] for n in members], ids))
    return tuple(sorted(merged, key=lambda paper: strength(paper.id)))


def _join_by_ids(records: Sequence[Paper], groups: Groups) -> None:
    first: dict[PaperId, int] = {}
    for n, record in enumerate(records):
        for paper_id in record.ids:
            if paper_id.scheme != "title":
                groups.join(n, first.setdefault(_canonical(paper_id), n))


def _canonical(paper_id: PaperId) -> PaperId:
    """arXiv registers a DOI for every paper of its own; it names the same thing."""
    if paper_id.scheme == "doi" and paper_id.value.lower().startswith(_ARXIV_DOI):
        return PaperId("arxiv", paper_id.value[len(_ARXIV_DOI) :])
    return paper_id


def _join_by_titles(records: Sequence[Paper], groups: Groups) -> dict[PaperId, int]:
    """Join what titles may join; returns the root that keeps each title id."""
    carriers: dict[PaperId, list[int]] = defaultdict(list)
    for n, record in enumerate(records):
        for paper_id in record.ids:
            if paper_id.scheme == "title":
                carriers[paper_id].append(n)
    for numbers in carriers.values():
        bare = [n for n in numbers if all(i.scheme == "title" for i in records[n].ids)]
        for n in bare[1:]:
            groups.join(bare[0], n)
    ordered = sorted(carriers.items(), key=lambda item: strength(item[0]))
    ids = {root: _ids(records, members) for root, members in groups.all()}
    changed = True
    while changed:
        changed = False
        for _, numbers in ordered:
            roots = sorted({groups.root(n) for n in numbers})
            if len(roots) > 1 and _may_join(records, numbers, [ids[r] for r in roots]):
                for root in roots[1:]:
                    groups.join(roots[0], root)
                ids[roots[0]] = frozenset(i for root in roots for i in ids[root])
                changed = True
        changed = _join_authorless(records, groups) or changed
        ids = {root: _ids(records, members) for root, members in groups.all()}
    return _title_owners(records, groups, ordered)


def _join_authorless(records: Sequence[Paper], groups: Groups) -> bool:
    """Join groups that name no author with the one that has their title; whether any were.

    A group's title is the one that its merged paper will have, so merging again finds nothing
    new. Where papers by different authors share the title, nobody can tell which one is meant.
    """
    if all(record.authors for record in records):
        return False
    titled: dict[str, list[list[int]]] = defaultdict(list)
    for _, members in groups.all():
        title = _words_order([records[n] for n in members])[0].title
        if not is_commonplace(title):
            titled[_letters(title)].append(members)
    joined = False
    for found in titled.values():
        by_somebody = sum(any(records[n].authors for n in members) for members in found)
        if by_somebody == 1 < len(found) and not _contradict([_ids(records, m) for m in found]):
            for members in found[1:]:
                groups.join(found[0][0], members[0])
            joined = True
    return joined


def _letters(title: str) -> str:
    """What is compared of a title: its letters and digits, without case or accents."""
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", title).casefold())
    return "".join(char for char in folded.casefold() if char.isalnum()) or title.strip()


def _title_owners(
    records: Sequence[Paper], groups: Groups, carriers: Sequence[tuple[PaperId, list[int]]]
) -> dict[PaperId, int]:
    ids = {root: _ids(records, members) for root, members in groups.all()}
    owners = {}
    for title, numbers in carriers:
        roots = {groups.root(n) for n in numbers}
        owners[title] = min(roots, key=lambda r: (any(i.scheme != "title" for i in ids[r]), r))
    return owners


def _ids(records: Sequence[Paper], members: Sequence[int]) -> frozenset[PaperId]:
    return frozenset(i for n in members for i in records[n].ids)


def _may_join(
    records: Sequence[Paper], numbers: Sequence[int], groups: Sequence[frozenset[PaperId]]
) -> bool:
    return not (any(is_commonplace(records[n].title) for n in numbers) or _contradict(groups))


def _contradict(groups: Sequence[frozenset[PaperId]]) -> bool:
    """Whether two of the groups have different ids of a kind of which a paper has one."""
    seen: set[str] = set()
    for ids in groups:
        realms = {realm for i in ids if (realm := _realm(i))}
        if realms & seen:
            return True
        seen |= realms
    return False


def _realm(paper_id: PaperId) -> str:
    """Where two different ids cannot name one paper; "" where they can."""
    paper_id = _canonical(paper_id)
    if paper_id.scheme == "title":
        return ""
    if paper_id.scheme == "url":
        return "url " + paper_id.value.rpartition("://")[2].partition("/")[0].lower()
    if paper_id.scheme == "doi":
        return "preprint" if paper_id.value.lower().startswith(_PREPRINT) else "doi"
    return paper_id.scheme


def _record_order(paper: Paper) -> tuple[tuple[tuple[int, str, str], ...], str]:
    return (tuple(sorted(map(strength, paper.ids))), repr(paper))


def _merge_records(records: Sequence[Paper], ids: Iterable[PaperId]) -> Paper:
    """All signals of `records` in one paper; its words come from the best record (`_words_order`).

    A signal is the largest one known, because votes, comments and stars grow; `fetched_at` is the
    moment of the record whose votes were taken.
    """
    ordered_ids = tuple(sorted(ids, key=strength))
    if len(records) == 1:
        return replace(records[0], ids=ordered_ids)
    records = _words_order(records)
    best = records[0]

    def first(of: Callable[[Paper], _T | None]) -> _T | None:
        return next((value for record in records if (value := of(record))), None)

    return replace(
        best,
        ids=ordered_ids,
        abstract=best.abstract or first(lambda p: p.abstract) or "",
        authors=_authors(records),
        url=first(lambda p: p.url),
        pdf_url=first(lambda p: p.pdf_url),
        code_url=first(lambda p: p.code_url),
        project_url=first(lambda p: p.project_url),
        discussion_url=first(lambda p: p.discussion_url),
        thumbnail=first(lambda p: p.thumbnail),
        published=_known(min, (p.published for p in records)),
        announced=_known(max, (p.announced for p in records)),
        version=_known(max, (p.version for p in records)),
        announce_type=_announce_type(records),
        categories=_union(p.categories for p in records),
        keywords=_union(p.keywords for p in records),
        venue=first(lambda p: p.venue),
        comment=first(lambda p: p.comment),
        organization=first(lambda p: p.organization),
        submitter=first(lambda p: p.submitter),
        source_summary=first(lambda p: p.source_summary),
        votes=_known(max, (p.votes for p in records)),
        comments=_known(max, (p.comments for p in records)),
        stars=_known(max, (p.stars for p in records)),
        fetched_at=_signals_from(records).fetched_at,
        withdrawn=any(p.withdrawn for p in records),
        sources=_union(p.sources for p in records),
        source_id=first(lambda p: p.source_id),
        marks=tuple(mark for mark in Mark if any(mark in p.marks for p in records)),
        first_sent=_known(min, (p.first_sent for p in records)),
        score=None,
        placement=None,
    )


def _words_order(records: Sequence[Paper]) -> list[Paper]:
    """Whose words to take: a whole abstract first, then the original over who repeats it.

    "Whole" is neither cut off ("...") nor under six tenths of the longest one. arXiv and a
    journal are originals; others shorten, re-wrap or rewrite.
    """
    longest = max(len(p.abstract) for p in records)

    def order(paper: Paper) -> tuple[bool, bool, int, str]:
        cut = bool(_TRUNCATED.search(paper.abstract)) or not paper.abstract
        short = len(paper.abstract) < 0.6 * longest
        return (cut or short, not _is_original(paper), -len(paper.abstract), repr(paper))

    return sorted(records, key=order)


def _is_original(paper: Paper) -> bool:
    return paper.announce_type is not None or bool(paper.categories) or paper.venue is not None


def _authors(records: Sequence[Paper]) -> tuple[str, ...]:
    """The first list that is not much shorter than the longest: some sources name only one."""
    longest = max(len(p.authors) for p in records)
    return next(p.authors for p in records if len(p.authors) >= 0.6 * longest)


def _announce_type(records: Sequence[Paper]) -> str | None:
    kinds = {p.announce_type for p in records} - {None}
    known = [kind for kind in _ANNOUNCED_AS if kind in kinds]
    return known[0] if known else min((k for k in kinds if k is not None), default=None)


def _signals_from(records: Sequence[Paper]) -> Paper:
    def order(paper: Paper) -> tuple[int, float]:
        moment = paper.fetched_at.timestamp() if paper.fetched_at else 0.0
        return (-1 if paper.votes is None else paper.votes, moment)

    return max(records, key=order)


_V = TypeVar("_V", int, date)


def _known(choose: Callable[[Iterable[_V]], _V], values: Iterable[_V | None]) -> _V | None:
    known = [value for value in values if value is not None]
    return choose(known) if known else None


def _union(parts: Iterable[Sequence[str]]) -> tuple[str, ...]:
    """Every value once, in the order of first appearance, compared without case."""
    found: dict[str, str] = {}
    for part in parts:
        for value in part:
            found.setdefault(value.casefold(), value)
    return tuple(found.values())
