"""An address that is more than an address reaches no server: it is refused at its line."""

from __future__ import annotations

import csv
import io
from collections import Counter

import pytest

from tests.support.newsroom import Newsroom, as_yaml, mail_server
from tests.support.smtp_server import Options

#: As they stand in a list. What a mail program would take for an address is not among them.
EVIL = [
    "u@example.org\r\nRCPT TO:<eve@example.net>",
    "u@example.org\nRCPT TO:<eve@example.net>",
    "u@example.org\rRCPT TO:<eve@example.net>",
    "u@example.org>\r\nRCPT TO:<eve@example.net",
    "u@example.org> SIZE=1 <eve@example.net",
    "u@example.org> NOTIFY=SUCCESS",
    "u@example.org\0eve@example.net",
    "u@example.org\x85RCPT TO:<eve@example.net>",
    "u@example.org\u2028RCPT TO:<eve@example.net>",
    "u@example.org\x0bRCPT TO:<eve@example.net>",
    "u@example.org eve@example.net",
    "u@example.org,eve@example.net",
    "u@example.org;eve@example.net",
    "u v@example.org",
    "u@example .org",
    '"u v"@example.org',
    '"u\\"><eve"@example.net',
    '"u@example.org"@eve.example.net>',
    "<>",
    "<u@example.org><eve@example.net>",
    "@eve.example.net:u@example.org",
    "u%eve.example.net",
    "eve.example.net!u",
    "u@[127.0.0.1]",
    "u@127.0.0.1",
    "-oQ/tmp@example.org",
    "--help@example.org",
    "a" * 65 + "@example.org",
    "u@" + "a" * 320 + ".example.org",
    "u" * 400 + "@example.org",
    "u@example.org\t",
    "postmaster",
    "eve@example.net <u@example.org>",
    "u@example.org\r\nBcc: x <eve@example.net>",
]
FINE = "ada@example.org"
#: Blanks round an address are no part of it.
TAKEN = {"u@example.org\t"}


def rows(kind: str) -> tuple[str, bytes]:
    """A list with one good reader first; the name and the octets of the file."""
    everyone = [FINE, *EVIL]
    if kind == "yaml":
        return "readers.yaml", as_yaml([{"email": each, "name": "Reader"} for each in everyone])
    everyone.remove("u@example.org\0eve@example.net")  # one NUL makes it no text file at all
    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)
    writer.writerow(["name", "email"])
    writer.writerows(["Reader", each] for each in everyone)
    return "readers.csv", text.getvalue()


@pytest.mark.parametrize("kind", ["yaml", "csv"])
def test_the_server_sees_none_but_those_whose_row_is_an_address(tmp_path, kind):
    room = Newsroom(tmp_path)
    name, text = rows(kind)
    room.write(name, text)
    room.configure(subscribers={"lists": [name]})
    refused = len(EVIL) - len(TAKEN) - (kind == "csv")
    with mail_server(options=Options()) as server:
        room.mail_by(server.port)
        done = room.run("run")
        assert done.code == 2
        assert server.connects == []
        places = [line for line in done.lines if line.startswith(f"digest: {name}:")]
        assert len(places) >= refused
        assert "\0" not in done.err
        assert all(line.isprintable() for line in done.lines)
        again = room.run("run", "--skip-bad-rows")
        assert again.code == 0
        assert server.recipients == Counter({FINE: 1, "u@example.org": 1})
        asked = Counter(c for c in server.commands if c.startswith("RCPT"))
        assert set(asked) <= {f"RCPT TO:<{FINE}>", "RCPT TO:<u@example.org>"}
        assert not any("eve" in c for c in server.commands)
        assert server.violations == []


@pytest.mark.parametrize("address", [each for each in EVIL if each not in TAKEN])
def test_each_alone_is_refused_at_its_line(tmp_path_factory, address):
    """Read by the library: one command each would take a minute."""
    from digest.errors import ListError
    from digest.storage.lists.reading import open_lists
    from tests.support.lists import config_for

    folder = tmp_path_factory.mktemp("list")
    text = io.StringIO(newline="")
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows([["email"], [FINE], [address], ["c@e.org"]])
    (folder / "readers.csv").write_bytes(text.getvalue().encode())
    reading = open_lists(config_for(folder, "readers.csv"))
    found = []
    with pytest.raises(ListError):
        found += [str(each.address) for each in reading]
    problems = [problem for problem in reading.problems if not problem.warning]
    assert problems
    assert (problems[0].file, problems[0].line) == ("readers.csv", 3)
    assert not any("eve" in each or each.startswith("u") for each in found)


@pytest.mark.parametrize(
    "text",
    [
        "Ada Lovelace <ada@example.org>",
        '"Lovelace, Ada" <ada@example.org>',
        "Ada @ work <ada@example.org>",
        "ada@example.org <Ada@example.org>",
        "<ada@example.org>",
        "mailto:ada@example.org?subject=hello",
    ],
)
def test_what_mail_programs_write_round_an_address_is_still_taken(text):
    from digest.storage.lists.fields import parse_email

    address, name = parse_email(text)
    assert str(address).lower() == "ada@example.org"
    assert "<" not in name


@pytest.mark.parametrize(
    "words",
    [
        ("subscribers", "add"),
        ("subscribers", "suppress"),
        ("subscribers", "remove"),
        ("preview", "--to"),
        ("preview", "--as"),
    ],
)
def test_the_command_line_takes_no_such_address_either(tmp_path, words):
    room = Newsroom(tmp_path)
    kept = (room.folder / "readers.yaml").read_bytes()
    with mail_server() as server:
        room.mail_by(server.port)
        for address in ("u@example.org\r\nRCPT TO:<eve@example.net>", "u@e.org> <eve@example.net"):
            done = room.run(*words, address)
            assert done.code == 2
            assert all(line.isprintable() for line in done.lines)
        assert server.connects == []
    assert (room.folder / "readers.yaml").read_bytes() == kept
