"""Everything that decided about one paper: in an edition, and for one reader."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import Any

from digest.app.house import House
from digest.app.interests import REMEMBERED_EDITIONS, Interests
from digest.app.plan import make_chooser
from digest.editorial.explain import explain_paper, find_paper, score_place, why_not_leading
from digest.mailing.choice import Choice
from digest.mailing.grounds import Grounds, find_grounds
from digest.mailing.schedule import plan_due
from digest.model import Edition, EditionKey, PaperId, Subscriber, Verdict
from digest.model.document import paper_to_document
from digest.storage.archive import documents_until
from digest.storage.campaigns import load_campaign
from digest.storage.census import rows
from digest.storage.seen import mailed_in_others
from digest.storage.suppressions import is_suppressed


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """The same twice: `lines` for a person, `facts` for a program.

    `known`: the edition holds the paper, or another one does.
    """

    lines: tuple[str, ...]
    facts: dict[str, Any]
    known: bool = True


def explain(
    house: House, edition: Edition, paper_id: str, reader: Subscriber | None = None
) -> Explanation:
    """All about the paper with that id, in any of the forms in which people write ids."""
    from digest.sources.ids import known_ids

    text = paper_id.strip()
    ids = list(known_ids(text))
    with suppress(ValueError):
        ids.append(PaperId.parse(text))
    number = find_paper(edition, {text, *map(str, ids)})
    if number is None:
        return _absent(house, edition, text, ids)
    facts = _paper_facts(edition, number)
    lines = explain_paper(edition, number)
    if reader is not None:
        interests = Interests(house, edition)
        grounds = find_grounds(make_chooser(house, edition, interests), reader, number)
        mail = _mail(house, edition, reader, number)
        doubts = tuple(map(str, interests.doubts(reader)))
        facts["reader"] = _reader_facts(reader, grounds, mail, len(edition.papers), doubts)
        because = facts["reader"]["because"]
        lines += (str(reader.address), *(f"  {line}" for line in (*because, *doubts)))
    return Explanation(lines=lines, facts=facts)


def _paper_facts(edition: Edition, number: int) -> dict[str, Any]:
    paper = edition.papers[number]
    section = next(s for s in edition.sections if paper in s.papers)
    leads = edition.lead.index(paper.id) + 1 if paper.id in edition.lead else None
    return {
        "edition": str(edition.key),
        "in_edition": True,
        "paper": paper_to_document(paper),
        "rank": edition.rank,
        "place": score_place(edition, number),
        "of": len(edition.papers),
        "theme": section.theme,
        "place_in_theme": section.papers.index(paper) + 1,
        "leads": leads,
        "does_not_lead": why_not_leading(edition, paper) or None,
    }


# Why a paper is not there


def _absent(house: House, edition: Edition, text: str, ids: Collection[PaperId]) -> Explanation:
    mailed = mailed_in_others(house.database, ids, edition.key)
    others = tuple(_editions_with(house, {text, *map(str, ids)}))
    reasons = [*_absences(edition, [m.first for m in mailed.values()], others)]
    lines = (f"edition {edition.key} has no paper {text}", *(f"  {reason}" for reason in reasons))
    facts = {
        "edition": str(edition.key),
        "in_edition": False,
        "id": text,
        "because": reasons,
        "editions": list(others),
    }
    return Explanation(lines=lines, facts=facts, known=bool(mailed or others))


def _absences(edition: Edition, mailed: list[date], others: Collection[str]) -> Iterator[str]:
    if mailed:
        yield f"it was mailed before, first on {min(mailed)} (edition.repeat)"
    if others:
        yield f"it is in edition {', '.join(others)}"
    if edition.left_out and not mailed:
        yield f"max_papers cut {edition.left_out} papers; which ones is not kept"
    bad = [r for r in edition.verdicts if r.verdict not in (Verdict.FRESH, Verdict.QUIET)]
    for report in bad:
        yield f"{report.source} was {report.verdict} that day: {report.reason}"
    if not (mailed or others or edition.left_out or bad):
        yield "no source gave it that day"


def _editions_with(house: House, names: Collection[str]) -> Iterator[str]:
    """The editions of the archive that hold a paper of one of these names, the newest first."""
    for text in documents_until(house.database, date.max, REMEMBERED_EDITIONS):
        if any(name in text for name in names):  # most documents need not be read
            with suppress(ValueError, TypeError, KeyError):
                document = json.loads(text)
                for section in document["sections"]:
                    for paper in section["papers"]:
                        if not names_of(paper).isdisjoint(names):
                            yield str(document["key"])


def names_of(paper: dict[str, Any]) -> set[str]:
    """The names of a paper in an edition's document."""
    ids = [str(i) for i in paper["ids"]]
    return {*ids, *(i.partition(":")[2] for i in ids), str(paper.get("source_id"))}


