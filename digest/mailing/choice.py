"""Which papers of an edition a reader gets."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field

from digest.model import Edition, Format, Subscriber

#: The fields of a subscriber that decide her choice; two readers with equal ones share it.
Wishes = tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...], int | None, Format]

_REMEMBERED = 50_000


@dataclass(frozen=True, slots=True)
class Choice:
    """Which blocks a letter is made of.

    `papers[s]` holds the indexes of the papers chosen from section `s` of the edition, in the
    edition's order. `segment` names the choice: equal choices have equal names, in every
    process and on every day.
    """

    papers: tuple[tuple[int, ...], ...]
    format: Format = Format.HTML
    segment: str = field(init=False, compare=False)

    def __post_init__(self) -> None:
        for indexes in self.papers:
            if any(b <= a for a, b in zip((-1, *indexes), indexes, strict=False)):
                raise ValueError(f"paper indexes must rise from 0: {indexes}")
        digest = hashlib.sha256(self.to_json().encode()).hexdigest()
        object.__setattr__(self, "segment", digest[:20])

    @property
    def count(self) -> int:
        """How many papers; 0 means that there is no letter."""
        return sum(map(len, self.papers))

    def to_json(self) -> str:
        """One canonical line, read back by `from_json`."""
        document = {"format": self.format.value, "papers": self.papers}
        return json.dumps(document, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> Choice:
        """Read what `to_json` wrote.

        Raises:
            ValueError: the text is something else.
        """
        try:
            document = json.loads(text)
            papers = tuple(tuple(int(n) for n in section) for section in document["papers"])
            return cls(papers, Format(document["format"]))
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"not a choice of papers: {error}") from None


class Chooser:
    """Answers for one edition, for any number of readers.

    The edition is prepared once; readers with the same wishes share one answer, and equal
    answers are one object, so that memory grows with distinct choices alone.
    """

    def __init__(self, edition: Edition) -> None:
        from digest.mailing.matching import PaperIndex  # not where choices are only read

        self._index = PaperIndex(edition)
        self._sizes = tuple(len(section.papers) for section in edition.sections)
        self._ranks = _ranks_by_score(edition)
        self._answers: dict[Wishes, Choice] = {}
        self._choices: dict[Choice, Choice] = {}

    def choose(self, subscriber: Subscriber) -> Choice:
        """The papers for this reader: themes and keywords unite, `exclude` always wins."""
        wishes = (
            subscriber.themes,
            subscriber.keywords,
            subscriber.exclude,
            subscriber.max_papers,
            subscriber.format,
        )
        found = self._answers.get(wishes)
        if found is None:
            if len(self._answers) >= _REMEMBERED:
                self._answers.clear()
            choice = self._decide(subscriber)
            found = self._answers[wishes] = self._choices.setdefault(choice, choice)
        return found

    def _decide(self, subscriber: Subscriber) -> Choice:
        index = self._index
        if subscriber.themes or subscriber.keywords:
            chosen = _union(index.in_theme(name) for name in subscriber.themes)
            chosen |= _union(index.matching(word) for word in subscriber.keywords)
        else:
            chosen = set(range(sum(self._sizes)))
        for word in subscriber.exclude:
            chosen -= index.matching(word) | index.in_theme(word)
        if subscriber.max_papers is not None and len(chosen) > subscriber.max_papers:
            chosen = set(sorted(chosen, key=self._ranks.__getitem__)[: subscriber.max_papers])
        return Choice(self._by_section(chosen), subscriber.format)

    def _by_section(self, chosen: set[int]) -> tuple[tuple[int, ...], ...]:
        sections, start = [], 0
        for size in self._sizes:
            sections.append(tuple(n for n in range(size) if start + n in chosen))
            start += size
        return tuple(sections)


def choose_papers(edition: Edition, subscriber: Subscriber) -> Choice:
    """One reader's choice; for many readers keep a `Chooser`."""
    return Chooser(edition).choose(subscriber)


def _union(sets: Iterable[frozenset[int]]) -> set[int]:
    return set().union(*sets)


def _ranks_by_score(edition: Edition) -> list[int]:
    """For each paper its place by score, best 0; equal scores keep the edition's order."""
    papers = edition.papers
    totals = [paper.score.total if paper.score else float("-inf") for paper in papers]
    order = sorted(range(len(papers)), key=lambda n: (-totals[n], n))
    ranks = [0] * len(papers)
    for place, position in enumerate(order):
        ranks[position] = place
    return ranks
