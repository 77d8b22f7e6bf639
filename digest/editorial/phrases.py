"""Phrases that several papers carry, and how a heading writes them."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence

from digest.editorial.words import STOP, tokens
from digest.model import Paper

_MINOR_TEXT = "a an and as at by for from in into of on or per the to via vs with"
_MINOR = frozenset(_MINOR_TEXT.split())
# They name nothing in this field, nor does a part of them.
_VAGUE = (
    "large language model",
    "natural language",
    "deep neural network",
    "deep learning",
    "machine learning",
    "foundation model",
    "artificial intelligence",
    "language modeling",
    "generation model",
    "agent learning",
    "real world",
    "open source",
    "fine grained",
    "wide range",
    "state of the art",
)
# What a phrase cannot begin with, or end with, and still name something.
_HOLLOW_TEXT = """
toward towards beyond via case study better large new first advancing improving enhancing bridging
rethinking revisiting unlocking exploring understanding scaling boosting accelerating leveraging
building making evaluating benchmarking aligning optimizing designing unifying investigating
comprehensive technical systematic extensive holistic report approach intelligent foundation
"""
_HOLLOW = frozenset(_HOLLOW_TEXT.split())
_HOLLOW_STARTS = _HOLLOW | {"learning"}
# Words that say little alone and much at the end: "World Models", "Tabular Data".
_ENDS = frozenset(("model", "data", "system", "learning"))
_ACRONYM_TEXT = """
2d 3d 4d 5g ai api ar asr bert cad cfd cnn cot cpu ct dna dpo dft eeg ehr fmri gan gnn gpt gpu gui
iot kv llm lora lstm mcp mcts mdp mllm moe mri ner nlp nlg nlu nmt ocr ode pde qa rag rl rlhf rlvr
rna rnn sam sar sgd slam sql svm tts uav ui vae vla vlm vqa vr xai xr
"""
_ACRONYMS = frozenset(_ACRONYM_TEXT.split())
_WORD = re.compile(r"[^\W_]+(?:[-'’+#][^\W_]*)*")
_LONGEST = 4


def title_phrases(papers: Sequence[Paper], day: int) -> list[tuple[str, float]]:
    """Phrases of two to four words in at least two titles, in Title Case, commonest first.

    Each with the part of the papers that carry it. `day` is the number of papers in all: what
    half of them carry names nothing. What always stands within a longer phrase is a fragment.
    """
    seen: dict[str, list[str]] = defaultdict(list)
    for paper in papers:
        for run, spelling in sorted(dict(_runs(paper.title)).items()):
            seen[run].append(spelling)
    shared = {run: spellings for run, spellings in seen.items() if len(spellings) > 1}
    found = [
        (run, spellings)
        for run, spellings in shared.items()
        if not is_vague(run)
        and not _is_fragment(run, shared)
        and (day < 6 or len(spellings) * 2 < day)
    ]
    found.sort(key=lambda item: (-len(item[1]), -item[0].count(" "), item[0]))
    return [
        (title_case(commonest(spellings)), len(spellings) / len(papers)) for _, spellings in found
    ]


def is_vague(run: str) -> bool:
    """Whether a phrase says nothing in this field, or is a part of one that does."""
    return any(f" {run} " in f" {phrase} " for phrase in _VAGUE)


def _is_fragment(run: str, seen: Mapping[str, Sequence[str]]) -> bool:
    return any(
        f" {run} " in f" {other} " and other != run and len(spellings) == len(seen[run])
        for other, spellings in seen.items()
    )


def _runs(title: str) -> Iterator[tuple[str, str]]:
    """Phrases as (compared form, spelling), never across punctuation."""
    if title.isupper():
        title = title.lower()
    for clause in re.split(r"[:;,.?!()\[\]/]|\s[-–—]\s", title):
        words = _WORD.findall(clause)
        forms = [" ".join(tokens(word)) for word in words]
        for size in range(2, _LONGEST + 1):
            for start in range(len(words) - size + 1):
                spelling = " ".join(words[start : start + size])
                if is_name(forms[start : start + size]) and not re.search("['’]s\\b", spelling):
                    yield " ".join(forms[start : start + size]), spelling


def is_name(run: Sequence[str]) -> bool:
    """Whether words in compared form could stand as a heading."""
    first, last = run[0], run[-1]
    return (
        all(form and not form.isdigit() and form not in _MINOR for form in run)
        and first not in STOP
        and first not in _HOLLOW_STARTS
        and (last not in STOP or last in _ENDS)
        and last not in _HOLLOW
        and not first.endswith("ly")
    )


def commonest(spellings: Sequence[str]) -> str:
    """The spelling that occurs most; of equals the first in the alphabet."""
    counts = Counter(spellings)
    return min(counts, key=lambda spelling: (-counts[spelling], spelling))


def spelling(term: str, papers: Collection[Paper]) -> str:
    """The commonest way in which papers write a compared form; sentence starts lose theirs."""
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
    return commonest(seen) if seen else term


def _plain(word: str) -> str:
    return word.lower() if word[1:].islower() else word


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
