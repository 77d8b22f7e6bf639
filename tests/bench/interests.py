"""What interests are worth: `python -m tests.bench.interests` prints the tables of docs/choices.md.

Readers are made up out of labelled days. A reader likes five papers of a theme; the others of it
are hidden among the rest of the day, and should be in her first ten.
"""

from __future__ import annotations

import random
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from statistics import mean

import numpy as np

from digest.editorial.interests import DayPlaces, Places, Rows, Surveyor
from digest.editorial.knowledge import Knowledge
from digest.mailing.relevance import mix, percentiles
from digest.model import Paper
from tests.bench.row import Row, interleaved
from tests.support.knowing import shipped_knowledge
from tests.support.labelled_days import labelled_day, labels

#: Those that have a theme of 8 papers.
DAYS = ("acl2020_day", "hf_2025-10-15_hand", "iccv2025_day", "neurips2023_orals")
FIRST = 10
LIKED = 5
SMALLEST = 8
DRAWS = 40
READERS, PAPERS = 100_000, 100
WEIGHTS = (1.0, 0.95, 0.9, 0.85, 0.8, 0.7, 0.5, 0.0)

#: The scores of some papers of a day, for who likes some others; both by number.
Scorer = Callable[[Sequence[int], Sequence[int]], Sequence[float]]


@dataclass(frozen=True)
class Hidden:
    """One made-up reader: what she likes, and what she should find."""

    liked: tuple[int, ...]
    hidden: frozenset[int]
    rest: tuple[int, ...]


def readers_of(day: str, themes: int = 1, liked: int = LIKED, seed: int = 7) -> Iterator[Hidden]:
    """Readers who like papers of one theme, or of several; `DRAWS` for each of the first theme."""
    named = list(labels(day).values())
    members = defaultdict(list)
    for number, label in enumerate(named):
        members[label].append(number)
    large = sorted(
        label
        for label, numbers in members.items()
        if len(numbers) >= liked + SMALLEST - LIKED and label.lower() != "other"
    )
    chance = random.Random(seed)
    if len(large) < themes:
        return
    for label in large:
        for _ in range(DRAWS):
            others = chance.sample([each for each in large if each != label], themes - 1)
            chosen = [chance.sample(members[each], liked) for each in (label, *others)]
            known = {number for numbers in chosen for number in numbers}
            wanted = {number for each in (label, *others) for number in members[each]} - known
            rest = tuple(n for n in range(len(named)) if n not in known)
            yield Hidden(tuple(sorted(known)), frozenset(wanted), rest)


def precision(scores: Sequence[float], reader: Hidden) -> float:
    """Hits among the first ten, of as many as there can be."""
    order = sorted(range(len(scores)), key=lambda n: (-scores[n], n))
    first = {reader.rest[n] for n in order[:FIRST]}
    return len(first & reader.hidden) / min(FIRST, len(reader.hidden))


def ours(papers: Sequence[Paper], knowledge: Knowledge | None = None) -> Scorer:
    """The program's own closeness."""
    places = Surveyor(knowledge or shipped_knowledge()).place(papers)

    def score(liked: Sequence[int], rest: Sequence[int]) -> Sequence[float]:
        day = DayPlaces(_some(places, rest))
        return day.closeness([day.profiles(_some(places, liked))])[0].tolist()

    return score


def one_profile(papers: Sequence[Paper]) -> Scorer:
    """The same with the mean of all that is liked as the only profile."""
    return _profiled(papers, lambda each: np.mean(each, axis=0))


def nearest_liked(papers: Sequence[Paper]) -> Scorer:
    """The same with every liked paper as a profile of its own."""
    return _profiled(papers, np.concatenate)


def _profiled(papers: Sequence[Paper], make: Callable[[list[Rows]], Rows]) -> Scorer:
    places = Surveyor(shipped_knowledge()).place(papers)

    def score(liked: Sequence[int], rest: Sequence[int]) -> Sequence[float]:
        day = DayPlaces(_some(places, rest))
        return day.closeness([make([day.profiles(_some(places, [n])) for n in liked])])[0].tolist()

    return score


def vectors_alone(papers: Sequence[Paper]) -> Scorer:
    """The space of words without the themes' claims."""
    return ours(papers, replace(shipped_knowledge(), topics=()))


def claims_alone(papers: Sequence[Paper]) -> Scorer:
    """The themes' claims without the space of words."""
    claims = Surveyor(shipped_knowledge()).place(papers).claims.astype(np.float32)
    return _by_rows(claims)


def background_mean(papers: Sequence[Paper]) -> Scorer:
    """The space of words, less the mean of its background and not of the day."""
    space = shipped_knowledge().space
    rows = Surveyor(shipped_knowledge()).place(papers).vectors.astype(np.float64) - space.middle
    return _by_rows(rows / np.linalg.norm(rows, axis=1, keepdims=True))


def tfidf(**settings: object) -> Callable[[Sequence[Paper]], Scorer]:
    """Mean cosine of scikit-learn's TF-IDF vectors, of the day's words."""

    def make(papers: Sequence[Paper]) -> Scorer:
        from sklearn.feature_extraction.text import TfidfVectorizer

        texts = [f"{paper.title}. {paper.abstract}" for paper in papers]
        return _by_rows(TfidfVectorizer(**settings).fit_transform(texts).toarray())

    return make


