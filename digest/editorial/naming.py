"""Names for groups of papers, as a reader would write them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from digest.editorial.knowledge import Knowledge
from digest.editorial.likeness import Day, Traits, centre
from digest.editorial.phrases import is_name, is_vague, spelling, title_case, title_phrases
from digest.editorial.words import phrase_forms, tokens

#: A topic names a group when it holds this much of its papers' topic scores, ...
CLEAR_SHARE = 0.45
#: ... less if it named a theme of the last editions.
KNOWN_SHARE = 0.3
LEAST_SHARE = 0.25
#: A phrase names a group when so much of its titles hold it, ...
PHRASE_SHARE = 0.15
#: ... or, where nothing else does, so much.
RARE_SHARE = 0.1
#: A topic of which few papers speak names a group when it lies so near to the group's middle, ...
LEAST_CLAIM = 0.35
#: ... or so near, and a pair of words when so much of the group has it, where names are wanting.
SCANT_CLAIM = 0.1
SPOKEN_SHARE = 0.25


@dataclass(frozen=True, slots=True)
class Candidate:
    """A name, and how well it fits its group (0 to 1, to compare groups by)."""

    name: str
    fit: float


def same_name(name: str) -> str:
    """A name as it is compared: without case, plural and signs."""
    return " ".join(tokens(name)) or name.casefold()


def candidates(
    group: Sequence[Traits], day: Day, knowledge: Knowledge, *, scant: bool = False
) -> Iterator[Candidate]:
    """Names for a group, the best first; each is supported by at least two of its papers.

    A topic that clearly holds the group, or holds some of it and named a theme lately; a phrase
    that named one lately; the phrases of its titles; lesser topics; a topic that is near and that
    two papers speak of; rarer phrases. Where names are `scant`, less is asked
    of nearness, and what the abstracts speak of is enough. What half of the day carries names
    nothing.
    """
    said = _topics(group)
    topics = [(name, share) for name, share in said if share >= LEAST_SHARE]
    phrases = [
        (_whole(name, said, knowledge), fit)
        for name, fit in title_phrases([t.paper for t in group], len(day.traits))
    ]
    recent = {same_name(name) for name in knowledge.names}
    known = [c for c in topics if c[1] >= KNOWN_SHARE and same_name(c[0]) in recent]
    clear = [c for c in topics if c[1] >= CLEAR_SHARE]
    ordered = [
        *(clear or known)[:1],
        *_followed(group, day, knowledge),
        *clear,
        *(c for c in phrases if c[1] >= PHRASE_SHARE),
        *topics,
        *_near(group, day, SCANT_CLAIM if scant else LEAST_CLAIM),
        *(c for c in phrases if c[1] >= RARE_SHARE),
        *(_spoken(group, day) if scant else ()),
    ]
    seen = set()
    for name, fit in ordered:
        if same_name(name) not in seen:
            seen.add(same_name(name))
            yield Candidate(name, round(fit, 9))


def _topics(group: Sequence[Traits]) -> list[tuple[str, float]]:
    shares: dict[str, list[float]] = defaultdict(list)
    for traits in group:
        for match in traits.matches[:3]:
            shares[match.topic].append(traits.shares[match.topic])
    found = [(n, sum(sorted(s)) / len(group)) for n, s in shares.items() if len(s) > 1]
    return sorted(found, key=lambda item: (-round(item[1], 9), item[0]))


def _whole(phrase: str, topics: Sequence[tuple[str, float]], knowledge: Knowledge) -> str:
    """The topic of which a phrase is a part: "Video Generation" is "Video Generation & Editing".

    A part of an old name of the topic is one as well, and "models" at the end do not count. A
    single word is enough only where the topic holds a fair part of the group.
    """
    words = tokens(phrase)
    words = words[:-1] if words[-1] == "model" else words
    for name, share in topics:
        enough = len(words) > 1 or share >= LEAST_SHARE
        if enough and any(set(words) <= set(tokens(n)) for n in knowledge.all_names(name)):
            return name
    return phrase


def _near(group: Sequence[Traits], day: Day, least: float) -> list[tuple[str, float]]:
    spoken = Counter(match.topic for traits in group for match in traits.matches)
    claims = day.claims[[traits.number for traits in group]].mean(axis=0).round(9).tolist()
    found = [
        (topic.name, claim)
        for topic, claim in zip(day.topics.topics, claims, strict=True)
        if claim >= least and spoken[topic.name] > 1
    ]
    return sorted(found, key=lambda item: (-item[1], item[0]))


def _spoken(group: Sequence[Traits], day: Day) -> Iterator[tuple[str, float]]:
    """Pairs of words in one title, and anywhere in a part of the group."""
    holders = Counter(term for traits in group for term in traits.terms if " " in term)
    spread = Counter(term for traits in day.traits for term in traits.terms if term in holders)
    titled = {term for traits in group for term in traits.words.title}
    middle = centre(traits.terms for traits in group)
    for term in sorted(holders, key=lambda t: (-round(middle[t], 9), t)):
        enough = holders[term] > 1 and holders[term] >= SPOKEN_SHARE * len(group)
        telling = term in titled and is_name(term.split(" ")) and not is_vague(term)
        if enough and telling and 2 * spread[term] < max(6, len(day.traits)):
            papers = [traits.paper for traits in group if term in traits.terms]
            yield title_case(spelling(term, papers[:20])), holders[term] / len(group)


def _followed(
    group: Sequence[Traits], day: Day, knowledge: Knowledge
) -> Iterator[tuple[str, float]]:
    """Phrases that named a theme lately and that two papers and a third of the group hold."""
    topics = {same_name(topic.name) for topic in knowledge.topics}
    for name in knowledge.names:
        forms = phrase_forms(name)
        if same_name(name) in topics or not forms or len(forms[0].split()) < 2:
            continue
        holders = sum(any(traits.words.count(forms)) for traits in group)
        spread = sum(any(traits.words.count(forms)) for traits in day.traits)
        if holders > 1 and 3 * holders >= len(group) and 2 * spread < max(6, len(day.traits)):
            yield name, holders / len(group)
