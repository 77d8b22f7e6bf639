"""Backoff, giving up, and the bytes behind DATA."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.delivery.retry import plan_retry, plan_wait
from digest.model import EmailAddress, Envelope, Letter, Outcome, OutcomeKind, Stage
from digest.model.letter import canonical
from tests.support.memory_ledger import NOON, reader

DEFERRED = Outcome(kind=OutcomeKind.DEFERRED, stage=Stage.RCPT, code=450, words="busy")


@pytest.mark.parametrize(
    ("attempt", "minutes"), [(1, 1), (2, 2), (3, 4), (4, 8), (5, 16), (6, 30), (7, 30), (99, 30)]
)
def test_waits_grow_to_half_an_hour_and_are_spread(attempt, minutes):
    shortest, longest = plan_wait(attempt, 0.0), plan_wait(attempt, 1.0)
    assert longest == timedelta(minutes=minutes)
    assert timedelta(seconds=15) <= shortest <= longest * 0.7


def plan(recipient, now, chance=0.5):
    return plan_retry(recipient, DEFERRED, now=now, give_up_after=72_000, chance=chance)


def test_a_deferred_letter_gets_its_next_time():
    outcome = plan(reader("a@example.org"), NOON)
    assert outcome.kind is OutcomeKind.DEFERRED
    assert outcome.retry_at > NOON


def test_a_letter_older_than_give_up_after_is_rejected_with_words_that_say_so():
    outcome = plan(reader("a@example.org", attempt=6), NOON + timedelta(hours=20))
    assert outcome.kind is OutcomeKind.REJECTED
    assert outcome.words == "given up after 7 tries in 20 h; last: busy"


@pytest.mark.parametrize("kind", [k for k in OutcomeKind if k is not OutcomeKind.DEFERRED])
def test_only_deferred_letters_are_retried(kind):
    outcome = Outcome(kind=kind, stage=Stage.DOT)
    late = NOON + timedelta(days=9)
    assert (
        plan_retry(reader("a@example.org"), outcome, now=late, give_up_after=1, chance=0) is outcome
    )


awkward = st.lists(st.sampled_from([b"\r", b"\n", b"\r\n", b".", b"a", b"\x00", b"\xff"])).map(
    b"".join
)


PAPERS = EmailAddress.parse("papers@example.org")
ENVELOPE = Envelope(sender=PAPERS, recipient=PAPERS)


def stuff_dots(content):
    """What stands on the wire behind a 354."""
    return Letter.of(ENVELOPE, "<1@example.org>", content).stuffed + b".\r\n"


@given(awkward)
def test_the_content_comes_back_out_of_the_stuffed_bytes(content):
    assert Letter.of(ENVELOPE, "<1@example.org>", content).content == canonical(content)


@given(awkward)
def test_no_bare_cr_or_lf_reaches_the_wire_and_only_the_end_ends(content):
    wire = stuff_dots(content)
    assert wire.count(b"\r\n") == wire.count(b"\r") == wire.count(b"\n")
    assert wire.endswith(b"\r\n.\r\n") or wire == b".\r\n"
    lines = wire.split(b"\r\n")
    assert lines.index(b".") == len(lines) - 2


@given(awkward)
def test_the_server_reads_back_what_was_written(content):
    lines = stuff_dots(content).split(b"\r\n")[:-2]
    read = b"".join(line.removeprefix(b".") + b"\r\n" for line in lines)
    assert read == canonical(content)


@given(st.lists(st.sampled_from([b"a", b".", b"..b", b""])))
def test_right_content_is_not_changed(lines):
    content = b"".join(line + b"\r\n" for line in [*lines, b"end"])
    assert canonical(content) is content
