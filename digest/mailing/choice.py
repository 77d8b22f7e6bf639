"""Which papers of an edition a reader gets."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from types import MappingProxyType
from typing import Any

from digest.mailing.relevance import Nearness, Relevance, mix, percentiles
from digest.model import Edition, Format, Subscriber

#: The fields of a subscriber that decide her choice; two readers with equal ones share it.
Wishes = tuple[
    tuple[str, ...], tuple[str, ...], tuple[str, ...], int | None, Format, tuple[str, ...]
]

#: So many papers a reader gets whose only wishes are interests, unless she says how many.
INTERESTING = 10

_REMEMBERED = 50_000


@dataclass(frozen=True, slots=True)
class Choice:
    """Which blocks a letter is made of.

    `papers[s]` holds the indexes of the papers chosen from section `s` of the edition, in the
    edition's order. `why` says for each of them, in the same shape, why it was chosen; it is
    empty where letters do not tell. `segment` names the choice: equal choices have equal names,
    in every process and on every day.
    """

    papers: tuple[tuple[int, ...], ...]
    format: Format = Format.HTML
    why: tuple[tuple[str, ...], ...] = ()
    segment: str = field(init=False, compare=False)

    def __post_init__(self) -> None:
        for indexes in self.papers:
            if any(b <= a for a, b in zip((-1, *indexes), indexes, strict=False)):
                raise ValueError(f"paper indexes must rise from 0: {indexes}")
        if self.why and [*map(len, self.why)] != [*map(len, self.papers)]:
            raise ValueError("each paper has one reason, or none has")
        digest = hashlib.sha256(self.to_json().encode()).hexdigest()
        object.__setattr__(self, "segment", digest[:20])

    @property
    def count(self) -> int:
        """How many papers; 0 means that there is no letter."""
        return sum(map(len, self.papers))

    def to_json(self) -> str:
        """One canonical line, read back by `from_json`."""
        document: dict[str, Any] = {"format": self.format.value, "papers": self.papers}
        if self.why:
            document["why"] = self.why
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
            why = tuple(tuple(map(str, section)) for section in document.get("why") or ())
            return cls(papers, Format(document["format"]), why)
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"not a choice of papers: {error}") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """How a reader's choice came about; papers are numbered in the edition's order.

    `named` are those of her themes and keywords, None when she has neither; `near` those that her
    interests brought, the best first. `excluded` are out whatever else holds. `scores` decide, a
    paper with more before one with less; `room` is the most that her letter takes, None all.
    """

    chosen: frozenset[int]
    cut: frozenset[int]
    named: frozenset[int] | None
    near: tuple[int, ...]
    excluded: frozenset[int]
    scores: Sequence[float]
    nearness: Nearness | None = None
    room: int | None = None


class Chooser:
    """Answers for one edition, for any number of readers.

    The edition is prepared once; readers with the same wishes share one answer, and equal
    answers are one object, so that memory grows with distinct choices alone. `relevance` knows
    what readers like, and has `weight` beside the trend. With `why` choices say why, in
    `why_words` (`WhyWords`) where they are given.
    """

    def __init__(
        self,
        edition: Edition,
        *,
        relevance: Relevance | None = None,
        weight: float = 1.0,
        why: bool = False,
        why_words: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        from digest.mailing.matching import PaperIndex  # not where choices are only read

        self.index = PaperIndex(edition)
        sizes = [len(section.papers) for section in edition.sections]
        self._places = tuple(zip(accumulate(sizes, initial=0), sizes, strict=False))
        self._totals = [p.score.total if p.score else float("-inf") for p in edition.papers]
        self._all = frozenset(range(len(self._totals)))
        self._trend: list[float] = []
        self._relevance = relevance
        self._weight = weight
        self._why = why
        self._why_words = why_words
        self._themes = [s.theme for s in edition.sections for _ in s.papers]
        self._answers: dict[Wishes, Choice] = {}
        self._choices: dict[Choice, Choice] = {}

    def choose(self, subscriber: Subscriber) -> Choice:
        """The papers for this reader: themes, keywords and interests unite, `exclude` wins."""
        wishes = (
            subscriber.themes,
            subscriber.keywords,
            subscriber.exclude,
            subscriber.max_papers,
            subscriber.format,
            # Paths of interests are against the list that names them.
            (subscriber.file, *subscriber.interests) if subscriber.interests else (),
        )
        found = self._answers.get(wishes)
        if found is None:
            if len(self._answers) >= _REMEMBERED:
                self._answers.clear()
            made = self.decide(subscriber)
            papers = self._by_section(made.chosen)
            why = self._reasons(subscriber, made) if self._why else ()
            choice = Choice(papers, subscriber.format, why)
            found = self._answers[wishes] = self._choices.setdefault(choice, choice)
        return found

    def decide(self, subscriber: Subscriber) -> Decision:
        """The same with its grounds."""
        index = self.index
        out = _union(index.matching(word) | index.in_theme(word) for word in subscriber.exclude)
        named: frozenset[int] | None = None
        if subscriber.themes or subscriber.keywords:
            named = _union(index.in_theme(name) for name in subscriber.themes)
            named |= _union(index.matching(word) for word in subscriber.keywords)
        nearness: Nearness | None = None
        scores: Sequence[float] = self._totals
        near: tuple[int, ...] = ()
        room = subscriber.max_papers
        if subscriber.interests:
            nearness = self._relevance.of(subscriber) if self._relevance else None
            scores = self._mixed(nearness)
            wanted = room or INTERESTING
            if named is None:
                room = wanted
            else:
                wanted = max(1, wanted // 2)  # the rest is for what she follows by name
            known = nearness.liked if nearness else frozenset()
            if nearness is not None or named is None:
                near = self._best(scores, self._all - out - known, wanted)
            wished = (named or frozenset()) | frozenset(near)
        else:
            wished = self._all if named is None else named
        wished -= out
        chosen = frozenset(self._best(scores, wished, room))
        return Decision(
            chosen=chosen,
            cut=wished - chosen,
            named=named,
            near=near,
            excluded=out,
            scores=scores,
            nearness=nearness,
            room=room,
        )

    def closest(self, subscriber: Subscriber, papers: Sequence[int]) -> tuple[str, ...]:
        """For each of the papers the title of the paper she likes that is nearest, or ""."""
        if self._relevance is None:
            return ("",) * len(papers)
        return self._relevance.closest(subscriber, papers)

    def _reasons(self, subscriber: Subscriber, made: Decision) -> tuple[tuple[str, ...], ...]:
        """For each chosen paper why it is; nothing at all where there is nothing to tell."""
        from digest.mailing.why import WhyWords, write_why

        say = WhyWords(**self._why_words)
        brought = sorted(made.chosen.intersection(made.near) if made.nearness else ())
        closest = dict(zip(brought, self.closest(subscriber, brought), strict=True))
        said = {
            n: write_why(
                self.index,
                subscriber,
                n,
                theme=self._themes[n],
                closest=closest.get(n, ""),
                say=say,
            )
            for n in made.chosen
        }
        if not any(said.values()):
            return ()
        return tuple(
            tuple(said[n] for n in range(start, start + size) if n in said)
            for start, size in self._places
        )

    def _mixed(self, nearness: Nearness | None) -> Sequence[float]:
        """The scores for a reader with interests; by trend alone where nothing is known of them."""
        self._trend = self._trend or percentiles(self._totals)
        if nearness is None:
            return self._trend
        return mix(percentiles(nearness.scores), self._trend, self._weight)

    def _best(
        self, scores: Sequence[float], papers: frozenset[int], count: int | None
    ) -> tuple[int, ...]:
        """So many of these papers, the best first; equal scores keep the edition's order.

        All of them come in no order.
        """
        if count is None or len(papers) <= count:
            return tuple(papers)
        return tuple(sorted(papers, key=lambda n: (-scores[n], n))[:count])

    def _by_section(self, chosen: frozenset[int]) -> tuple[tuple[int, ...], ...]:
        return tuple(
            tuple(n - start for n in range(start, start + size) if n in chosen)
            for start, size in self._places
        )


def choose_papers(edition: Edition, subscriber: Subscriber) -> Choice:
    """One reader's choice; for many readers keep a `Chooser`."""
    return Chooser(edition).choose(subscriber)


def _union(sets: Iterable[frozenset[int]]) -> frozenset[int]:
    return frozenset().union(*sets)
