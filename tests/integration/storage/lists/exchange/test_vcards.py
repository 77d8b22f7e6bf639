"""A vCard of any version gives a person; what is broken costs only itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from digest.errors import ListError
from tests.support.exchange import EXPORTS, counted, planned, told


def test_cards_of_three_versions() -> None:
    plan = planned(EXPORTS / "contacts.vcf")
    assert [dict(row) for row in plan.new] == [
        {"email": "juergen@example.org", "name": "Jürgen Müller"},
        {"email": "ada@example.org", "name": "Ada Example", "tags": "lab;reading group"},
        {"email": "zoe@example.org", "name": "Zoë, of the lab"},
    ]
    words = told(plan)
    assert "juergen@example.org is taken of several addresses; not private@example.org" in words
    assert "zoe@example.org is taken of several addresses; not zoe@example.com" in words
    assert "contacts.vcf:25: this card has no EMAIL (No Mail)" in words


def card(*lines: str) -> str:
    return "\r\n".join(["BEGIN:VCARD", "VERSION:3.0", *lines, "END:VCARD", ""])


BROKEN = {
    "a strange encoding": card("FN;CHARSET=nonsense;ENCODING=QUOTED-PRINTABLE:=FF=FE", "EMAIL:b@x"),
    "no name of a property": card("EMAIL"),
    "a card in a card": card("BEGIN:VCARD", "EMAIL:inner@example.org", "END:VCARD"),
    "a break that swallows the end": "BEGIN:VCARD\nFN;ENCODING=QUOTED-PRINTABLE:x=\nEND:VCARD\n",
    "two million quotes": card("FN:" + '"' * 2_000_000),
    "parameters without end": card("EMAIL" + ";x=y" * 100_000 + ":b@x"),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_card_costs_only_itself(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "people.vcf"
    whole = card("FN:Ada", "EMAIL:ada@example.org")
    path.write_text(whole + BROKEN[kind] + whole.replace("ada@", "zoe@"), newline="")
    plan = planned(path)
    assert [row["email"] for row in plan.new] == ["ada@example.org", "zoe@example.org"]
    assert counted(plan) == {"new": 2, "invalid": 1}
    assert told(plan).startswith("people.vcf:6: ")


def test_a_photo_costs_nothing(tmp_path: Path) -> None:
    """A parser that joins folded lines one by one would take an hour for this one."""
    path = tmp_path / "people.vcf"
    photo = "PHOTO;ENCODING=b:" + "\r\n ".join(["A" * 75] * 200_000)
    path.write_text(card("FN:Ada", "EMAIL:ada@example.org", photo), newline="")
    assert [dict(row) for row in planned(path).new] == [{"email": "ada@example.org", "name": "Ada"}]


def test_a_file_that_is_cut_off_says_so(tmp_path: Path) -> None:
    path = tmp_path / "people.vcf"
    path.write_text(card("EMAIL:ada@example.org") + "BEGIN:VCARD\nEMAIL:bob@example.org\n")
    plan = planned(path)
    assert counted(plan) == {"new": 1, "invalid": 1}
    assert "people.vcf:5: the card that begins here never ends" in told(plan)


def test_something_else_is_no_vcard(tmp_path: Path) -> None:
    from digest.storage.lists.exchange.foreign import Format

    path = tmp_path / "people.vcf"
    path.write_text("Name,Email\n")
    with pytest.raises(ListError, match="holds no vCard"):
        planned(path, format_=Format.VCARD)