def at_random(papers: Sequence[Paper]) -> Scorer:
    chance = random.Random(3)
    return lambda liked, rest: [chance.random() for _ in rest]


METHODS: dict[str, Callable[[Sequence[Paper]], Scorer]] = {
    "ours": ours,
    "every liked paper its own profile": nearest_liked,
    "words alone": vectors_alone,
    "words alone, less the background's mean": background_mean,
    "themes' claims alone": claims_alone,
    "TF-IDF, no stop words, sublinear, pairs": tfidf(
        stop_words="english", sublinear_tf=True, ngram_range=(1, 2)
    ),
    "TF-IDF, no stop words, sublinear": tfidf(stop_words="english", sublinear_tf=True),
    "TF-IDF as it comes": tfidf(),
    "by chance": at_random,
}


def hiding(make: Callable[[Sequence[Paper]], Scorer], day: str, **how: int) -> float:
    """Mean precision over the day's readers."""
    score = make(labelled_day(day))
    return mean(precision(score(r.liked, r.rest), r) for r in readers_of(day, **how))


def mixing(weight: float) -> tuple[float, float]:
    """Precision, and the mean trend percentile of the first ten, over the days.

    Days without votes get a trend by chance: that is what it is to a reader.
    """
    found = []
    for day in DAYS:
        papers, score, chance = labelled_day(day), ours(labelled_day(day)), random.Random(5)
        counted = any(paper.votes for paper in papers)
        each = []
        for reader in readers_of(day):
            votes = [
                float(papers[n].votes or 0) if counted else chance.random() for n in reader.rest
            ]
            trend = percentiles(votes)
            mixed = mix(percentiles(score(reader.liked, reader.rest)), trend, weight)
            order = sorted(range(len(mixed)), key=lambda n: (-mixed[n], n))
            each.append((precision(mixed, reader), mean(trend[n] for n in order[:FIRST])))
        found.append((mean(p for p, _ in each), mean(t for _, t in each)))
    return mean(p for p, _ in found), mean(t for _, t in found)


def measure_interests(rounds: int) -> list[Row]:
    """Rows on how well interests choose, and on how long it takes."""
    scores = {
        name: mean(hiding(METHODS[name], day) for day in DAYS)
        for name in ("ours", "TF-IDF, no stop words, sublinear", "TF-IDF as it comes")
    }
    what = "5 liked papers find the others of their theme"
    found = [
        Row(what, name, scores["ours"], peer, "precision@10")
        for name, peer in scores.items()
        if name != "ours"
    ]
    together, alone = _product(rounds)
    note = f"{READERS:,} readers with {LIKED} papers of their own each, {PAPERS} papers, float32"
    return [
        *found,
        Row("all readers' relevance", "a reader at a time", together, alone, "s", False, note),
    ]


def _product(rounds: int) -> tuple[float, float]:
    papers = labelled_day("iccv2025_day")[:PAPERS]
    places = Surveyor(shipped_knowledge()).place(papers)
    day, chance = DayPlaces(places), random.Random(1)
    liked = [_some(places, chance.sample(range(PAPERS), LIKED)) for _ in range(READERS // 100)]
    profiles = [day.profiles(each) for each in liked] * 100
    batch = 4_096

    def together() -> float:
        begin = time.perf_counter()
        for start in range(0, READERS, batch):
            day.closeness(profiles[start : start + batch])
        return time.perf_counter() - begin

    def alone() -> float:
        begin = time.perf_counter()
        for each in profiles:
            day.closeness([each])
        return time.perf_counter() - begin

    ours, peers = interleaved([together, alone], rounds)
    return ours, peers


def _some(places: Places, numbers: Sequence[int]) -> Places:
    rows = list(numbers)
    return Places(vectors=places.vectors[rows], claims=places.claims[rows])


def _by_rows(rows) -> Scorer:
    return lambda liked, rest: (rows[list(rest)] @ rows[list(liked)].T).mean(axis=1).tolist()


def main() -> None:
    """The tables, in Markdown."""
    out = sys.stdout.write
    short = [day.removesuffix("_hand").removesuffix("_day").removesuffix("_orals") for day in DAYS]
    out(f"| closeness | mean | {' | '.join(short)} |\n|---|---|{'---|' * len(DAYS)}\n")
    for name, make in METHODS.items():
        row = [hiding(make, day) for day in DAYS]
        out(f"| {name} | {mean(row):.3f} | {' | '.join(f'{x:.3f}' for x in row)} |\n")
    out("\n| she likes | ours | one profile | every liked paper its own |\n|---|---|---|---|\n")
    for themes, liked in ((1, 5), (2, 5), (3, 5), (5, 5)):
        cells = []
        for make in (ours, one_profile, nearest_liked):
            days = [d for d in DAYS if next(readers_of(d, themes, liked), None)]
            cells.append(mean(hiding(make, day, themes=themes, liked=liked) for day in days))
        words = f"{liked} papers" + (
            f" of each of {themes} themes" if themes > 1 else " of a theme"
        )
        out(f"| {words} | {' | '.join(f'{x:.3f}' for x in cells)} |\n")
    out("\n| w | precision@10 | trend of her ten |\n|---|---|---|\n")
    for weight in WEIGHTS:
        found, trend = mixing(weight)
        out(f"| {weight} | {found:.3f} | {trend:.2f} |\n")


if __name__ == "__main__":
    main()
