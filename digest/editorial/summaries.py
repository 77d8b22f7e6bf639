"""What a letter prints of a paper: its first sentences, its best ones, or its source's own words.

`extract` takes of an abstract those one to three whole sentences, within the letter's length,
that are worth most together:

    value  = covered + 0.2 * done + 0.2 * found + 0.1 * figures - 0.2 * faults

    covered  the share of the abstract's words that they hold; a word weighs as many as there are
             sentences with it, three times that if it is in the title; words of no content weigh
             nothing
    done     1 if they hold the first sentence that says what was done ("we propose")
    found    1 if one of them says what was found ("we show", "outperforms", "reveals")
    figures  1 if one of them has a figure that measures (37%, 3x, 1.2 points, 0.93)
    faults   one for each that is background (before `done`, and not `found`), that leans on a
             sentence which is left out ("These ...", "2) ..."), or that says where the code is

To cover is to be central, with what two sentences both say counted once (Takamura and Okumura,
"Text summarization model based on maximum coverage problem", EACL 2009).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Literal

from digest.editorial.words import STOP, tokens
from digest.model import Paper
from digest.prose import (
    SUMMARY_LENGTH,
    first_sentences,
    join_sentences,
    sentences,
    width_of,
)

Way = Literal["lead", "extract", "source"]

_CUE = 0.2
_TITLE = 3
_MOST = 3
#: No abstract has more sentences; of a whole introduction in its place the rest is not weighed.
_READ = 30

_THIS_WORK = r"(?:this|the present|our) (?:paper|work|study|article|survey|report|review)"
_DONE = re.compile(
    rf"\b(?:we|{_THIS_WORK}) (?:\w+ly |also |then |further |first )?"
    r"(?:propos|present|introduc|develop|design|buil[dt]|construct|creat|describ|formulat|devis"
    r"|releas|train|stud[iy]|investigat|examin|explor|analy[sz]|survey|review|revisit|evaluat"
    r"|address|provid|offer|establish|argu|conduct|compar|integrat|extend)\w*",
    re.IGNORECASE,
)
_FOUND = re.compile(
    r"\b(?:finds?|found|findings?|show(?:s|ed|n)?|demonstrat\w+|reveal\w*|discover\w*|observe\w*"
    r"|results|outperform\w*|surpass\w*|achiev\w+|exceed\w*|attain\w*|improv(?:es|ed|ing)"
    r"|reduc(?:es|ed|ing)|state-of-the-art)\b",
    re.IGNORECASE,
)
_FIGURES = re.compile(
    r"\d\s*(?:%|percent\b|×|x\b|-?fold\b|points?\b|pp\b|times\b|ms\b|hours?\b|dB\b)|\d\.\d|\d,\d{3}"
)
_LEANING = re.compile(
    r"(?:(?:moreover|furthermore|in addition|additionally|also|besides|thus|therefore|hence"
    r"|consequently|as a result|meanwhile|finally|specifically|notably|crucially),? )?"
    rf"(?:(?!{_THIS_WORK}\b)this|these|those|it|its|they|their|such|both"
    r"|the (?:former|latter|same|other)|however|instead|conversely|similarly|likewise|in contrast"
    r"|yet|but|and|second|third|for (?:example|instance))\b"
    r"|\(?\d{1,2}[.)]",
    re.IGNORECASE,
)
# "To address this gap, we": what stood before is not there, and the sentence is whole without.
_TIED = re.compile(
    r"(?:to this end|to [a-z]+(?: [a-z]+){0,3} (?:this|these|those|such)\b[^,.;:]{0,60}"
    r"|(?:motivated by|inspired by|building (?:up)?on) (?:this|these|those|it|such)\b[^,.;:]{0,60}"
    r"|in response|first|second|third|therefore|thus|hence|consequently|accordingly|however"
    r"|moreover|furthermore|additionally"
    r"|in addition|specifically|in this (?:paper|work|study|article|report|letter))"
    r",\s+(?=(?:we|our|the|a|an|here)\b)",
    re.IGNORECASE,
)
_CODE = re.compile(
    r"https?://|\b(?:code|dataset|data|model|weight|demo|project|benchmark|page|website)s?\b"
    r"[^.]{0,80}\b(?:available|released|open[- ]sourced|found at|accessible)\b",
    re.IGNORECASE,
)


def summarise(paper: Paper, way: Way) -> Paper:
    """The paper with its `summary` and `summary_by`; both are "" where nobody says anything.

    `source` is `extract` where the source has no summary; what has no abstract is summarised by
    its source.
    """
    own = first_sentences(paper.source_summary or "")
    if own and (way == "source" or not paper.abstract):
        return replace(paper, summary=own, summary_by="source")
    if not paper.abstract:
        return replace(paper, summary="", summary_by="")
    if way == "lead":
        return replace(paper, summary=first_sentences(paper.abstract), summary_by="lead")
    return replace(paper, summary=extract(paper.title, paper.abstract), summary_by="extract")


def extract(title: str, abstract: str, length: int = SUMMARY_LENGTH) -> str:
    """The best sentences of an abstract that fit together, in their order.

    One whose forerunner is left out loses an opening that leans on it: "To this end, we".

    A short abstract is taken whole; where no sentence fits it is the first words.
    """
    whole = " ".join(abstract.split())
    if width_of(whole) <= length:
        return whole
    read = _weigh(title, sentences(whole)[:_READ])
    fitting = [each for each in read.sentences if each.width <= length]
    choices = (
        chosen
        for size in range(1, _MOST + 1)
        for chosen in combinations(fitting, size)
        if sum(each.width for each in chosen) + size - 1 <= length
    )
    # Of two that are worth the same it is the one that comes first.
    best = max(choices, key=lambda chosen: round(read.value(chosen), 9), default=())
    places = {each.place for each in best}
    told = [each.text if each.place - 1 in places else _freed(each.text) for each in best]
    return join_sentences(told) or first_sentences(whole, length)


def _freed(sentence: str) -> str:
    """The sentence without the words that tie it to one which is not there."""
    tie = _TIED.match(sentence)
    if tie is None:
        return sentence
    free = sentence[tie.end() :]
    return free[0].upper() + free[1:]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sentence:
    """A sentence with what counts in it. `place` is its number in the abstract."""

    text: str
    width: int
    place: int
    words: frozenset[str]
    is_done: bool
    is_found: bool
    has_figures: bool
    leans: bool
    is_code: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Abstract:
    """The sentences of an abstract, and each word's share of what all its words weigh.

    `done` is the place of the first sentence that says what was done, -1 when none does.
    """

    sentences: tuple[_Sentence, ...]
    shares: Mapping[str, float]
    done: int

    def value(self, chosen: Sequence[_Sentence]) -> float:
        """What the sentences are worth together."""
        places = {each.place for each in chosen}
        held = frozenset[str]().union(*(each.words for each in chosen))
        return (
            # The order of a set is another in each process, and so would be the sum's last digit.
            sum(self.shares[word] for word in sorted(held))
            + _CUE * (self.done in places)
            + _CUE * any(each.is_found for each in chosen)
            + _CUE / 2 * any(each.has_figures for each in chosen)
            - _CUE * sum(self._faults(each, places) for each in chosen)
        )

    def _faults(self, sentence: _Sentence, places: set[int]) -> int:
        is_background = sentence.place < self.done and not sentence.is_found
        is_loose = sentence.leans and sentence.place - 1 not in places
        return is_background + is_loose + sentence.is_code


def _weigh(title: str, texts: Sequence[str]) -> _Abstract:
    found = tuple(_read(text, place) for place, text in enumerate(texts))
    named = set(tokens(title))
    counts = Counter(word for each in found for word in each.words)
    weights = {word: n * (_TITLE if word in named else 1) for word, n in counts.items()}
    total = sum(weights.values())
    return _Abstract(
        sentences=found,
        shares={word: weight / total for word, weight in weights.items()},
        done=next((each.place for each in found if each.is_done), -1),
    )


def _read(text: str, place: int) -> _Sentence:
    return _Sentence(
        text=text,
        width=width_of(text),
        place=place,
        words=frozenset(tokens(text)) - STOP,
        is_done=bool(_DONE.search(text)),
        is_found=bool(_FOUND.search(text)),
        has_figures=bool(_FIGURES.search(text)),
        leans=place > 0 and bool(_LEANING.match(text)),
        is_code=bool(_CODE.search(text)),
    )
