"""A day's papers in sections, each paper in exactly one."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace

from digest.config import ThemesConfig
from digest.editorial.discovery import FULL_DAY, MOST_SHARE, discover_themes, place_found
from digest.editorial.knowledge import Knowledge
from digest.editorial.likeness import Counted, Traits, count_words, describe_words
from digest.editorial.naming import same_name
from digest.editorial.rules import Match, Topic, Topics, place_by_rule
from digest.editorial.subtitles import subtitle
from digest.model import Paper, PaperId, Placement, Section

#: One mention in an abstract counts 1, two 1.7, two phrases 2 and one in a title 3.
PASSING = 2.0


def group_papers(
    papers: Sequence[Paper], themes: ThemesConfig, knowledge: Knowledge
) -> tuple[Section, ...]:
    """Sections in no particular order; within one, papers keep the order of `papers`.

    The config's rules choose first. What they leave is grouped by discovery, or stands under
    `themes.other`. Every paper returns with its `Placement`.
    """
    rules = Topics([Topic.of(rule) for rule in themes.rules])
    known = Topics(knowledge.topics)
    counted = count_words(papers, rules, known)
    placements = _by_rules(papers, themes, rules, known, counted)
    left = [paper for paper in papers if paper.id not in placements]
    if themes.discover:
        found = discover_themes(
            left,
            knowledge,
            counted,
            taken=(themes.other, *(rule.name for rule in themes.rules)),
            min_size=themes.min_size,
            whole=len(papers),
        )
        placements |= {paper.id: place for paper, place in place_found(found).items()}
    other = Placement(theme=themes.other, by="other")
    groups: dict[str, list[Paper]] = defaultdict(list)
    for paper in papers:
        placement = placements.get(paper.id, other)
        groups[placement.theme].append(replace(paper, placement=placement))
    words = {traits.paper.id: traits for traits in describe_words(papers, Topics(()), counted)}
    return tuple(
        Section(theme=name, papers=tuple(members), subtitle=_subtitle(name, members, words, themes))
        for name, members in sorted(groups.items())
    )


def _by_rules(
    papers: Sequence[Paper],
    themes: ThemesConfig,
    rules: Topics,
    known: Topics,
    counted: Counted,
) -> dict[PaperId, Placement]:
    """What the rules take.

    A rule that is not pinned leaves a paper that says its words only in passing to a known theme
    that claims it more. Of a full day it takes nothing where it would take a single paper, which
    is no theme, or much of the day, which is then parted into themes of its own.
    """
    pinned = {rule.name for rule in themes.rules if rule.pin or not themes.discover}
    found = {}
    for paper in papers:
        matches = rules.match(paper, counted[paper.id])
        placement = place_by_rule(matches)
        if placement is None:
            continue
        in_passing = placement.theme not in pinned and matches[0].score < PASSING
        if not in_passing or not _claimed_more(known.match(paper, counted[paper.id]), matches[0]):
            found[paper.id] = placement
    if len(papers) < FULL_DAY:
        return found
    sizes = Counter(placement.theme for placement in found.values())
    most = MOST_SHARE * len(papers)
    odd = {name for name, size in sizes.items() if not themes.min_size <= size <= most} - pinned
    return {paper_id: place for paper_id, place in found.items() if place.theme not in odd}


def _claimed_more(matches: Sequence[Match], rule: Match) -> bool:
    return any(
        m.score > rule.score and same_name(m.topic) != same_name(rule.topic) for m in matches
    )


def _subtitle(
    name: str, members: Sequence[Paper], words: dict[PaperId, Traits], themes: ThemesConfig
) -> str:
    if name == themes.other:
        return ""
    return subtitle([words[paper.id] for paper in members], name)
