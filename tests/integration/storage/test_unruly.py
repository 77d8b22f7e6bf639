"""What people, papers and servers say is kept, whatever characters it has and how long it is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from digest.model import EditionKey, EmailAddress, OutcomeKind, PaperId
from digest.storage import census
from digest.storage.bounce_book import rejections
from digest.storage.breakdown import by_domain, by_reply
from digest.storage.list_memory import load_lists
from digest.storage.lists.reading import ListSize
from digest.storage.planned import SkippedReader
from digest.storage.seen import mailed_in_others
from digest.storage.states import State
from digest.storage.suppressions import is_suppressed, list_suppressions, suppress_reader
from tests.support.ledgers import ledger_of
from tests.support.state import KEY, NOW, freeze_readers, new_database, outcome, reader

NEXT = EditionKey("2026-11-24")
UNRULY = (
    "nul \0 byte",
    "half \ud83d of a pair",
    "😀 ß ﬁ ı İ",
    "' \" \\ %s %% :x $1 ? {}",
    "x" * 5000,
)

pytestmark = pytest.mark.both
LONG = "https://example.org/" + "".join(f"{n * 7919 % 10007}-" for n in range(2000))


@pytest.mark.parametrize("text", UNRULY)
def test_no_word_from_outside_keeps_a_row_from_being_written(tmp_path: Path, text: str) -> None:
    with new_database(tmp_path) as database:
        skipped = SkippedReader(
            address=EmailAddress("cy", "example.org"), name=text, reader_id="c", reason=text
        )
        freeze_readers(database, [replace(reader("ann"), name=text), skipped])
        ledger = ledger_of(database, KEY)
        claimed = ledger.claim(5, NOW)
        ledger.record(claimed, (), NOW)
        said = replace(
            outcome(OutcomeKind.REJECTED, words=text), enhanced=text, relay=text, code=550
        )
        ledger.record((), [(claimed[0], said)], NOW)
        assert suppress_reader(database, text, reason=text, source=text, at=NOW)
        assert not suppress_reader(database, text, reason="again", source="again", at=NOW)
        assert is_suppressed(database, EmailAddress("bob", "example.org"), reader_id=text)
        assert len(list_suppressions(database)) == 1
        first, second = census.rows(database, KEY)
        assert (first.state, second.state) == (State.REJECTED, State.SKIPPED)
        assert text[:4] in first.words
        assert text[:4] in second.name
        assert len(by_reply(database, KEY)) == 2
        assert rejections(database, NOW) == []


def test_papers_and_lists_are_found_again_by_any_name(tmp_path: Path) -> None:
    """Names that are alike for as long as an index looks at them stay two."""
    odd = [f"{LONG}{tail}" for tail in ("1", "2")] + ["nul \0", "half \ud83d"]
    ids = [PaperId("url", name) for name in odd]
    with new_database(tmp_path) as database:
        lists = {name: ListSize(readers=n, whole=True) for n, name in enumerate(odd)}
        freeze_readers(database, [reader("ann")], paper_ids=[ids[:1], ids[2:]], lists=lists)
        assert set(mailed_in_others(database, ids, NEXT)) == {ids[0], *ids[2:]}
        assert [each.readers for each in load_lists(database).values()] == [0, 1, 2, 3]


def test_addresses_stand_in_the_order_of_their_characters(tmp_path: Path) -> None:
    """Which is Python's, not that of a dictionary: pages of a long list neither skip nor repeat."""
    names = ["b", "a-b", "ab", "a.b", "a_c", "Z", "é", "zz", "ß", "0", "a+b"]
    with new_database(tmp_path) as database:
        freeze_readers(database, [reader(name) for name in names])
        found = [row.address for row in census.rows(database, KEY)]
        assert found == sorted((f"{name}@example.org" for name in names), key=str.casefold)
        ((group), *none) = by_domain(database, KEY, domain="EXAMPLE.ORG")
        assert (group.name, group.total, none) == ("example.org", len(names), [])
