"""A suppression wins over every list, by address or by link, until a person takes it back."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from digest.model import EditionKey, EmailAddress
from digest.storage.suppressions import (
    address_of_reader,
    is_suppressed,
    list_suppressions,
    suppress_address,
    suppress_reader,
    suppressed_keys,
    unsuppress,
)
from tests.support.state import NOW, freeze_readers, new_database, reader

pytestmark = pytest.mark.both

ANN = EmailAddress("Ann", "example.org")


def test_the_first_reason_is_kept(tmp_path: Path) -> None:
    with new_database(tmp_path) as database:
        assert suppress_address(database, ANN, reason="bounced", source="dsn 1", at=NOW)
        later = NOW + timedelta(days=1)
        again = EmailAddress("ANN", "example.org")
        assert not suppress_address(database, again, reason="other", source="x", at=later)
        (only,) = list_suppressions(database)
        assert (only.address, only.reason, only.source, only.at) == (
            "Ann@example.org",
            "bounced",
            "dsn 1",
            NOW,
        )
        assert is_suppressed(database, again)
        assert not is_suppressed(database, EmailAddress("bob", "example.org"))


def test_a_link_tells_its_address_where_the_ledger_knows_it(tmp_path: Path) -> None:
    with new_database(tmp_path) as database:
        freeze_readers(database, [reader("ann")])
        assert suppress_reader(database, "id-ann", reason="left", source="link", at=NOW)
        assert not suppress_reader(database, "id-ann", reason="left", source="link", at=NOW)
        assert not suppress_address(database, ANN, reason="x", source="x", at=NOW)
        assert is_suppressed(database, ANN)
        assert address_of_reader(database, "id-ann") == EmailAddress("ann", "example.org")
        assert address_of_reader(database, "id-bob") is None
        assert suppressed_keys(database) == (
            frozenset({"ann@example.org"}),
            frozenset({"id-ann"}),
        )


def test_a_link_nobody_knows_is_kept_for_the_day_somebody_does(tmp_path: Path) -> None:
    with new_database(tmp_path) as database:
        assert suppress_reader(database, "id-ann", reason="left", source="link", at=NOW)
        assert is_suppressed(database, ANN, reader_id="id-ann")
        assert not is_suppressed(database, ANN)
        assert unsuppress(database, ANN, reader_ids=("id-ann",))
        assert list_suppressions(database) == ()


def test_a_link_of_a_new_key_finds_the_old_suppression(tmp_path: Path) -> None:
    with new_database(tmp_path) as database:
        suppress_address(database, ANN, reason="bounced", source="dsn", at=NOW)
        freeze_readers(database, [reader("ann")])
        key = EditionKey("2026-11-24")
        freeze_readers(database, [reader("ann", key=key, reader_id="new")], key=key)
        assert not suppress_reader(database, "id-ann", reason="left", source="link", at=NOW)
        assert not suppress_reader(database, "new", reason="left", source="link", at=NOW)
        (only,) = list_suppressions(database)
        assert (only.reason, only.reader_id) == ("bounced", "id-ann")


def test_taking_back_covers_every_way_it_came(tmp_path: Path) -> None:
    with new_database(tmp_path) as database:
        suppress_reader(database, "id-ann", reason="left", source="link", at=NOW)
        freeze_readers(database, [reader("ann")])
        suppress_address(database, ANN, reason="bounced", source="dsn", at=NOW)
        assert len(list_suppressions(database)) == 2
        assert unsuppress(database, ANN)
        assert not unsuppress(database, ANN)
        assert list_suppressions(database) == ()
