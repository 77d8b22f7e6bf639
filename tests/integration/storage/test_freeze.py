"""An edition is frozen whole or not at all."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
import tracemalloc
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from digest.config import NewsletterConfig
from digest.errors import StorageError
from digest.model import EditionKey, EmailAddress, Mailed, OutcomeKind, PaperId, Recipient
from digest.storage import census
from digest.storage.archive import list_editions, load_edition, save_edition
from digest.storage.campaigns import load_campaign, open_editions
from digest.storage.planned import SkippedReader
from digest.storage.seen import mailed_in_others
from digest.storage.source_memory import memory_before, save_memory
from digest.storage.states import State
from tests.support.ledgers import ledger_of
from tests.support.state import (
    CHOICES,
    KEY,
    NOW,
    freeze_readers,
    new_database,
    outcome,
    reader,
)

pytestmark = pytest.mark.both

PAPER = PaperId.parse("arxiv:2403.01234")
TWIN = PaperId.parse("doi:10.1000/xyz")


def test_what_was_frozen_is_what_is_loaded(tmp_path: Path) -> None:
    with new_database(tmp_path) as database:
        assert freeze_readers(
            database,
            [
                reader("ann"),
                SkippedReader(
                    address=EmailAddress("cy", "example.org"),
                    name="Cy",
                    reader_id="c",
                    reason="paused",
                ),
                reader("bob"),
            ],
            paper_ids=[(PAPER, TWIN)],
            memory={"arXiv": frozenset({"arxiv:2403.01234"}), "empty": frozenset()},
        )
    with new_database(tmp_path) as database:
        campaign = load_campaign(database, KEY)
        assert campaign is not None
        assert (campaign.edition_document, campaign.rendition_document) == (
            '{"schema": 1}',
            '{"title": "Papers"}',
        )
        assert (campaign.choices, campaign.frozen_at) == (CHOICES, NOW)
        counts = census.counts(database, KEY)
        assert {s: n for s, n in counts.items() if n} == {"pending": 2, "skipped": 1}
        assert set(counts) == set(State)
        (skipped,) = census.rows(database, KEY, [State.SKIPPED])
        assert (skipped.address, skipped.words) == ("cy@example.org", "paused")
        assert load_edition(database, KEY) == campaign.edition_document
        assert load_campaign(database, EditionKey("2026-11-24")) is None


def test_an_edition_keeps_the_newsletter_and_names_the_key_of_its_day(tmp_path: Path) -> None:
    """So that a letter sent again equals the first, whatever was changed in between."""
    newsletter = NewsletterConfig.model_validate(
        {"from": "Journal <a@example.org>", "name": "Journal", "language": "fr"}
    )
    with new_database(tmp_path) as database:
        freeze_readers(database, [reader("ann")], newsletter=newsletter, key_fingerprint="abc")
        campaign = load_campaign(database, KEY)
        assert campaign is not None
        assert (campaign.newsletter, campaign.key_fingerprint) == (newsletter, "abc")
        with database.write() as connection:
            connection.exec_driver_sql(
                "UPDATE campaign SET newsletter_document ="
                " replace(newsletter_document, 'example.org', 'example.net')"
            )
        with pytest.raises(StorageError, match="is damaged"):
            load_campaign(database, KEY)


def test_a_second_freeze_reads_and_changes_nothing(tmp_path: Path) -> None:
    def untouched() -> Iterator[Recipient]:
        raise AssertionError("the plan of a frozen edition is read again")
        yield

    with new_database(tmp_path) as database:
        assert freeze_readers(database, [reader("ann")])
        assert not freeze_readers(database, untouched(), edition_document="other")
        assert census.counts(database, KEY)["pending"] == 1
        campaign = load_campaign(database, KEY)
        assert campaign is not None
        assert campaign.edition_document != "other"


def test_a_plan_that_fails_midway_leaves_nothing(tmp_path: Path) -> None:
    def breaks() -> Iterator[Recipient]:
        for number in range(12_000):
            yield reader(f"r{number}")
        raise OSError("the list went away")

    with new_database(tmp_path) as database:
        with pytest.raises(OSError, match="went away"):
            freeze_readers(database, breaks(), paper_ids=[(PAPER,)], memory={"a": frozenset("b")})
        assert load_campaign(database, KEY) is None
        assert sum(census.counts(database, KEY).values()) == 0
        assert mailed_in_others(database, [PAPER], EditionKey("2027-01-01")) == {}
        assert memory_before(database, date(2027, 1, 1)) == {}
        assert list_editions(database) == ()
        assert freeze_readers(database, [reader("ann")])


def test_an_address_twice_in_one_plan_is_refused_whatever_its_case(tmp_path: Path) -> None:
    with new_database(tmp_path) as database:
        with pytest.raises(StorageError, match="address twice"):
            freeze_readers(database, [reader("ann"), reader("bob"), reader("ANN")])
        assert load_campaign(database, KEY) is None


def test_a_process_killed_while_it_freezes_leaves_nothing(tmp_path: Path) -> None:
    program = textwrap.dedent(
        """
        import os, signal, sys
        from pathlib import Path
        from tests.support.state import freeze_readers, new_database, reader

        def dies():
            for number in range(60_000):
                yield reader(f"r{number}")
            os.kill(os.getpid(), signal.SIGKILL)

        freeze_readers(new_database(Path(sys.argv[1])), dies())
        """
    )
    new_database(tmp_path).close()
    ended = subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=False)
    assert ended.returncode == -9
    with new_database(tmp_path) as database:
        assert load_campaign(database, KEY) is None
        assert sum(census.counts(database, KEY).values()) == 0
        assert freeze_readers(database, [reader("ann")])


def test_memory_does_not_grow_with_the_readers(tmp_path: Path) -> None:
    """100,000 readers need no more Python memory than a few portions of 5,000."""
    with new_database(tmp_path) as database:
        tracemalloc.start()
        try:
            freeze_readers(database, (reader(f"reader{n}") for n in range(100_000)))
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert census.counts(database, KEY)["pending"] == 100_000
    assert peak < 25_000_000


def test_a_recipient_of_another_edition_is_a_mistake_of_the_caller(tmp_path: Path) -> None:
    with new_database(tmp_path) as database:
        stranger = reader("ann", key=EditionKey("2026-11-24"))
        with pytest.raises(ValueError, match="in the plan of"):
            freeze_readers(database, [stranger])
        assert load_campaign(database, KEY) is None


def test_a_frozen_edition_is_never_changed_in_the_archive(tmp_path: Path) -> None:
    with new_database(tmp_path) as database:
        save_edition(database, KEY, day=KEY.day(), created_at=NOW, document="first")
        save_edition(database, KEY, day=KEY.day(), created_at=NOW, document="second")
        assert load_edition(database, KEY) == "second"
        assert not list_editions(database)[0].frozen
        freeze_readers(database, [reader("ann")], edition_document="second")
        save_edition(database, KEY, day=KEY.day(), created_at=NOW, document="second")
        with pytest.raises(StorageError, match="frozen"):
            save_edition(database, KEY, day=KEY.day(), created_at=NOW, document="third")
        assert load_edition(database, KEY) == "second"
        assert list_editions(database)[0].frozen


def test_editions_are_listed_newest_first(tmp_path: Path) -> None:
    with new_database(tmp_path) as database:
        for text in ("2026-11-22", "2026-W48", "2026-11-24"):
            key = EditionKey(text)
            save_edition(database, key, day=key.day(), created_at=NOW, document=text)
        assert [e.key.text for e in list_editions(database)] == [
            "2026-11-24",
            "2026-W48",
            "2026-11-22",
        ]


def test_a_paper_is_known_from_every_edition_but_the_one_that_asks(tmp_path: Path) -> None:
    """From later ones as well: a day that is made up for repeats nothing."""
    other = PaperId.parse("arxiv:2403.09999")
    with new_database(tmp_path) as database:
        for text in ("2026-11-23", "2026-11-20", "2026-11-24"):
            key = EditionKey(text)
            freeze_readers(database, [reader("ann", key=key)], key=key, paper_ids=[(PAPER, TWIN)])
        many = [PaperId("arxiv", f"1.{n}") for n in range(1200)]
        wanted = [*many, PAPER, TWIN, other]
        for asking, first, last in ((24, 20, 23), (20, 23, 24), (25, 20, 24)):
            known = Mailed(first=date(2026, 11, first), last=date(2026, 11, last))
            found = mailed_in_others(database, wanted, EditionKey(f"2026-11-{asking}"))
            assert found == {PAPER: known, TWIN: known}


def test_what_the_last_edition_said_of_a_paper_is_remembered(tmp_path: Path) -> None:
    said = {"2026-11-20": (7, False), "2026-11-23": (40, True)}
    with new_database(tmp_path) as database:
        for text, (votes, withdrawn) in said.items():
            facts = {"ids": [str(PAPER), str(TWIN)], "votes": votes, "withdrawn": withdrawn}
            freeze_readers(
                database,
                [reader("ann", key=EditionKey(text))],
                key=EditionKey(text),
                paper_ids=[(PAPER, TWIN)],
                edition_document=json.dumps({"sections": [{"papers": [facts]}]}),
            )
        (known,) = mailed_in_others(database, [TWIN], EditionKey("2026-11-30")).values()
        assert (known.first, known.last) == (date(2026, 11, 20), date(2026, 11, 23))
        assert (known.votes, known.withdrawn) == (40, True)


def test_each_source_is_remembered_by_its_latest_day_before(tmp_path: Path) -> None:
    with new_database(tmp_path) as database:
        save_memory(database, EditionKey("2026-11-20"), date(2026, 11, 20), {"a": frozenset("xy")})
        save_memory(database, EditionKey("2026-11-21"), date(2026, 11, 21), {"b": frozenset()})
        save_memory(database, KEY, KEY.day(), {"a": frozenset("z")})
        save_memory(database, KEY, KEY.day(), {"a": frozenset("zw")})
        assert memory_before(database, KEY.day()) == {"a": frozenset("xy"), "b": frozenset()}
        assert memory_before(database, date(2026, 11, 24))["a"] == frozenset("zw")


def test_open_editions_are_those_with_letters_left_newest_first(tmp_path: Path) -> None:
    keys = [EditionKey(f"2026-11-{day}") for day in (20, 21, 22, 23)]
    with new_database(tmp_path) as database:
        for key in keys:
            due_at = NOW + timedelta(hours=5) if key == keys[3] else NOW
            freeze_readers(database, [reader("ann", key=key, due_at=due_at)], key=key)
        finished = ledger_of(database, keys[1])
        claimed = finished.claim(5, NOW)
        finished.record(claimed, (), NOW)
        finished.record((), [(claimed[0], outcome(OutcomeKind.SENT))], NOW)
        deferred = ledger_of(database, keys[2])
        later = outcome(OutcomeKind.DEFERRED, retry_at=NOW + timedelta(hours=1))
        deferred.record((), [(r, later) for r in deferred.claim(5, NOW)], NOW)
        assert open_editions(database) == (keys[3], keys[2], keys[0])
        assert open_editions(database, NOW) == (keys[0],)
        assert open_editions(database, NOW + timedelta(hours=1)) == (keys[2], keys[0])
