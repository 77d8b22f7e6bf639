"""The account of an edition that workers sent: its ledger held against the sink's log."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field

import psycopg

from tests.support.recording_sink import Record

_OPEN = ("pending", "claimed", "data", "deferred")
#: Of letters that the sink may have.
_MAILED = ("sent", "unknown", "data", "suppressed")


@dataclass(frozen=True, kw_only=True)
class Account:
    """`lost`: expected, and neither taken by the sink nor in doubt nor still to come.

    `doubled` counts copies too many, `unknown` letters in doubt. `differing` got copies that are
    not one letter. `disagreeing`: the ledger and the sink contradict each other.
    """

    lost: frozenset[str]
    doubled: int
    unknown: int
    still_to_come: int
    differing: frozenset[str]
    disagreeing: frozenset[str]
    states: dict[str, int] = field(default_factory=dict)

    def breaches(self, *, doubled: int = 0, unknown: int = 0, still_to_come: int = 0) -> list[str]:
        """What breaks the promise: nobody lost, at most so many doubled, in doubt or open."""
        found = {
            "lost": len(self.lost),
            f"doubled over {doubled}": max(self.doubled - doubled, 0),
            f"unknown over {unknown}": max(self.unknown - unknown, 0),
            f"still to come over {still_to_come}": max(self.still_to_come - still_to_come, 0),
            "not the same letter": len(self.differing),
            "contradicting the ledger": len(self.disagreeing),
        }
        told = [f"{count} {what}" for what, count in found.items() if count]
        examples = sorted(self.lost | self.disagreeing | self.differing)[:3]
        return told + ([f"such as {', '.join(examples)}"] if examples else [])


def ledger_states(url: str) -> dict[str, str]:
    """The state of every row, by address; of the one edition that there is."""
    with psycopg.connect(url) as connection:
        rows = connection.execute("SELECT address, state FROM delivery").fetchall()
    found = dict(rows)
    assert len(found) == len(rows), "more than one edition"
    return found


def draw_up(url: str, record: Record, readers: Collection[str]) -> Account:
    """Hold the ledger at `url` against what the sink wrote down."""
    states = ledger_states(url)
    copies: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for letter in record.taken:
        copies[letter.recipient].add((letter.message_id, letter.digest))
    refused = set(record.rejected)
    excused = {
        who
        for who, state in states.items()
        if state in (*_OPEN, "unknown", "suppressed") or (state == "rejected" and who in refused)
    }
    sent = {who for who, state in states.items() if state == "sent"}
    unmailed = {who for who, state in states.items() if state not in _MAILED}
    return Account(
        lost=frozenset(set(readers) - set(copies) - excused),
        doubled=len(record.taken) - len(copies),
        unknown=sum(state == "unknown" for state in states.values()),
        still_to_come=sum(state in _OPEN for state in states.values()),
        differing=frozenset(who for who, each in copies.items() if len(each) > 1),
        disagreeing=frozenset(
            (sent - set(copies)) | (unmailed & set(copies)) | (set(copies) - set(states))
        ),
        states=dict(Counter(states.values())),
    )
