"""How many of a relay's connections each worker should have: the same for all, as far as wanted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

T = TypeVar("T", bound=str)


def share_out(limit: int, wanted: Mapping[T, int], turn: int) -> dict[T, int]:
    """Who should have how many of `limit`.

    Nobody gets more than he wants, nor more than one above another who wants more. Where they are
    more than `limit`, whose turn it is moves on by one place with each `turn`.
    """
    shares = dict.fromkeys(wanted, 0)
    asking = sorted(name for name, number in wanted.items() if number > 0)
    if len(asking) > limit:
        first = turn % len(asking)
        asking = asking[first:] + asking[:first]
    left = limit
    while left > 0 and asking:
        for name in asking[:left]:
            shares[name] += 1
        left -= min(left, len(asking))
        asking = [name for name in asking if shares[name] < wanted[name]]
    return shares
