"""`python -m tests.bench.ranking`: how well the order at first sight tells the votes in the end.

On each day of the recorded lists the papers that are new that day are ranked by what is known of
them then. Right is what has the most votes in the end. Precision@10: how many of the first ten
are among the ten with the most (who ties with the tenth counts as among them). Rank correlation:
Spearman's, ties with their mean rank, between scores and final votes. Both are means over days.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from statistics import StatisticsError, correlation, mean

from digest.editorial.ranking import rank_papers
from digest.model import Paper
from tests.bench.row import Row
from tests.support.real_days import Listing, first_sights, listed_paper, votes_over_time

ENOUGH = 20
_MONTH = Path(__file__).parents[1] / "data" / "raw" / "hf_rss" / "feed_monthly.xml"
_ITEM = re.compile(r"<item>.*?/abs/(\d{4}\.\d{5})", re.DOTALL)

#: Numbers of papers, each with its score.
Scores = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Day:
    """What is known of a day's papers at first sight, and their votes in the end."""

    listing: Listing
    papers: tuple[Paper, ...]
    final: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Quality:
    """Means over days: `precision` of the first ten, `correlation` of all."""

    days: int
    precision: float
    correlation: float


def trending(day: Day) -> Scores:
    """The program's order."""
    return _scores(rank_papers(day.papers, day=day.listing.day))


def trending_without_list_day(day: Day) -> Scores:
    """The same where nobody knows when a paper was listed, as with most files."""
    bare = [replace(paper, announced=None) for paper in day.papers]
    return _scores(rank_papers(bare, day=day.listing.day))


def votes_only(day: Day) -> Scores:
    """What stands beside each paper on the list."""
    return {_number(paper): paper.votes or 0 for paper in day.papers}


def votes_and_freshness(day: Day) -> Scores:
    """Votes with a bonus that halves every four days after publication."""
    scores = trending_without_list_day(day)
    return {_number(p): scores[_number(p)] + 2.0 ** (-_age(p, day.listing) / 4) for p in day.papers}


def newest(day: Day) -> Scores:
    """`rank: newest` by the day of publication."""
    bare = [replace(paper, announced=None) for paper in day.papers]
    return _scores(rank_papers(bare, day=day.listing.day, by="newest"))


ORDERS: Mapping[str, Callable[[Day], Scores]] = {
    "trending": trending,
    "trending, list day unknown": trending_without_list_day,
    "votes only": votes_only,
    "votes and freshness": votes_and_freshness,
    "newest": newest,
}


def days(enough: int = ENOUGH) -> Iterator[Day]:
    """Days with so many new papers. A list is read in the night after its day."""
    final = {number: max(votes) for number, votes in votes_over_time().items()}
    for each in first_sights():
        if len(each.rows) >= enough:
            listed = each.day - timedelta(days=1)
            papers = [listed_paper(n, v, listed=listed, seen=each.day) for n, v in each.rows]
            yield Day(each, tuple(papers), final)


def counted_again(day: Day) -> bool:
    """Whether most of the day's votes were counted on later days as well."""
    counts = votes_over_time()
    again = sum(len(counts[number]) > 1 for number, _ in day.listing.rows)
    return 2 * again > len(day.listing.rows)


def two_ages(enough: int = 10) -> Iterator[Day]:
    """Lists of two weekends on one page: one counted for three days, the other for one."""
    last: dict[str, tuple[int, ...]] = {}
    for each in first_sights():
        counts = {n: c for n, _ in each.rows if len(c := votes_over_time()[n]) == 3}
        if len(counts) >= enough:
            if last:
                yield _mixed(each, last, counts)
            last = counts


def _mixed(
    listing: Listing, last: Mapping[str, Sequence[int]], counts: Mapping[str, Sequence[int]]
) -> Day:
    seen = listing.day
    old, young = seen - timedelta(days=3), seen - timedelta(days=1)
    papers = [listed_paper(n, c[-1], listed=old, seen=seen) for n, c in last.items()]
    papers += [listed_paper(n, c[0], listed=young, seen=seen) for n, c in counts.items()]
    final = {number: each[-1] for number, each in (*last.items(), *counts.items())}
    return Day(listing, tuple(papers), final)


