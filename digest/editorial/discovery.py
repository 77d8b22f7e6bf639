"""Themes for papers that no rule of the config takes, found in the papers themselves.

The papers are clustered by what claims them and what they speak of (`likeness`); each group is
named by the topic that holds it, or by a phrase of its titles (`naming`). Papers of groups that
are too small, or that nothing names, are dealt out to the nearest others.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np

from digest.editorial.christening import christen
from digest.editorial.identity import strength
from digest.editorial.knowledge import Knowledge
from digest.editorial.likeness import Counted, Day, Traits, describe
from digest.editorial.naming import same_name
from digest.editorial.rules import Topics
from digest.editorial.space import Array, squared_distances, unit_rows
from digest.editorial.ward import cluster
from digest.model import Paper, Placement

#: Clustering is quadratic: beyond this many papers a sample is clustered, the rest follow it.
MOST_CLUSTERED = 2500
MOST_THEMES = 15
#: A paper less like every theme than this (a cosine) stays in none ...
LEAST_LIKENESS = 0.15
#: ... but so large a part of the day at most.
MOST_OTHERS = 0.1
#: No theme holds more of a day, ...
MOST_SHARE = 0.3
#: ... once it has papers enough for several themes.
FULL_DAY = 12

Group = list[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Discovery:
    """The themes found, by name, as rows of `day`; `others` are the rows that stand in none."""

    day: Day
    themes: Mapping[str, tuple[int, ...]]
    others: tuple[int, ...]


def discover_themes(
    papers: Sequence[Paper],
    knowledge: Knowledge,
    counted: Counted,
    *,
    taken: Collection[str] = (),
    min_size: int = 2,
    whole: int = 0,
) -> Discovery:
    """Group papers by themselves.

    `counted` holds the words of each. `taken` are names that belong to others (rules, "Other");
    `whole` is the size of the day, if `papers` are only a part of it. The same papers in another
    order give the same themes.
    """
    used = {same_name(name) for name in taken}
    topics = Topics([t for t in knowledge.topics if same_name(t.name) not in used])
    ordered = sorted(papers, key=lambda p: strength(p.id))
    day = describe(ordered, topics, knowledge.space, counted)
    most = most_in_a_theme(max(whole, len(papers)))
    groups = [part for group in _seeds(day) for part in _parts(day, group, most)]
    large = [[day.traits[n] for n in group] for group in groups if len(group) >= min_size]
    small = {n for group in groups if len(group) < min_size for n in group}
    for scant in (False, True):
        named, loose = christen(
            large, day=day, knowledge=knowledge, taken=used, most=most, scant=scant
        )
        found = _deal_out(day, named, sorted(loose | small), most, crowd=scant)
        if len(found.others) <= MOST_OTHERS * len(papers):
            break
    return found


def theme_count(papers: int) -> int:
    """How many themes people make of so many papers: about 1.7 times the root, 3 papers each."""
    return max(1, min(MOST_THEMES, round(1.7 * sqrt(papers)), papers // 3))


def most_in_a_theme(papers: int) -> int:
    """How many of a day's papers one theme may hold."""
    return int(MOST_SHARE * papers) if papers >= FULL_DAY else papers


def _seeds(day: Day) -> list[Group]:
    """Clusters of the day; of a long one, of an evenly spread sample with the rest dealt out."""
    size = len(day.traits)
    step = -(-size // MOST_CLUSTERED) or 1
    sample = range(0, size, step)
    found = cluster(squared_distances(day.features[sample]), theme_count(size))
    groups = [[sample[n] for n in group] for group in found]
    rest = sorted(set(range(size)) - set(sample))
    if rest:
        centres = np.array([day.features[group].mean(axis=0) for group in groups])
        lengths = (centres * centres).sum(axis=1)
        near = np.round(lengths[None, :] - 2 * day.features[rest] @ centres.T, 9).argmin(axis=1)
        for n, group in zip(rest, near.tolist(), strict=True):
            groups[group].append(n)
    return groups


def _parts(day: Day, group: Group, most: int) -> list[Group]:
    """A group in parts, none of them larger than `most`."""
    if len(group) <= most:
        return [group]
    halves = cluster(squared_distances(day.features[group]), 2)
    return [part for half in halves for part in _parts(day, [group[n] for n in half], most)]


def _deal_out(
    day: Day,
    named: Mapping[str, Iterable[int]],
    loose: Sequence[int],
    most: int,
    *,
    crowd: bool,
) -> Discovery:
    """Put each loose paper into the nearest theme that has room for it.

    Where no theme has room, `crowd` lets them grow too large rather than "Other".
    """
    themes = {name: list(rows) for name, rows in named.items()}
    others, crowded = [], []
    allowed = int(MOST_OTHERS * len(day.traits))
    names, likeness = _likeness(day, themes, loose)
    closest = np.round(likeness.max(axis=1, initial=0.0), 9)
    for place in sorted(range(len(loose)), key=lambda n: (-closest[n], n)):
        near = _nearest_first(names, likeness[place])
        home = next((name for name in near if len(themes[name]) < most), None)
        stays = closest[place] < LEAST_LIKENESS and len(loose) - place <= allowed
        if not near or stays or not day.features[loose[place]].any():
            others.append(loose[place])
        elif home is None:
            crowded.append((loose[place], near[0]))
        else:
            themes[home].append(loose[place])
    room = max(0, allowed - len(others)) if crowd else len(crowded)
    for row, home in crowded[: len(crowded) - room]:
        themes[home].append(row)
    others += [row for row, _ in crowded[len(crowded) - room :]]
    return Discovery(
        day=day,
        themes={name: tuple(sorted(rows)) for name, rows in sorted(themes.items())},
        others=tuple(sorted(others)),
    )


def _nearest_first(names: Sequence[str], likeness: Array) -> list[str]:
    order = sorted(range(len(names)), key=lambda n: (-round(float(likeness[n]), 9), names[n]))
    return [names[n] for n in order]


def _likeness(
    day: Day, themes: Mapping[str, Sequence[int]], rows: Sequence[int]
) -> tuple[list[str], Array]:
    """The cosine of each row's features with each theme's middle (rows x themes)."""
    names = sorted(themes)
    if not names:
        return names, np.zeros((len(rows), 0))
    middles = unit_rows(np.array([day.features[list(themes[n])].mean(axis=0) for n in names]))
    return names, unit_rows(day.features[list(rows)]) @ middles.T


def place_found(discovery: Discovery) -> dict[Paper, Placement]:
    """Why each paper of a discovery stands in its theme, and which theme is the next."""
    day, themes = discovery.day, discovery.themes
    if not themes:
        return {}
    topics = {same_name(topic.name) for topic in day.topics.topics}
    names, likeness = _likeness(day, themes, range(len(day.traits)))
    placements = {}
    for name, rows in themes.items():
        direction = day.vectors[list(rows)].mean(axis=0) - day.vectors.mean(axis=0)
        for row in rows:
            near = _nearest_first(names, likeness[row])
            traits = day.traits[row]
            placements[traits.paper] = Placement(
                theme=name,
                by="taxonomy" if same_name(name) in topics else "discovered",
                words=_grounds(traits, name, day, direction),
                second=next((other for other in near if other != name), None),
            )
    return placements


def _grounds(traits: Traits, name: str, day: Day, direction: Array) -> tuple[str, ...]:
    """The theme's phrases that the paper holds, or the words that bring it near the others."""
    claim = next((m for m in traits.matches if same_name(m.topic) == same_name(name)), None)
    if claim is not None:
        return claim.words[:6]
    return day.space.binding(traits.words, direction, 4)
