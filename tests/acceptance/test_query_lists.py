"""A list that is an SQL query serves every command as a file does, and is written to by none."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.inside import inside
from tests.support.members import KINDS, Members, members_in
from tests.support.newsroom import Newsroom

ADA, BO, CY = "ada@example.org", "bo@example.org", "cy@example.org"
ROW = "INSERT INTO members VALUES (%s, %s, %s)"


@pytest.fixture(params=KINDS)
def members(request, tmp_path) -> Iterator[Members]:
    with members_in(request.param, tmp_path) as found:
        found.do(ROW, rows=[(ADA, "Ada Example", ""), (BO, "Bo Example", "")])
        yield found


@pytest.fixture
def room(tmp_path, members, monkeypatch) -> Newsroom:
    room = Newsroom(tmp_path)
    monkeypatch.chdir(tmp_path)
    room.configure(subscribers={"lists": [members.entry(tags=["lab"]), "readers.yaml"]})
    room.write_readers([{"email": CY}])
    return room


def line_of(room: Newsroom, *words: str) -> str:
    """The one line that a command refuses with."""
    done = inside(room, *words)
    assert (done.code, done.out) == (2, ""), (words, done.err)
    (line,) = done.lines
    return line


def test_an_edition_goes_to_the_readers_of_a_query(room, members):
    """The rows of the moment of the plan count; then a query that lost readers is asked about."""
    assert inside(room, "run", "--to", "tag:lab").code == 0
    assert [str(each["To"]) for each in room.outbox()] == [
        f"Ada Example <{ADA}>", f"Bo Example <{BO}>",
    ]  # fmt: skip
    members.do(ROW, rows=[(f"r{n}@example.org", "", "") for n in range(8)])
    assert inside(room, "send").code == 0
    assert len(room.outbox()) == 11
    members.do("DELETE FROM members WHERE email LIKE 'r%'")
    room.later(days=1)
    room.write_papers([{"id": "next", "title": "One more study"}])
    assert "members: had 10 readers on 2026-11-23, has 2 now" in line_of(room, "run")
    members.do("DELETE FROM members")
    empty, lost = inside(room, "run").lines
    assert empty.endswith("members: warning: the query gives no rows")
    assert lost.startswith("digest: members: had 10 readers on 2026-11-23, has 0 now")
    assert inside(room, "run", "--accept-list-change").code == 0
    assert len(room.outbox()) == 12


def test_what_looks_at_readers_finds_those_of_a_query(room, members):
    listed = inside(room, "subscribers", "list", "--list", "members", "--json").json
    assert [each["email"] for each in listed] == [ADA, BO]
    assert inside(room, "subscribers", "list", "--tag", "lab").out.count("\n") == 2
    assert inside(room, "subscribers", "show", BO).out.splitlines()[1] == "list\tmembers:2\tdaily"
    assert "list\tmembers\t2\n" in inside(room, "subscribers", "stats").out
    assert inside(room, "subscribers", "check", "members").err == (
        "2 readers in 2 rows; 0 errors, 0 warnings\n"
    )
    assert ADA in inside(room, "subscribers", "export", "--list", "members").out
    room.write("old.csv", f"email,name\n{ADA},Ada\n")
    assert inside(room, "subscribers", "diff", "old.csv", "members").out == (
        f"+ {BO}\tBo Example\n~ {ADA}\tname: Ada -> Ada Example\n"
    )
    preview = inside(room, "preview", "--as", BO, "--out", str(room.folder / "look"))
    assert preview.code == 0, preview.err
    assert b"Bo Example" in (room.folder / "look" / "letter.eml").read_bytes()
    assert "3 readers in 3 rows" in inside(room, "doctor", "--offline").out


def test_what_writes_says_where_a_query_is_changed(room, members):
    where = f"change what is in {members.place}, or the query in config.yaml (subscribers.lists)"
    says = f"digest: members is a query: {where}"
    for words in (
        ("pause", ADA),
        ("resume", ADA),
        ("remove", ADA),
        ("edit", ADA),
        ("edit", ADA, "--set", "name=Eve"),
        ("edit", "--list", "members"),
        ("add", "eve@example.org", "--list", "members"),
        ("merge", "readers.yaml", "--into", "members"),
        ("restore", "members"),
        ("diff", "members"),
        ("import", "readers.yaml", "--list", "members", "--yes"),
    ):
        assert line_of(room, "subscribers", *words) == says, words
    twice = line_of(room, "subscribers", "add", ADA)
    assert twice == f"digest: {ADA} is among the readers of members already"
    nobody = line_of(room, "subscribers", "pause", "nobody@example.org")
    assert nobody == "digest: nobody@example.org is on none of the lists"
    assert members.count() == 2


def test_a_reader_on_a_file_and_in_a_query_is_removed_from_the_file_with_a_warning(room):
    room.write_readers([{"email": ADA}, {"email": CY}])
    done = inside(room, "subscribers", "remove", ADA)
    assert done.code == 0
    assert done.lines[1] == (
        f"but {ADA} is among the readers of members, a query, and is mailed still"
    )


def test_the_readers_of_a_query_can_be_merged_into_a_file(room, members):
    assert inside(room, "subscribers", "merge", "members", "--into", "all.csv").code == 0
    _, ada, bo = (room.folder / "all.csv").read_text().splitlines()
    assert ada.replace(",,", "") == f"{ADA},Ada Example,lab"
    assert bo.replace(",,", "") == f"{BO},Bo Example,lab"


def test_an_import_leaves_the_readers_of_a_query_as_they_are(room, members):
    room.write("more.csv", f"email,name\n{ADA},Somebody Else\n{CY},Cy Example\n")
    taken = ("import", "more.csv", "--update", "--yes", "--list", "readers.yaml")
    done = inside(room, "subscribers", *taken)
    assert done.code == 0, done.err
    assert f"members: warning: the row of {ADA} is a query's and stays as it is" in done.err
    assert "Cy Example" in (room.folder / "readers.yaml").read_text()


def test_files_that_a_reader_likes_lie_beside_the_config(room, members):
    room.write("liked.bib", "@article{a, title={Numbered study 001}, year={2024}}")
    room.configure(
        subscribers={"lists": [members.entry("SELECT email, 'liked.bib' AS likes FROM members")]}
    )
    query = "SELECT email, 'liked.bib' AS interests FROM members"
    room.configure(subscribers={"lists": [members.entry(query)]})
    assert inside(room, "subscribers", "check").code == 0
    assert inside(room, "preview", "--as", ADA, "--out", str(room.folder / "o")).code == 0
    query = "SELECT email, 'liken.bib' AS interests FROM members"
    room.configure(subscribers={"lists": [members.entry(query)]})
    done = inside(room, "subscribers", "check")
    assert done.code == 2
    assert done.out.startswith(f"members, row 1 ({ADA}): interests: liken.bib: ")


def test_a_query_may_be_put_to_the_newsletters_own_database(tmp_path):
    """Its address, or another, may come from the environment; without any it is an error."""
    room = Newsroom(tmp_path)
    with members_in("postgresql", tmp_path) as members:
        members.do(ROW, rows=[(ADA, "", "")])
        entry = {"name": "members", "query": "SELECT email FROM members"}
        room.configure(subscribers={"lists": [entry]})
        assert line_of(room, "subscribers", "list") == (
            "digest: config.yaml: subscribers.lists[0]: the query has no database: neither url nor"
            " url_env is here, nor storage.url (docs/lists.md)"
        )
        room.configure(subscribers={"lists": [{**entry, "url_env": "MEMBERS"}]})
        assert "the environment variable MEMBERS is not set" in line_of(room, "subscribers", "list")
        room.environ["MEMBERS"] = members.url
        assert inside(room, "subscribers", "check").err.startswith("1 reader in 1 row")
        room.configure(subscribers={"lists": [entry]})
        room.environ["DIGEST_DATABASE_URL"] = members.url
        assert inside(room, "subscribers", "check").err.startswith("1 reader in 1 row")
