"""When a batch is taken up again, by what a worker left of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from digest.cluster.follow_up import (
    breath_after,
    came_to_nothing,
    rest_after,
    wait_for_rest,
)
from digest.delivery.faults import RunStopped
from digest.errors import StorageAway, StorageError
from digest.storage.postgres.jobs import BatchLeft

#: By the clock that letters are due by; the server's may show another day.
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
SERVER = datetime(2026, 12, 1, 9, tzinfo=UTC)


def left(**facts: object) -> BatchLeft:
    known: dict[str, object] = {"now": SERVER, "open": 1, "next": None, "held": 0}
    return BatchLeft(**known | facts)  # type: ignore[arg-type]


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


def test_a_batch_with_nothing_open_is_done():
    assert wait_for_rest(left(open=0), NOON, tries=3) is None


def test_it_waits_for_the_first_of_its_deferred_letters():
    assert wait_for_rest(left(next=NOON + minutes(4)), NOON, tries=0) == minutes(4)


def test_letters_that_are_due_and_were_not_sent_come_again_ever_later():
    waits = [wait_for_rest(left(next=NOON), NOON, tries=tries) for tries in (0, 1, 2, 60)]
    assert waits == [timedelta(seconds=1), timedelta(seconds=2), timedelta(seconds=4), minutes(1)]


def test_what_another_holds_is_his_until_his_lease_ends():
    until = SERVER + minutes(2)
    wait = wait_for_rest(left(held=1), NOON, held_until=until, tries=0)
    assert wait == minutes(2) + timedelta(seconds=1)
    sooner = wait_for_rest(left(held=1, next=NOON + minutes(1)), NOON, held_until=until, tries=0)
    assert sooner == minutes(1)


def test_what_nobody_can_be_found_to_hold_is_looked_at_again():
    assert wait_for_rest(left(held=1), NOON, tries=0) == timedelta(seconds=1)


@pytest.mark.parametrize(("temporary", "first", "longest"), [(True, 5, 120), (False, 60, 900)])
def test_a_relay_that_refuses_us_is_tried_slowly(temporary, first, longest):
    """More slowly where a person has to mend something."""
    error = RunStopped("the relay refuses us", temporary=temporary)
    assert rest_after(error, 0) == timedelta(seconds=first)
    assert rest_after(error, 1) == timedelta(seconds=2 * first)
    assert rest_after(error, 1000) == timedelta(seconds=longest)


def test_a_worker_that_cannot_begin_tries_ever_more_slowly():
    breaths = [breath_after(failures).total_seconds() for failures in (0, 1, 2, 3, 100)]
    assert breaths == [1, 1, 2, 4, 30]


@pytest.mark.parametrize(
    ("error", "lasted", "letters", "nothing"),
    [
        (StorageError("the disk is full"), 0.1, 0, True),
        (None, 0.1, 0, True),
        (StorageError("the disk is full"), 0.1, 1, False),
        (StorageError("the disk is full"), 60, 0, False),
        (StorageAway("the server is not to be reached"), 0.1, 0, False),
    ],
)
def test_a_life_with_letters_or_of_some_length_or_without_a_server_says_nothing_of_the_next(
    error, lasted, letters, nothing
):
    assert came_to_nothing(error, timedelta(seconds=lasted), letters) is nothing
