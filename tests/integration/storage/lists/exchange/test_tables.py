"""Tables of any dialect, encoding and language; what is not understood is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from digest.errors import ListError, UsageError
from digest.storage.lists.exchange.columns import TARGETS, join_name
from digest.storage.lists.exchange.foreign import parse_columns
from tests.support.exchange import counted, planned, told

ADA = {"email": "ada@example.org", "name": "Ada Example"}

TABLES = {
    "comma": "Name,Email\nAda Example,ada@example.org\n",
    "semicolon": "Vorname;Nachname;E-Mail-Adresse\nAda;Example;ada@example.org\n",
    "German last name alone": "Vorname;Name;E-Mail\nAda;Example;ada@example.org\n",
    "tab": "E-mail Address\tFirst Name\tLast Name\nada@example.org\tAda\tExample\n",
    "bar": "mail|name\nada@example.org|Ada Example\n",
    "Excel's sep line": 'sep=;\nE-Mail;Name\n"ada@example.org";"Ada Example"\n',
    "French": "Prénom,Nom,Adresse e-mail\nAda,Example,ada@example.org\n",
    "French Outlook": "Prénom,Nom,Adresse de messagerie\nAda,Example,ada@example.org\n",
    "Spanish": "Nombre,Apellidos,Correo electrónico\nAda,Example,ada@example.org\n",
    "Portuguese": "Nome completo;Endereço de e-mail\nAda Example;ada@example.org\n",
    "Italian": "Nome,Cognome,Indirizzo e-mail\nAda,Example,ada@example.org\n",
    "Japanese": "氏名,メールアドレス\nAda Example,ada@example.org\n",
    "Russian": "Имя,Фамилия,Электронная почта\nAda,Example,ada@example.org\n",
    "Google Contacts": "Name,Given Name,Family Name,E-mail 1 - Type,E-mail 1 - Value\n"
    "Ada Example,Ada,Example,* Home,ada@example.org\n",
    "Thunderbird": "First Name,Last Name,Display Name,Nickname,Primary Email,Secondary Email\n"
    "Ada,Example,Ada Example,,ada@example.org,other@example.org\n",
    "old Mac": "Email;Name\rada@example.org;Ada Example\r",
    "title above": "Our readers\n\nName,Email\nAda Example,ada@example.org\n",
    "addresses with names in them": "Email\nAda Example <ada@example.org>\n",
    "number signs": "#,Name,Email\n1,Ada Example,ada@example.org\n",
    "out for a while": "Name,Email\nAda Example,ada@example.org\n#Bob,bob@example.org\n",
}


@pytest.mark.parametrize("case", TABLES)
def test_a_table_is_understood(case: str, tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text(TABLES[case], newline="")
    plan = planned(path)
    assert [dict(row) for row in plan.new] == [ADA]
    assert plan.rows == 1


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_a_table_in_any_encoding(codec: str, tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_bytes("Prénom;E-Mail\nZoë;zoe@example.org\n".encode(codec))
    assert [row["name"] for row in planned(path).new] == ["Zoë"]


def test_a_column_of_addresses_is_known_by_what_it_holds_and_said(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text("Wer,Kontakt\nAda,ada@example.org\nBob,\nCy,cy@example.org\n")
    plan = planned(path)
    assert [row["email"] for row in plan.new] == ["ada@example.org", "cy@example.org"]
    assert "no column is named for addresses; 'Kontakt' holds them and is read as email" in told(
        plan
    )
    assert "column not read: Wer" in told(plan)
    assert "people.csv:3: Kontakt: is missing" in told(plan)


def test_a_table_without_a_header_gives_addresses_and_takes_numbers_of_columns(
    tmp_path: Path,
) -> None:
    path = tmp_path / "people.csv"
    path.write_text("Ada Example,ada@example.org\nBob,bob@example.org\n")
    plan = planned(path)
    assert [dict(row) for row in plan.new] == [
        {"email": "ada@example.org"},
        {"email": "bob@example.org"},
    ]
    assert "has no header row; column 2 holds addresses" in told(plan)
    named = planned(path, columns={"1": "name"})
    assert named.new[0] == ADA


def test_a_person_says_what_a_column_is(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text("Email,Lab,Notes\nada@example.org,vision;robots,x\n")
    given = parse_columns(["Lab=themes", "notes="], TARGETS)
    plan = planned(path, columns=given)
    assert plan.new[0] == {"email": "ada@example.org", "themes": "vision;robots"}
    assert "not read" not in told(plan)


def test_a_column_that_no_file_has_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text("Email,Labor\nada@example.org,x\n")
    with pytest.raises(UsageError, match=r"--column Labour: .* did you mean Labor"):
        planned(path, columns={"Labour": "tags"})


def test_no_control_character_of_a_file_reaches_the_terminal(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text(
        "Email,Status,\x1b[2JTitle\nada\x1b[2J@example.org,,\nbob@example.org,unsubscribed\x1b[2J,\n"
    )
    plan = planned(path)
    assert "\x1b" not in told(plan) + "".join(d.reason for d in plan.departures)


@pytest.mark.parametrize("text", ["Lab", "=email", "Lab=thmes"])
def test_a_column_that_is_said_wrongly_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="--column"):
        parse_columns([text], TARGETS)


def test_every_invalid_row_is_told_with_its_place_its_column_and_what_to_do(
    tmp_path: Path,
) -> None:
    path = tmp_path / "people.csv"
    path.write_text(
        "E-Mail,Name,Timezone\nada@example,Ada,\n"
        '"a@example.org; b@example.org",Two,\n=HYPERLINK("x"),F,\nzone@example.org,Z,Pariss\n'
        "ok@example.org,O,,surplus\n"
    )
    plan = planned(path)
    lines = told(plan).splitlines()
    assert counted(plan) == {"invalid": 5}
    assert lines[0].startswith("people.csv:2: E-Mail: 'ada@example' is no address")
    assert lines[1].startswith("people.csv:3: E-Mail: ")
    assert "more than one address" in lines[1]
    assert "people.csv:4" in lines[2]
    assert lines[3] == (
        "people.csv:5: Timezone: unknown time zone 'Pariss' (an IANA name such as Europe/Paris)"
    )
    assert lines[4].startswith("people.csv:6: has 4 cells, the header has 3")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty"),
        ("Name,Phone\nAda,1\n", "no column of addresses; it has: 'Name', 'Phone'"),
        ('Email,Name\n"ada@example.org,Ada\n', "people.csv:2: a quote opened in this row"),
        ('Email\n"ada"x@example.org\n', "people.csv:2: text follows the closing quote"),
        ("Email\n" + "x" * 200_000 + "\n", "longer than 128 KB"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_in_one_line(
    text: str, words: str, tmp_path: Path
) -> None:
    path = tmp_path / "people.csv"
    path.write_text(text)
    with pytest.raises(ListError, match=words) as error:
        planned(path)
    assert len(error.value.lines()) == 1


@pytest.mark.parametrize(
    ("whole", "first", "last", "joined"),
    [
        ("", "Ada", "Example", "Ada Example"),
        ("Dr Ada Example", "Ada", "Example", "Dr Ada Example"),
        ("Example", "Ada", "", "Ada Example"),
        ("Ada", "", "Example", "Ada Example"),
        ("Ada Example", "Ada", "", "Ada Example"),
        ("Ada", "", "", "Ada"),
        ("", "", "Example", "Example"),
        ("Countess", "Ada", "Example", "Ada Example"),
    ],
)
def test_parts_of_a_name_are_joined_once(whole: str, first: str, last: str, joined: str) -> None:
    assert join_name(whole, first, last) == joined
