"""Themes for papers that no rule of the config takes, found in the papers themselves.

The papers are clustered by topics and words together; a group is then named by the topic that
holds it, or by a phrase of its titles. Groups that end up with one name are one; groups that are
too small, or that nothing names, are dealt out to the nearest others.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from math import sqrt

from digest.editorial.identity import strength
from digest.editorial.likeness import TOPIC_SHARE, Traits, Vector, centre, describe, distances, dot
from digest.editorial.naming import candidates
from digest.editorial.rules import Topics
from digest.editorial.taxonomy import TAXONOMY
from digest.editorial.ward import cluster
from digest.model import Paper, Placement

#: Clustering is quadratic: beyond this many papers a sample is clustered, the rest follow it.
MOST_CLUSTERED = 250
MOST_THEMES = 16
#: A paper less like every theme than this stays in none.
LEAST_LIKENESS = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Theme:
    """A found theme with its papers."""

    name: str
    members: tuple[Traits, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Discovery:
    """The themes found, with the papers that stand in none."""

    themes: tuple[Theme, ...]
    others: tuple[Traits, ...]


def discover_themes(papers: Sequence[Paper], *, taken: Collection[str], min_size: int) -> Discovery:
    """Group papers by themselves. `taken` are names that belong to others (rules, "Other").

    The same papers in another order give the same themes.
    """
    taken = {name.casefold() for name in taken}
    topics = Topics([topic for topic in TAXONOMY if topic.name.casefold() not in taken])
    day = describe(sorted(papers, key=lambda p: strength(p.id)), topics)
    groups = _grow(day, _seeds(day))
    named, loose = _name(groups, taken, len(day), min_size)
    return _deal_out(named, loose)


def theme_count(papers: int) -> int:
    """How many themes people make of so many papers: about 1.7 times the root, 3 papers each."""
    return max(1, min(MOST_THEMES, round(1.7 * sqrt(papers)), papers // 3))


def _seeds(day: Sequence[Traits]) -> list[list[Traits]]:
    """Clusters of the day, or of an evenly spread sample of a long one."""
    step = -(-len(day) // MOST_CLUSTERED) or 1
    sample = day[::step]
    if not sample:
        return []
    found = cluster(distances(sample), theme_count(len(day)))
    return [[sample[n] for n in group] for group in found]


def _grow(day: Sequence[Traits], groups: list[list[Traits]]) -> list[list[Traits]]:
    """Add the papers outside the sample to the group that each is most like."""
    sampled = {traits.paper.id for group in groups for traits in group}
    centres = [_Centre(group) for group in groups]
    for traits in day:
        if traits.paper.id not in sampled:
            best = max(range(len(centres)), key=lambda n: (centres[n].likeness(traits), -n))
            groups[best].append(traits)
    return groups


class _Centre:
    """A group's middle in both spaces."""

    def __init__(self, group: Sequence[Traits]) -> None:
        self.topics: Vector = centre([traits.topics for traits in group])
        self.words: Vector = centre([traits.words for traits in group])

    def likeness(self, traits: Traits) -> float:
        by_words = dot(traits.words, self.words)
        return TOPIC_SHARE * dot(traits.topics, self.topics) + (1 - TOPIC_SHARE) * by_words


def _name(
    groups: Sequence[Sequence[Traits]], taken: Collection[str], day: int, min_size: int
) -> tuple[dict[str, list[Traits]], list[Traits]]:
    """Give each group its best name that is free; one without a free name joins its namesake."""
    named: dict[str, list[Traits]] = {}
    loose: list[Traits] = []
    for group in sorted(groups, key=lambda g: (-len(g), strength(g[0].paper.id))):
        names = [n for n in candidates(group, day) if n.casefold() not in taken]
        used = {name.casefold(): name for name in named}
        free = next((n for n in names if n.casefold() not in used), None)
        if len(group) < min_size or not names:
            loose.extend(group)
        elif free is None:
            named[used[names[0].casefold()]].extend(group)
        else:
            named[free] = list(group)
    return named, loose


def _deal_out(named: dict[str, list[Traits]], loose: Sequence[Traits]) -> Discovery:
    centres = {name: _Centre(group) for name, group in named.items()}
    others = []
    for traits in sorted(loose, key=lambda t: strength(t.paper.id)):
        near = nearest(traits, centres)
        if near and near[0][1] >= LEAST_LIKENESS:
            named[near[0][0]].append(traits)
        else:
            others.append(traits)
    themes = (Theme(name=name, members=tuple(group)) for name, group in sorted(named.items()))
    return Discovery(themes=tuple(themes), others=tuple(others))


def nearest(traits: Traits, centres: dict[str, _Centre]) -> list[tuple[str, float]]:
    """Themes by likeness to a paper, the most alike first."""
    found = [(name, middle.likeness(traits)) for name, middle in centres.items()]
    return sorted(found, key=lambda item: (-item[1], item[0]))


def place_found(discovery: Discovery) -> dict[Paper, Placement]:
    """Why each paper of a discovery stands in its theme."""
    centres = {theme.name: _Centre(theme.members) for theme in discovery.themes}
    placements = {}
    for theme in discovery.themes:
        for traits in theme.members:
            ranked = [name for name, _ in nearest(traits, centres) if name != theme.name]
            claim = next((m for m in traits.matches if m.topic == theme.name), None)
            words = claim.words[:6] if claim else _shared(traits, centres[theme.name].words)
            placements[traits.paper] = Placement(
                theme=theme.name,
                by="taxonomy" if claim else "discovered",
                words=words,
                second=ranked[0] if ranked else None,
            )
    return placements


def _shared(traits: Traits, middle: Vector) -> tuple[str, ...]:
    """The words that bind a paper to its group, strongest first."""
    worth = {term: value * middle.get(term, 0.0) for term, value in traits.words.items()}
    best = sorted((term for term in worth if worth[term]), key=lambda t: (-worth[t], t))
    return tuple(best[:4])