def quality(measured: Sequence[Day], order: Callable[[Day], Scores]) -> Quality:
    """How good an order is on these days."""
    scored = [(order(day), day.final) for day in measured]
    correlations = [spearman(scores, final) for scores, final in scored]
    return Quality(
        days=len(scored),
        precision=mean(precision(scores, final) for scores, final in scored),
        correlation=mean(each for each in correlations if each is not None),
    )


def precision(scores: Scores, final: Mapping[str, int], first: int = 10) -> float:
    """The share of the `first` that are among the best; equal scores stand by number."""
    best = sorted((final[number] for number in scores), reverse=True)[first - 1]
    chosen = sorted(scores, key=lambda number: (-scores[number], number))[:first]
    return mean(final[number] >= best for number in chosen)


def spearman(scores: Scores, final: Mapping[str, int]) -> float | None:
    """Rank correlation; None where all are equal."""
    try:
        return correlation(_ranks(list(scores.values())), _ranks([final[n] for n in scores]))
    except StatisticsError:
        return None


def monthly_hits(measured: Sequence[Day], order: Callable[[Day], Scores]) -> tuple[int, int]:
    """Papers that were among their month's most voted weeks later: how many, how many found.

    Of a day with k such papers the first k are looked at; only days of that month count.
    """
    best = set(_ITEM.findall(_MONTH.read_text("utf-8")))
    found = wanted = 0
    for day in measured:
        if (day.listing.day.year, day.listing.day.month) != (2026, 7):
            continue
        scores = order(day)
        chosen = sorted(scores, key=lambda number: (-scores[number], number))
        wanted += (k := len(best & scores.keys()))
        found += len(best & set(chosen[:k]))
    return wanted, found


def measure_ranking() -> list[Row]:
    """Rows for `make bench`: `trending` beside the votes alone and beside the newest."""
    rows = []
    for what, measured in (("first sight", list(days())), ("two ages", list(two_ages()))):
        ours = quality(measured, trending)
        for name in ("votes only", "newest"):
            peer = quality(measured, ORDERS[name])
            pairs = (("p@10", ours.precision, peer.precision),)
            pairs += (("rank corr.", ours.correlation, peer.correlation),)
            for unit, our, theirs in pairs:
                rows.append(Row(f"trending, {what}", name, our, theirs, unit))
    return rows


def main() -> None:
    """Print the tables of docs/ranking.md."""
    every, mixed = list(days()), list(two_ages())
    parts = {
        "all": every,
        "counted again": [day for day in every if counted_again(day)],
        "two ages, odd": mixed[::2],
        "two ages, even": mixed[1::2],
    }
    heads = [f"{name} ({len(part)} days)" for name, part in parts.items()]
    say(f"| order | {' | '.join(heads)} | month's best |")
    say("|---" * (len(heads) + 2) + "|")
    for name, order in ORDERS.items():
        cells = [quality(part, order) for part in parts.values()]
        told = " | ".join(f"{each.precision:.3f} / {each.correlation:.3f}" for each in cells)
        wanted, found = monthly_hits(every, order)
        say(f"| {name} | {told} | {found} of {wanted} |")


def say(line: str) -> None:
    sys.stdout.write(line + "\n")


def _scores(ranked: Sequence[Paper]) -> Scores:
    return {_number(paper): paper.score.total if paper.score else 0.0 for paper in ranked}


def _number(paper: Paper) -> str:
    return paper.id.value


def _age(paper: Paper, listing: Listing) -> int:
    return max(0, (listing.day - paper.published).days) if paper.published else 4


def _ranks(values: Sequence[float]) -> list[float]:
    """Ranks from 0; equal values share their mean rank."""
    ordered = sorted(values)
    first = {value: n for n, value in reversed(list(enumerate(ordered)))}
    last = {value: n for n, value in enumerate(ordered)}
    return [(first[value] + last[value]) / 2 for value in values]


if __name__ == "__main__":
    main()
