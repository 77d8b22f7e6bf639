"""Names for groups of papers, as a reader would write them."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence
from itertools import pairwise

from digest.editorial.likeness import Traits, centre
from digest.editorial.words import STOP, tokens
from digest.model import Paper

#: A topic names a group when it holds this much of its papers' topic scores.
CLEAR_SHARE = 0.4
# Ends of a phrase that leave it hanging, beside the stop words.
_MINOR_TEXT = "a an and as at by for from in into of on or per the to via vs with"
_MINOR = frozenset(_MINOR_TEXT.split())
_VAGUE = frozenset(
    (
        "large language model",
        "language model",
        "neural network",
        "deep learning",
        "machine learning",
    )
)
# Alone, these name nothing in this field; in a pair ("multi agent") they may.
_HOLLOW_TEXT = (
    "self multi language knowledge domain data dataset model learning network deep neural large"
    " training task system representation feature aligned aware driven guided general generic"
    " efficient reliable effective robust novel unified fast better high level llm llms gap"
)
_HOLLOW = frozenset(_HOLLOW_TEXT.split())
_WORD = re.compile(r"[^\W_]+(?:[-'’+#][^\W_]*)*")


def candidates(group: Sequence[Traits], day: int) -> Iterator[str]:
    """Names for a group, the best first; each is supported by at least two of its papers.

    A topic that clearly holds the group, then its titles' phrases, then lesser topics. `day` is
    the number of papers in all: what half of them carry names nothing.
    """
    topics = _topics(group)
    yield from (name for name, share in topics if share >= CLEAR_SHARE)
    yield from title_phrases([t.paper for t in group], day)
    yield from (name for name, share in topics if 0.1 <= share < CLEAR_SHARE)


def _topics(group: Sequence[Traits]) -> list[tuple[str, float]]:
    shares: dict[str, list[float]] = defaultdict(list)
    for traits in group:
        for match in traits.matches[:3]:
            shares[match.topic].append(traits.shares[match.topic])
    found = [(n, sum(sorted(s)) / len(group)) for n, s in shares.items() if len(s) > 1]
    return sorted(found, key=lambda item: (-item[1], item[0]))


def title_phrases(papers: Sequence[Paper], day: int) -> tuple[str, ...]:
    """Phrases of two or three words in at least two titles, in Title Case, commonest first."""
    seen: dict[str, list[str]] = defaultdict(list)
    for paper in papers:
        for run, spelling in sorted(dict(_runs(paper.title)).items()):
            seen[run].append(spelling)
    found = [
        (run, spellings)
        for run, spellings in seen.items()
        if len(spellings) > 1 and run not in _VAGUE and (day < 6 or len(spellings) * 2 < day)
    ]
    found.sort(key=lambda item: (-len(item[1]), -item[0].count(" "), item[0]))
    return tuple(title_case(_commonest(spellings)) for _, spellings in found)


def _runs(title: str) -> Iterator[tuple[str, str]]:
    """Phrases as (compared form, spelling), never across punctuation."""
    for clause in re.split(r"[:;,.?!()\[\]/]|\s[-–—]\s", title):
        words = _WORD.findall(clause)
        forms = [" ".join(tokens(word)) for word in words]
        for size in (2, 3):
            for start in range(len(words) - size + 1):
                run = forms[start : start + size]
                inner = all(form and not form.isdigit() for form in run)
                if inner and not {run[0], run[-1]} & (STOP | _MINOR) and not set(run) & _MINOR:
                    yield " ".join(run), " ".join(words[start : start + size])


def _commonest(spellings: Sequence[str]) -> str:
    counts = Counter(spellings)
    return min(counts, key=lambda spelling: (-counts[spelling], spelling))


def title_case(phrase: str) -> str:
    """Capitals as in a heading; a word with capitals of its own (LLMs, NeRF) keeps them."""
    words = phrase.split(" ")
    return " ".join(
        word
        if any(c.isupper() for c in word) or (n and word in _MINOR)
        else "-".join(part[:1].upper() + part[1:] for part in word.split("-"))
        for n, word in enumerate(words)
    )


def subtitle(group: Sequence[Traits], name: str, limit: int = 3) -> str:
    """Up to `limit` words or pairs that two or more of the group hold and the day seldom does.

    A word must stand in two of the titles, or in one and in half of the papers: what no author
    put at the head of a paper says little at the head of a theme. Nothing to say is "".
    """
    if len(group) < 2:
        return ""
    holders = Counter(term for traits in group for term in traits.words)
    titles = Counter(term for traits in group for term in _title_terms(traits.paper))
    middle = centre([traits.words for traits in group])
    taken = set(tokens(name))
    found: list[str] = []
    for term in sorted(middle, key=lambda t: (-middle[t], t)):
        words = set(term.split(" "))
        telling = titles[term] > 1 or (titles[term] and 2 * holders[term] >= len(group))
        if holders[term] > 1 and telling and not words & taken and not words <= _HOLLOW:
            found.append(_spelling(term, [traits.paper for traits in group]))
            taken |= words
        if len(found) == limit:
            break
    return ", ".join(found)


def _title_terms(paper: Paper) -> set[str]:
    """The words and pairs of a title, as they are compared."""
    words = tokens(paper.title)
    return {*words, *(f"{a} {b}" for a, b in pairwise(words))}


def _spelling(term: str, papers: Collection[Paper]) -> str:
    """The commonest way in which the papers write a compared form; sentence starts lose theirs."""
    size = term.count(" ") + 1
    seen: list[str] = []
    for paper in papers:
        for text in (paper.abstract, paper.title):
            words = _WORD.findall(text.replace("-", " "))
            forms = [" ".join(tokens(word)) for word in words]
            seen.extend(
                " ".join(_plain(word) for word in words[start : start + size])
                for start in range(len(words) - size + 1)
                if " ".join(forms[start : start + size]) == term
            )
    return _commonest(seen) if seen else term


def _plain(word: str) -> str:
    return word.lower() if word[1:].islower() else word