# One reader


@dataclass(frozen=True, slots=True, kw_only=True)
class _Mail:
    """What mail a reader gets of the edition; `holds` says what a frozen letter has."""

    words: str
    gets_any: bool
    holds: bool | None = None


def _mail(house: House, edition: Edition, reader: Subscriber, number: int) -> _Mail:
    if is_suppressed(house.database, reader.address, reader_id=house.reader_id(reader.address)):
        return _Mail(words="is suppressed, so no mail goes there", gets_any=False)
    campaign = load_campaign(house.database, edition.key)
    if campaign is not None:
        return _frozen_mail(house, edition.key, campaign.choices, reader, edition, number)
    due = plan_due(
        reader,
        weekly=edition.key.is_weekly,
        day=edition.date,
        timezone=house.config.newsletter.timezone,
        weekly_on=house.config.edition.weekly_on,
    )
    if due is None:
        kind = "a weekly edition" if edition.key.is_weekly else f"{edition.date:%A}s"
        words = f"gets no letter of this edition: {reader.frequency}, and this is for {kind}"
        if not edition.key.is_weekly:
            words = f"gets no letter on {edition.date}, a {edition.date:%A}: {reader.frequency}"
        return _Mail(words=words, gets_any=False)
    return _Mail(words=f"is due from {due:%Y-%m-%d %H:%M} UTC", gets_any=True)


def _frozen_mail(
    house: House,
    key: EditionKey,
    choices: Any,
    reader: Subscriber,
    edition: Edition,
    number: int,
) -> _Mail:
    row = next(rows(house.database, key, address=reader.address), None)
    if row is None:
        words = "was not among the readers when the edition was frozen"
        return _Mail(words=words, gets_any=False)
    if not row.segment:
        return _Mail(words=f"gets no letter: {row.words}", gets_any=False)
    choice = Choice.from_json(choices[row.segment])
    held = [
        (s, n) for s, section in enumerate(edition.sections) for n, _ in enumerate(section.papers)
    ][number]
    holds = held[1] in choice.papers[held[0]]
    words = f"has a frozen letter {'with' if holds else 'without'} it ({row.state})"
    return _Mail(words=words, gets_any=True, holds=holds)


def _reader_facts(
    reader: Subscriber, grounds: Grounds, mail: _Mail, of: int, doubts: tuple[str, ...]
) -> dict[str, Any]:
    chosen = grounds.chosen if mail.holds is None else mail.holds
    verdict = "gets it" if chosen and mail.gets_any else "does not get it"
    return {
        "email": str(reader.address),
        "gets": chosen and mail.gets_any,
        "mail": mail.words,
        "chosen": grounds.chosen,
        "themes": list(grounds.themes),
        "keywords": list(grounds.keywords),
        "exclude": list(grounds.exclude),
        "liked": grounds.liked,
        "brought_by_interests": grounds.brought,
        "interests_bring": grounds.brings,
        "closest": grounds.closest or None,
        "relevance": grounds.relevance,
        "relevance_place": grounds.relevance_place or None,
        "score": grounds.score,
        "place": grounds.place,
        "wished": grounds.wished,
        "room": grounds.room,
        "cut": grounds.cut,
        "doubts": list(doubts),
        "because": [verdict, mail.words, *_because(grounds, of)],
    }


def _because(grounds: Grounds, of: int) -> Iterator[str]:
    for word in grounds.exclude:
        yield f"excludes {word}, which always wins"
    for theme in grounds.themes:
        yield f"follows {theme}"
    for keyword in grounds.keywords:
        yield f"matches: {keyword}"
    if grounds.relevance is not None:
        near = f"relevance {grounds.relevance:.3f}, place {grounds.relevance_place} of {of}"
        yield f"{near}; close to: {grounds.closest}"
    if grounds.liked:
        yield "names it among the interests, which so do not choose it again"
    elif grounds.brought:
        yield "is brought by the interests"
    if grounds.everything:
        yield "has no themes, keywords or interests: everything is wished"
    elif not (grounds.chosen or grounds.cut or grounds.exclude or grounds.liked):
        more = f" and is not among the {grounds.brings} nearest" if grounds.brings else ""
        yield f"meets no theme and no keyword{more}"
    if grounds.room is not None and (grounds.chosen or grounds.cut):
        cut = "cut: " if grounds.cut else ""
        yield f"{cut}place {grounds.place} of the {grounds.wished} wished, {grounds.room} fit"
