"""What readers like, looked up in their files and in the archive, and held against an edition."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from os.path import exists
from pathlib import Path
from typing import TYPE_CHECKING

from digest.app.house import House
from digest.errors import Problem
from digest.mailing.relevance import Nearness
from digest.model import Edition, Paper, PaperId, Subscriber
from digest.model.document import paper_from_document
from digest.storage.archive import documents_until
from digest.storage.lists.reading import Doubt

if TYPE_CHECKING:
    from digest.editorial.interests import DayPlaces, Places, Surveyor

#: Of a larger file every second, third ... paper is placed: enough to know what she likes.
MOST_PAPERS = 1_000
MAX_BYTES = 20_000_000
#: So many editions back, an id is found: a year of days and weeks.
REMEMBERED_EDITIONS = 420
_KINDS = (".bib", ".bibtex", ".ris", ".csv", ".tsv", ".json", ".jsonl", ".ndjson", ".jl")
_KIND_WORDS = ".bib, .ris, .csv, .json or .jsonl"


@dataclass(frozen=True, slots=True, kw_only=True)
class Liked:
    """What one interest leads to, or the doubt about it.

    `places` and `titles` have a row for each paper liked; `known` are the edition's own papers
    among them, by number.
    """

    doubt: Doubt | None = None
    places: Places | None = None
    titles: tuple[str, ...] = ()
    known: frozenset[int] = frozenset()


_UNKNOWN = Liked(
    doubt=Doubt(
        "no edition has had a paper with this id", f"a file ends in {_KIND_WORDS}", warning=True
    )
)
_NO_KIND = Doubt("is no kind of file that holds papers", f"export it as {_KIND_WORDS}")


class Interests:
    """Readers' interests towards one edition, each file read once.

    Without an edition it only tells whether interests lead to papers.
    """

    def __init__(self, house: House, edition: Edition | None = None) -> None:
        self._house = house
        self._edition = edition
        self._files: dict[Path, Liked] = {}
        self._named: dict[str, Liked] = {}
        self._near: dict[tuple[str, ...], Nearness] = {}

    def check(self, interest: str, folder: Path) -> Doubt | None:
        """What is wrong with an interest out of a list in `folder`, if anything."""
        return self._liked(interest, folder).doubt

    def doubts(self, subscriber: Subscriber) -> tuple[Problem, ...]:
        """What is wrong with one reader's interests."""
        return tuple(
            Problem(
                file=subscriber.file,
                line=subscriber.line,
                key="interests",
                what=f"{interest}: {liked.doubt.what}",
                mend=liked.doubt.mend,
                warning=liked.doubt.warning,
            )
            for interest, liked in zip(subscriber.interests, self._all(subscriber), strict=True)
            if liked.doubt
        )

    def prepare(self, subscribers: Iterable[Subscriber]) -> None:
        """Answer for these readers together, with one matrix product; the last ones are let go."""
        wanted = {_key(s): s for s in subscribers if s.interests}
        self._near = {}
        found = [(key, liked) for key, s in wanted.items() if (liked := self._taste(s))]
        if not found or self._day is None:
            return
        profiles = [self._day.profiles(places) for _, (places, _) in found]
        rows = self._day.closeness(profiles).tolist()
        for (key, (_, known)), scores in zip(found, rows, strict=True):
            self._near[key] = Nearness(scores=scores, liked=known)

    def of(self, subscriber: Subscriber) -> Nearness | None:
        """As `Relevance` asks; a reader who was not prepared for is answered alone."""
        if _key(subscriber) not in self._near:
            self.prepare([subscriber])
        return self._near.get(_key(subscriber))

    def closest(self, subscriber: Subscriber, papers: Sequence[int]) -> tuple[str, ...]:
        """As `Relevance` asks; "" when nothing is known of what she likes."""
        taste = self._taste(subscriber)
        if taste is None or self._day is None:
            return ("",) * len(papers)
        titles = [title for liked in self._all(subscriber) for title in liked.titles]
        return tuple(titles[n] for n in self._day.nearest(taste[0], papers))

    def _taste(self, subscriber: Subscriber) -> tuple[Places, frozenset[int]] | None:
        parts = self._all(subscriber)
        places = [liked.places for liked in parts if liked.places is not None]
        if not places:
            return None
        joined = places[0] if len(places) == 1 else type(places[0]).joined(places)
        return joined, frozenset().union(*(liked.known for liked in parts))

    def _all(self, subscriber: Subscriber) -> list[Liked]:
        folder = (self._house.config.folder / subscriber.file).parent
        return [self._liked(interest, folder) for interest in subscriber.interests]

    def _liked(self, interest: str, folder: Path) -> Liked:
        if (liked := self._named.get(interest)) is not None:
            return liked
        path = folder / interest
        if (liked := self._files.get(path)) is not None:
            return liked
        from digest.sources.ids import known_ids

        ids = (*known_ids(interest), *_address(interest))
        if not ids and "://" not in interest and _ends_well(interest):
            liked = self._files[path] = self._by_file(path)
            return liked
        liked = self._by_name(ids, interest)
        if liked is _UNKNOWN and not ids and exists(path):
            return Liked(doubt=_NO_KIND)
        self._named[interest] = liked
        return liked

    def _by_name(self, ids: Sequence[PaperId], name: str) -> Liked:
        found = next((p for i in (*map(str, ids), name) if (p := self._known.get(i))), None)
        return self._place([found]) if found else _UNKNOWN

    def _by_file(self, path: Path) -> Liked:
        papers, doubt = read_liked(path, self._house)
        return replace(self._place(papers), doubt=doubt) if papers else Liked(doubt=doubt)

    def _place(self, papers: Sequence[Paper]) -> Liked:
        names = {name for paper in papers for name in _names(paper)}
        sample = papers[:: max(1, -(-len(papers) // MOST_PAPERS))]
        titles = tuple(paper.title for paper in sample)
        if self._edition is None:
            return Liked(titles=titles)
        own = {n for name in names if (n := self._numbers.get(name)) is not None}
        return Liked(places=self._surveyor.place(sample), titles=titles, known=frozenset(own))

    @cached_property
    def _surveyor(self) -> Surveyor:
        from digest.app.knowledge import know  # numpy, and only where somebody has interests
        from digest.editorial.interests import Surveyor

        config = self._house.config
        return Surveyor(know(config.themes, config.folder, origin=config.origin)[1])

    @cached_property
    def _day(self) -> DayPlaces | None:
        from digest.editorial.interests import DayPlaces

        papers = self._edition.papers if self._edition else ()
        return DayPlaces(self._surveyor.place(papers)) if papers else None

    @cached_property
    def _numbers(self) -> dict[PaperId, int]:
        papers = self._edition.papers if self._edition else ()
        return {name: number for number, paper in enumerate(papers) for name in _names(paper)}

    @cached_property
    def _known(self) -> dict[str, Paper]:
        """The edition's papers and the archive's, by each id and by the id that a file gave."""
        found: dict[str, Paper] = {}
        for paper in self._papers():
            for name in (*map(str, paper.ids), paper.source_id):
                if name is not None:
                    found.setdefault(name, paper)
        return found

    def _papers(self) -> Iterator[Paper]:
        yield from self._edition.papers if self._edition else ()
        if self._house.has_state:
            day = self._edition.date if self._edition else date.max
            for text in documents_until(self._house.database, day, REMEMBERED_EDITIONS):
                yield from archived_papers(text)


def archived_papers(document: str) -> Iterator[Paper]:
    """The papers of an edition's document, as far as it can be read."""
    try:
        for section in json.loads(document)["sections"]:
            for paper in section["papers"]:
                yield paper_from_document(paper)
    except (ValueError, TypeError, KeyError):  # an old paper is not worth an edition
        return


def read_liked(path: Path, house: House) -> tuple[tuple[Paper, ...], Doubt | None]:
    """The papers of a bibliography, with what is wrong with it; no paper means an error."""
    from digest.sources.file import parse_papers

    try:
        if not path.is_file():  # reading a FIFO would wait for ever
            what = "is not a file" if path.exists() else "does not exist"
            return (), Doubt(what, f"looked for {path}")
        with path.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except OSError as error:
        return (), Doubt(f"cannot be read: {error.strerror or error}")
    if len(content) > MAX_BYTES:
        return (), Doubt(f"is larger than {MAX_BYTES:,} bytes", "export fewer papers")
    parsed = parse_papers(content, name=path.name, fetched_at=house.clock(), max_bytes=MAX_BYTES)
    faults = [problem for problem in parsed.problems if not problem.warning]
    first = f": {faults[0].what}" if faults else ""
    first += f" (its line {faults[0].line})" if faults and faults[0].line else ""
    if not parsed.papers:
        return (), Doubt(f"holds no paper{first}", f"export it anew as {_KIND_WORDS}")
    what = f"{len(faults)} of its entries cannot be read{first}"
    return parsed.papers, Doubt(what, warning=True) if faults else None


def _names(paper: Paper) -> tuple[PaperId, ...]:
    """Its ids and its title alone: a bibliography writes authors in its own way, or none."""
    from digest.sources.text import title_id

    return (*paper.ids, title_id(paper.title))


def _address(text: str) -> tuple[PaperId, ...]:
    """A paper's own page, where the text is a web address."""
    from digest.sources.ids import url_id

    found = url_id(text)
    return (found,) if found else ()


def _key(subscriber: Subscriber) -> tuple[str, ...]:
    return (subscriber.file, *subscriber.interests)


def _ends_well(name: str) -> bool:
    """Whether a file of this name holds papers."""
    return name.lower().removesuffix(".gz").endswith(_KINDS)
