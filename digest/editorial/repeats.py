"""When a paper that was mailed before comes back."""

from __future__ import annotations

from datetime import date, timedelta

from digest.config import RepeatConfig
from digest.model import Mailed, Paper

#: Fewer votes than this, or none known, count as so many: a handful more is no news.
FEW_VOTES = 5


def may_come(
    paper: Paper, mailed: Mailed | None, *, day: date, repeat: bool | RepeatConfig
) -> bool:
    """Whether a paper, mailed before or not, is news on this day.

    What was withdrawn is none, unless readers had it: they are told once, whatever `repeat` says.
    """
    if paper.withdrawn:
        return mailed is not None and not mailed.withdrawn
    if mailed is None:
        return True
    if isinstance(repeat, bool):
        return repeat
    waited = day - mailed.last >= timedelta(seconds=repeat.after)
    return waited and (paper.votes or 0) >= repeat.votes * max(FEW_VOTES, mailed.votes or 0)


def earned(ranked: tuple[Paper, ...], repeat: bool | RepeatConfig) -> tuple[Paper, ...]:
    """The ranked papers without those that come back and are not among the day's `best`."""
    if isinstance(repeat, bool):
        return ranked
    return tuple(
        paper
        for place, paper in enumerate(ranked)
        if place < repeat.best or paper.first_sent is None or paper.withdrawn
    )
