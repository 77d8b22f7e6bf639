"""When a paper was mailed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailed:
    """The first and the last day, and what that last edition said of the paper.

    `votes` is None where it knew none; `withdrawn`: readers were told that it is.
    """

    first: date
    last: date
    votes: int | None = None
    withdrawn: bool = False

    def joined(self, other: Mailed) -> Mailed:
        """The history of one paper that was kept under two names."""
        latest = max(self, other, key=lambda each: each.last)
        return Mailed(
            first=min(self.first, other.first),
            last=latest.last,
            votes=latest.votes,
            withdrawn=self.withdrawn or other.withdrawn,
        )
