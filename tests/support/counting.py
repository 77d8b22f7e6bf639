"""What a mail server took, held against the list: who is lost, who was mailed twice."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from tests.support.smtp_server import Taken


@dataclass(frozen=True)
class Tally:
    """`differing` got copies that are not one letter: another Message-ID or other octets."""

    lost: frozenset[str]
    unexpected: frozenset[str]
    extra: int
    differing: frozenset[str]

    def breaches(self, *, extra: int = 0) -> list[str]:
        """What breaks the promise: nobody lost, at most so many copies too many, all alike."""
        found = {
            "lost": len(self.lost),
            "unexpected": len(self.unexpected),
            "not the same letter": len(self.differing),
            f"copies over {extra}": max(self.extra - extra, 0),
        }
        return [f"{count} {what}" for what, count in found.items() if count]


def tally(accepted: Iterable[Taken], readers: Collection[str]) -> Tally:
    """Count one edition's letters."""
    copies: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for letter in accepted:
        copies[letter.recipient].append((letter.message_id, letter.sha256))
    return Tally(
        lost=frozenset(set(readers) - set(copies)),
        unexpected=frozenset(set(copies) - set(readers)),
        extra=sum(len(each) - 1 for each in copies.values()),
        differing=frozenset(who for who, each in copies.items() if len(set(each)) > 1),
    )
