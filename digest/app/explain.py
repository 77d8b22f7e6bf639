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
from digest.app.readers_mail import ReadersMail, mail_of
from digest.editorial.explain import explain_paper, find_paper, score_place, why_not_leading
from digest.mailing.forms import SHOWN
from digest.mailing.grounds import Grounds, find_grounds
from digest.model import Edition, Mailed, PaperId, Subscriber, Verdict
from digest.model.document import paper_to_document
from digest.storage.archive import documents_until
from digest.storage.seen import mailed_in_others


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
    from digest.sources.ids import known_ids, url_id

    text = paper_id.strip()
    ids = list(known_ids(text))
    if address := url_id(text):
        ids.append(address)
    with suppress(ValueError):
        ids.append(PaperId.parse(text))
    number = find_paper(edition, {text, *map(str, ids)})
    if number is None:
        return _absent(house, edition, text, ids, reader)
    facts = _paper_facts(edition, number)
    lines = explain_paper(edition, number)
    if reader is not None:
        interests = Interests(house, edition)
        chooser = make_chooser(house, edition, interests)
        grounds = find_grounds(chooser, reader, number)
        mail = mail_of(house, edition, reader, chooser)
        shown = mail.shown.get(str(edition.papers[number].id))
        doubts = tuple(map(str, interests.doubts(reader)))
        of = len(edition.papers)
        facts["reader"] = _reader_facts(reader, grounds, mail, shown, of, doubts)
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


def _absent(
    house: House,
    edition: Edition,
    text: str,
    ids: Collection[PaperId],
    reader: Subscriber | None,
) -> Explanation:
    mailed = mailed_in_others(house.database, ids, edition.key)
    others = tuple(_editions_with(house, {text, *map(str, ids)}))
    reasons = [*_absences(edition, mailed.values(), others)]
    lines = [f"edition {edition.key} has no paper {text}", *(f"  {reason}" for reason in reasons)]
    facts: dict[str, Any] = {
        "edition": str(edition.key),
        "in_edition": False,
        "id": text,
        "because": reasons,
        "editions": list(others),
    }
    if reader is not None:
        mail = mail_of(house, edition, reader, make_chooser(house, edition))
        facts["reader"] = {"email": str(reader.address), "gets": False, "mail": mail.words}
        lines.append(f"  {reader.address} {mail.words}")
    return Explanation(lines=tuple(lines), facts=facts, known=bool(mailed or others))


def _absences(
    edition: Edition, mailed: Collection[Mailed], others: Collection[str]
) -> Iterator[str]:
    first = min((m.first for m in mailed), default=edition.date)
    before = first < edition.date
    if before:
        yield f"it was mailed before, first on {first} (edition.repeat)"
    elif first > edition.date:
        yield f"it was mailed later, on {first}"
    if others:
        yield f"it is in edition {', '.join(others)}"
    if edition.left_out and not before:
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


def _reader_facts(
    reader: Subscriber,
    grounds: Grounds,
    mail: ReadersMail,
    shown: str | None,
    of: int,
    doubts: tuple[str, ...],
) -> dict[str, Any]:
    if shown is None:
        verdict = "does not get it"
    elif shown in SHOWN:
        verdict = f"gets it {SHOWN[shown]}"
    else:
        verdict = "gets it only online, the letter is full"
    return {
        "email": str(reader.address),
        "gets": shown in SHOWN,
        "shown": shown,
        "mail": mail.words,
        "chosen": grounds.chosen,
        "themes": list(grounds.themes),
        "keywords": list(grounds.keywords),
        "exclude": list(grounds.exclude),
        "liked": grounds.liked,
        "brought_by_interests": grounds.brought,
        "brought_by_trend": grounds.trends,
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
    elif grounds.trends:
        yield "is brought by the trend: nothing is known of the interests"
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
