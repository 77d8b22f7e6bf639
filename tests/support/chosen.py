"""Faults for readers who are named, the same ones with any number of connections."""

from __future__ import annotations

import random
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from tests.support.smtp_server import Rule


@dataclass
class Chosen(Rule):
    """A rule for these recipients alone."""

    who: Collection[str] = ()

    def applies(self, stage: str, recipient: str) -> bool:
        return recipient in self.who and super().applies(stage, recipient)


def draw(addresses: Iterable[str], seed: int, *sizes: int) -> list[frozenset[str]]:
    """So many addresses for each of `sizes`, none of them twice."""
    mixed = sorted(addresses)
    random.Random(seed).shuffle(mixed)
    found = []
    for size in sizes:
        found.append(frozenset(mixed[:size]))
        del mixed[:size]
    return found
