"""Named themes by phrases or categories: which takes a paper, and on what grounds.

A phrase found in the title counts 3, in the abstract or the keywords 1 + log(times); an arXiv
category counts 2, once for a theme; the sum is multiplied by the theme's weight. The highest takes
the paper; of equal ones the theme that stands first.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from math import log

from digest.config import ThemeEntry
from digest.editorial.words import PaperWords, phrase_forms
from digest.model import Paper, Placement


@dataclass(frozen=True, slots=True)
class Topic:
    """A theme that is known beforehand, from the config or from the built-in taxonomy.

    `weight` multiplies its claims: below 1 for a way of working rather than a subject.
    """

    name: str
    keywords: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    weight: float = 1.0

    @classmethod
    def of(cls, rule: ThemeEntry) -> Topic:
        """The topic that the config, or a file of themes, writes so."""
        return cls(rule.name, rule.keywords, rule.categories, rule.weight)


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """How strongly a topic claims a paper; `words` are the phrases and categories found."""

    topic: str
    score: float
    words: tuple[str, ...]


class Topics:
    """Topics made ready to be looked for, all phrases in one pass over a paper."""

    def __init__(self, topics: Sequence[Topic]) -> None:
        self.topics = tuple(topics)
        self._phrases: dict[str, list[tuple[int, str]]] = defaultdict(list)
        for number, topic in enumerate(self.topics):
            for phrase in dict.fromkeys(topic.keywords):
                for form in phrase_forms(phrase):
                    self._phrases[form].append((number, phrase))
        self.longest = max((form.count(" ") + 1 for form in self._phrases), default=1)

    @property
    def descriptions(self) -> tuple[PaperWords, ...]:
        """Each topic as if it were a paper, with its name for a title and phrases for a text."""
        return tuple(PaperWords.of_texts(topic.name, topic.keywords, 2) for topic in self.topics)

    def match(
        self, paper: Paper, words: PaperWords, rarity: Mapping[str, float] | None = None
    ) -> tuple[Match, ...]:
        """The topics that claim `paper`, strongest first.

        `words` must hold runs of at least `longest` words. `rarity` weighs phrases (1 when absent).
        """
        found: dict[int, dict[str, float]] = defaultdict(dict)
        for form in self._phrases.keys() & (words.title.keys() | words.body.keys()):
            in_title, in_body = words.count((form,))
            worth = 3.0 * (in_title > 0) + (1 + log(in_body) if in_body else 0.0)
            for number, phrase in self._phrases[form]:
                value = worth * (rarity.get(phrase, 1.0) if rarity else 1.0)
                found[number][phrase] = max(value, found[number].get(phrase, 0.0))
        for number, topic in enumerate(self.topics):
            if category := _category(topic, paper):
                found[number][category] = 2.0
        matches = [
            (number, _match(self.topics[number], worths)) for number, worths in found.items()
        ]
        matches.sort(key=lambda item: (-item[1].score, item[0]))
        return tuple(match for _, match in matches)


def _match(topic: Topic, worths: Mapping[str, float]) -> Match:
    words = sorted(worths, key=lambda word: (-worths[word], word))
    score = topic.weight * sum(sorted(worths.values()))
    return Match(topic=topic.name, score=round(score, 6), words=tuple(words))


def _category(topic: Topic, paper: Paper) -> str | None:
    """The paper's first category under one of the topic's patterns (`cs.RO`, `stat.*`)."""
    for category in paper.categories:
        for pattern in topic.categories:
            if fnmatchcase(category.casefold(), pattern.casefold()):
                return category
    return None


def place_by_rule(matches: Sequence[Match]) -> Placement | None:
    """The placement that a paper's rule matches ask for, if any."""
    if not matches:
        return None
    second = matches[1].topic if len(matches) > 1 else None
    return Placement(theme=matches[0].topic, by="rule", words=matches[0].words, second=second)
