"""A run's counts add up, whatever they are counted by."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.delivery import report as module
from digest.delivery.report import Tally, add_up
from digest.model import EditionKey, EmailAddress, Outcome, OutcomeKind, Recipient, Stage

NOW = datetime(2026, 11, 23, 7, tzinfo=UTC)


def reader(domain: str = "example.org", segment: str = "all") -> Recipient:
    return Recipient(
        edition=EditionKey("2026-11-23"),
        address=EmailAddress("ada", domain),
        name="",
        reader_id="r",
        segment=segment,
        due_at=NOW,
    )


def outcome(kind: OutcomeKind = OutcomeKind.SENT, **more) -> Outcome:
    return Outcome(kind=kind, **{"stage": Stage.DOT, "code": 250, "relay": "one:25"} | more)


def end(tally: Tally):
    return tally.report(transport="relays", connects=2, seconds=2.0, stopped=False)


def counts(share) -> tuple[int, ...]:
    return tuple(getattr(share, kind.value) for kind in OutcomeKind)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["a.example", "b.example", "c.example"]),
            st.sampled_from(["all", "some"]),
            st.sampled_from(["one:25", "two:25"]),
            st.sampled_from(list(OutcomeKind)),
        )
    )
)
def test_domains_segments_relays_and_replies_each_add_up_to_the_whole(letters):
    tally = Tally()
    for domain, segment, relay, kind in letters:
        tally.add(reader(domain, segment), outcome(kind, relay=relay))
    report = end(tally)
    whole = Counter(kind for *_, kind in letters)
    assert counts(report) == tuple(whole[kind] for kind in OutcomeKind)
    for place, shares in enumerate((report.domains, report.segments, report.relays)):
        assert counts(add_up("", shares)) == (counts(report) if letters else (0,) * 5)
        named = Counter((each[place], each[3]) for each in letters)
        found = {(s.name, k): getattr(s, k.value) for s in shares for k in OutcomeKind}
        assert {key: n for key, n in found.items() if n} == dict(named)
        assert [s.total for s in shares] == sorted((s.total for s in shares), reverse=True)
    assert sum(reply.count for reply in report.replies) == len(letters)


def test_a_reply_keeps_its_first_and_last_words():
    tally = Tally()
    for words in ("first", "second", "third"):
        tally.add(reader(), outcome(words=words))
    (reply,) = end(tally).replies
    assert (reply.count, reply.first_words, reply.last_words) == (3, "first", "third")
    assert end(tally).rate == 1.5


def test_names_without_end_are_counted_together_and_memory_stays_bounded(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(module, "DISTINCT", 10)
    monkeypatch.setattr(module, "REPLIES", 10)
    tally = Tally()
    for n in range(100):
        tally.add(reader(f"d{n}.example"), outcome(OutcomeKind.REJECTED, enhanced=f"5.1.{n}"))
    report = end(tally)
    assert len(report.domains) == 11
    assert report.domains[0].name == ""
    assert (report.domains[0].rejected, sum(s.rejected for s in report.domains)) == (90, 100)
    assert len(report.replies) == 11
    assert sum(reply.count for reply in report.replies) == 100
