"""Text as words, in the one form in which phrases, titles and abstracts are compared."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from math import log

from digest.model import Paper

# A script without blanks is taken sign by sign, so that a phrase of two signs can be found in it.
_TOKEN = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]|[^\W_\u3040-\u9fff]+(?:\+\+|#)?")
_HYPHENS = re.compile(r"(?<=\w)[-\u2010\u2011\u2013](?=\w)")
_APOSTROPHE = re.compile(r"['\u2019]s\b")

# Words that say nothing of a paper: English, and the manners of abstracts.
_STOP_TEXT = """
a about above across after again against all almost also although always among an and any are
as at be because been before being below best better between beyond both but by can cannot
could do does during each either even ever every few first for from further given has have
having here how however i if in into is it its itself just less like made make many may might
more most much must near need new no nor not novel now of off on once one only or other our out
over own per same second several should show since so some still such than that the their them
then there these they this those three through thus to together too toward towards two under
until up upon use used using very via was we well were what when where whether which while who
whose why will with within without would yet you your approach based demonstrate effective
efficient enable end evaluate existing experiment extensive framework general high improve
improving including introduce large learn leverage low main method model often outperform paper
perform performance present problem propose proposed provide recent remain require result
setting significantly simple state study superior system task technique train trained training
understanding various widely work future shown average time minimal inspired instead relevant
art achieve address challenge code available data dataset different
"""
STOP = frozenset(_STOP_TEXT.split())
_SINGULAR = frozenset(
    (
        "alias",
        "always",
        "atlas",
        "axes",
        "bias",
        "canvas",
        "chaos",
        "gas",
        "lens",
        "news",
        "pancreas",
        "series",
        "species",
    )
)


@lru_cache(maxsize=65536)
def stem(word: str) -> str:
    """A word without its plural: `studies` -> `study`, `models` -> `model`, `bias` stays."""
    if len(word) < 4 or not word.endswith("s") or word.endswith(("ss", "us", "is")):
        return word
    if word in _SINGULAR:
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "shes", "tches", "xes")):
        return word[:-2]
    return word[:-1]


def tokens(text: str) -> tuple[str, ...]:
    """Words without case and plural, in order; a hyphen parts them as a blank does."""
    text = _APOSTROPHE.sub("", text.casefold())
    return tuple(stem(word) for word in _TOKEN.findall(text))


def _joined(text: str) -> str:
    return _HYPHENS.sub("", text)


def phrase_forms(phrase: str) -> tuple[str, ...]:
    """The forms to look for: `multi-modal` as two words or as one. Empty for mere punctuation."""
    forms = {" ".join(tokens(phrase)), " ".join(tokens(_joined(phrase)))}
    return tuple(sorted(form for form in forms if form))


@dataclass(frozen=True, slots=True)
class PaperWords:
    """How often each run of one to `longest` words stands in a paper's title, and in the rest.

    `joined` holds the runs that exist only when hyphens are dropped (`multi-modal` as one word).
    `terms` are the words and pairs that say something, each with 1 + log(count), a title's
    counting twice.
    """

    title: Counter[str]
    body: Counter[str]
    joined: frozenset[str]
    terms: Mapping[str, float]

    @classmethod
    def of(cls, paper: Paper, longest: int = 3) -> PaperWords:
        """Body means abstract and keywords."""
        return cls.of_texts(paper.title, (paper.abstract, *paper.keywords), longest)

    @classmethod
    def of_texts(cls, title: str, body: Iterable[str], longest: int) -> PaperWords:
        """A run never crosses from one text to the next."""
        in_title, joined_in_title = _runs((title,), longest)
        in_body, joined_in_body = _runs(body, longest)
        joined = joined_in_title | joined_in_body
        return cls(in_title, in_body, joined, _terms(in_title, in_body, joined))

    def count(self, forms: Iterable[str]) -> tuple[int, int]:
        """Finds in title and body; spellings of one phrase are not added up."""
        found = [(self.title[form], self.body[form]) for form in forms]
        return (max((t for t, _ in found), default=0), max((b for _, b in found), default=0))


def _terms(title: Counter[str], body: Counter[str], joined: frozenset[str]) -> Mapping[str, float]:
    found = {}
    for run in title.keys() | body.keys():
        if run.count(" ") < 2 and run not in joined and all(map(_says_something, run.split(" "))):
            found[run] = 1 + log(2 * title[run] + body[run])
    return found


@lru_cache(maxsize=65536)
def _says_something(word: str) -> bool:
    return len(word) > 1 and word not in STOP and not word.isdigit()


def _runs(texts: Iterable[str], longest: int) -> tuple[Counter[str], frozenset[str]]:
    found: Counter[str] = Counter()
    joined: Counter[str] = Counter()
    for text in texts:
        plain = _count_runs(text, longest)
        found.update(plain)
        if (without := _joined(text)) != text:
            joined.update(_count_runs(without, longest) - plain)
    extra = frozenset(joined.keys() - found.keys())
    return found + joined, extra


def _count_runs(text: str, longest: int) -> Counter[str]:
    words = tokens(text)
    return Counter(
        " ".join(words[start : start + size])
        for size in range(1, longest + 1)
        for start in range(len(words) - size + 1)
    )
