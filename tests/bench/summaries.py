"""Summaries beside those that Hugging Face's model wrote of the same papers.

    python -m tests.bench.summaries

prints the table of docs/summaries.md.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import mean

from digest.editorial.summaries import extract
from digest.prose import first_sentences, join_sentences, sentences
from digest.sources.text import clean_text, clean_title
from tests.bench.rouge import rouge_l, rouge_n
from tests.bench.row import Row, cpu_seconds, interleaved

RECORDED = Path(__file__).parents[1] / "data/raw/hf_api"
_DRAWS = 10_000
_PICKS = 20
MEASURES: dict[str, Callable[[str, str], float]] = {
    "ROUGE-1": lambda text, reference: rouge_n(text, reference, 1),
    "ROUGE-2": lambda text, reference: rouge_n(text, reference, 2),
    "ROUGE-L": rouge_l,
}


@dataclass(frozen=True)
class Pair:
    """A paper with the summary that a model wrote of it."""

    title: str
    abstract: str
    reference: str


def pairs() -> list[Pair]:
    """Every recorded paper with an `ai_summary`, each once."""
    found: dict[str, Pair] = {}
    for file in sorted(RECORDED.glob("daily_papers_*.json")):
        for item in json.loads(file.read_text(encoding="utf-8")):
            one = item["paper"]
            if one.get("ai_summary") and one.get("summary"):
                texts = clean_text(one["summary"]), clean_text(one["ai_summary"])
                found[one["id"]] = Pair(clean_title(one["title"]), *texts)
    return list(found.values())


def _two_by_chance(pair: Pair, seed: int) -> str:
    parts = sentences(pair.abstract)
    chance = random.Random(f"{seed} {pair.title}")
    places = sorted(chance.sample(range(len(parts)), min(2, len(parts))))
    return join_sentences(parts[place] for place in places)


def scores(summarise: Callable[[Pair], str], measure: Callable[[str, str], float]) -> list[float]:
    """One figure a pair."""
    return [measure(summarise(pair), pair.reference) for pair in pairs()]


def _lead(pair: Pair) -> str:
    return first_sentences(pair.abstract)


def _extract(pair: Pair) -> str:
    return extract(pair.title, pair.abstract)


def interval(ours: list[float], theirs: list[float]) -> tuple[float, float]:
    """95 % of the mean difference: a bootstrap over the pairs, always with the same draws."""
    chance = random.Random(1)
    differences = [a - b for a, b in zip(ours, theirs, strict=True)]
    means = sorted(mean(chance.choices(differences, k=len(differences))) for _ in range(_DRAWS))
    return means[_DRAWS // 40], means[-_DRAWS // 40]


def measure_summaries(rounds: int) -> list[Row]:
    """`extract` beside `lead`: likeness to a model's summary, and what forty papers cost."""
    known = pairs()
    rows = [
        Row(
            f"{name} F1 of {len(known)} extracts with a model's summaries",
            "the first sentences",
            mean(scores(_extract, measure)),
            mean(scores(_lead, measure)),
            "F1",
            note="docs/summaries.md",
        )
        for name, measure in MEASURES.items()
    ]

    def cost(work: Callable[[Pair], str]) -> float:
        return cpu_seconds(lambda: [work(pair) for pair in known]) * 40_000 / len(known)

    ours, theirs = interleaved([lambda: cost(_extract), lambda: cost(_lead)], rounds)
    rows.append(Row("forty extracts", "the first sentences", ours, theirs, "ms", False))
    return rows


def main() -> None:
    known = pairs()
    print(f"{len(known)} pairs; F1, mean over the pairs\n")
    print("| summary | characters | " + " | ".join(MEASURES) + " |")
    print("|---|---|" + "---|" * len(MEASURES))
    kinds: dict[str, list[Callable[[Pair], str]]] = {
        "extract": [_extract],
        "lead": [_lead],
        "two sentences by chance": [
            lambda pair, seed=seed: _two_by_chance(pair, seed) for seed in range(_PICKS)
        ],
        "the whole abstract": [lambda pair: pair.abstract],
        "the title": [lambda pair: pair.title],
    }
    for name, ways in kinds.items():
        size = mean(len(way(pair)) for way in ways for pair in known)
        figures = [mean(mean(scores(way, m)) for way in ways) for m in MEASURES.values()]
        print(f"| {name} | {size:.0f} | " + " | ".join(f"{each:.3f}" for each in figures) + " |")
    print("\nextract minus lead, with 95 % of a bootstrap, and on how many pairs it is better:")
    for name, measure in MEASURES.items():
        ours, theirs = scores(_extract, measure), scores(_lead, measure)
        low, high = interval(ours, theirs)
        better = sum(a > b for a, b in zip(ours, theirs, strict=True))
        worse = sum(a < b for a, b in zip(ours, theirs, strict=True))
        difference = mean(ours) - mean(theirs)
        print(f"{name}: {difference:+.3f} ({low:+.3f} to {high:+.3f}); {better} to {worse}")


if __name__ == "__main__":
    main()
