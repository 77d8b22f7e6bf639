"""Names for groups of papers, as a reader would write them."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from digest.editorial.knowledge import Knowledge
from digest.editorial.likeness import Day, Traits
from digest.editorial.words import STOP, phrase_forms, tokens
from digest.model import Paper

#: A topic names a group when it holds this much of its papers' topic scores, ...
CLEAR_SHARE = 0.45
#: ... less if it named a theme of the last editions.
KNOWN_SHARE = 0.3
LEAST_SHARE = 0.25
#: A phrase names a group when so much of its titles hold it.
PHRASE_SHARE = 0.15
#: A topic of which a group says nothing names it when it lies so near to the group's middle.
LEAST_CLAIM = 0.35
_MINOR_TEXT = "a an and as at by for from in into of on or per the to via vs with"
_MINOR = frozenset(_MINOR_TEXT.split())
_VAGUE = frozenset(
    (
        "large language model",
        "language model",
        "neural network",
        "deep learning",
        "machine learning",
        "deep neural network",
        "foundation model",
    )
)
# What a title cannot end or begin with and still name something.
_HOLLOW_TEXT = """
toward towards beyond via case study better large new first advancing improving enhancing bridging
rethinking revisiting unlocking exploring understanding scaling boosting accelerating leveraging
building making evaluating benchmarking aligning optimizing designing unifying investigating
learning
"""
_HOLLOW_ENDS = frozenset(_HOLLOW_TEXT.split())
_ACRONYM_TEXT = (
    "2d 3d 4d 5g ai api ar asr bert cad cfd cnn cot cpu ct dna dpo dft eeg ehr fmri gan gnn gpt"
    " gpu gui iot kv llm lora lstm mcp mcts mdp mllm moe mri ner nlp nlg nlu nmt ocr ode pde qa"
    " rag rl rlhf rlvr rna rnn sam sar sgd slam sql svm tts uav ui vae vla vlm vqa vr xai xr"
)
_ACRONYMS = frozenset(_ACRONYM_TEXT.split())
_WORD = re.compile(r"[^\W_]+(?:[-'’+#][^\W_]*)*")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A name, and how well it fits its group (0 to 1, to compare groups by)."""

    name: str
    fit: float


def same_name(name: str) -> str:
    """A name as it is compared: without case, plural and signs."""
    return " ".join(tokens(name)) or name.casefold()


def candidates(
    group: Sequence[Traits], day: Day, knowledge: Knowledge, least_claim: float = LEAST_CLAIM
) -> Iterator[Candidate]:
    """Names for a group, the best first; each is supported by at least two of its papers.

    A topic that clearly holds the group, or holds some of it and named a theme lately; a phrase
    that named one lately; the phrases of its titles; lesser topics; a topic that is near though
    nobody says its words; rarer phrases. What half of the day carries names nothing.
    """
    said = _topics(group)
    topics = [(name, share) for name, share in said if share >= LEAST_SHARE]
    phrases = [
        (_whole(name, said), fit)
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
        *_near(group, day, least_claim),
        *phrases,
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


def _whole(phrase: str, topics: Sequence[tuple[str, float]]) -> str:
    """The topic of which a phrase is a part: "Video Generation" is "Video Generation & Editing"."""
    words = set(tokens(phrase))
    return next((name for name, _ in topics if words <= set(tokens(name))), phrase)


def _near(group: Sequence[Traits], day: Day, least: float) -> list[tuple[str, float]]:
    if len(group) < 2:
        return []
    claims = day.claims[[traits.number for traits in group]].mean(axis=0).round(9).tolist()
    found = [
        (topic.name, claim)
        for topic, claim in zip(day.topics.topics, claims, strict=True)
        if claim >= least
    ]
    return sorted(found, key=lambda item: (-item[1], item[0]))


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


def title_phrases(papers: Sequence[Paper], day: int) -> list[tuple[str, float]]:
    """Phrases of two or three words in at least two titles, in Title Case, commonest first.

    Each with the part of the papers that carry it. `day` is the number of papers in all: what
    half of them carry names nothing.
    """
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
    return [
        (title_case(commonest(spellings)), len(spellings) / len(papers)) for _, spellings in found
    ]


def _runs(title: str) -> Iterator[tuple[str, str]]:
    """Phrases as (compared form, spelling), never across punctuation."""
    if title.isupper():
        title = title.lower()
    for clause in re.split(r"[:;,.?!()\[\]/]|\s[-–—]\s", title):
        words = _WORD.findall(clause)
        forms = [" ".join(tokens(word)) for word in words]
        for size in (2, 3):
            for start in range(len(words) - size + 1):
                run = forms[start : start + size]
                inner = all(form and not form.isdigit() for form in run)
                ends = {run[0], run[-1]}
                if inner and not ends & (STOP | _MINOR | _HOLLOW_ENDS) and not set(run) & _MINOR:
                    yield " ".join(run), " ".join(words[start : start + size])


def commonest(spellings: Sequence[str]) -> str:
    counts = Counter(spellings)
    return min(counts, key=lambda spelling: (-counts[spelling], spelling))


def title_case(phrase: str) -> str:
    """Capitals as in a heading; a word with capitals of its own (LLMs, NeRF) keeps them."""
    return " ".join(
        "-".join(_capital(part, first=n + m == 0) for m, part in enumerate(word.split("-")))
        for n, word in enumerate(phrase.split(" "))
    )


def _capital(word: str, *, first: bool) -> str:
    if any(c.isupper() for c in word) or (word in _MINOR and not first):
        return word
    if word in _ACRONYMS:
        return word.upper()
    if word.endswith("s") and word[:-1] in _ACRONYMS:
        return word[:-1].upper() + "s"
    return word[:1].upper() + word[1:]
