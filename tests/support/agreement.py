"""How well themes agree with the labels that people gave."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sklearn.metrics import adjusted_rand_score

from digest.model import Section

OTHER = "Other"


@dataclass(frozen=True)
class Agreement:
    """`ari` (0 is chance, 1 is equal) and `b_cubed` (F1); `other`, `largest` are parts of a day.

    Papers that people left in "Other" are in no score. Ours in "Other" are one group for `ari`,
    and each alone for `b_cubed` (Bagga and Baldwin 1998).
    """

    ari: float
    b_cubed: float
    people: int
    themes: int
    other: float
    largest: float
    smallest: int


def agreement(sections: Sequence[Section], labels: Mapping[str, str]) -> Agreement:
    """Compare sections with `labels` (a paper's `source_id` -> its label)."""
    theme = {str(p.source_id): s.theme for s in sections for p in s.papers}
    kept = [name for name in labels if labels[name] != OTHER]
    gold = [labels[name] for name in kept]
    found = [theme[name] for name in kept]
    alone = [t if t != OTHER else f"{OTHER} {n}" for n, t in enumerate(found)]
    sizes = Counter(theme.values())
    others = sizes.pop(OTHER, 0)
    return Agreement(
        ari=float(adjusted_rand_score(gold, found)),
        b_cubed=b_cubed(gold, alone),
        people=len(set(gold)),
        themes=len(sizes),
        other=others / len(theme),
        largest=max(sizes.values()) / len(theme),
        smallest=min(sizes.values()),
    )


def b_cubed(gold: Sequence[str], found: Sequence[str]) -> float:
    """F1 of the mean precision and recall of each paper's own group."""
    pairs = Counter(zip(gold, found, strict=True))
    golds, founds = Counter(gold), Counter(found)
    precision = sum(n * n / founds[f] for (_, f), n in pairs.items()) / len(gold)
    recall = sum(n * n / golds[g] for (g, _), n in pairs.items()) / len(gold)
    return 2 * precision * recall / (precision + recall)
