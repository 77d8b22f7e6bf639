"""Every command does its work where the state is a PostgreSQL database, on several machines."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import psycopg
import pytest

from digest.cli.root import run
from digest.storage.lock import everywhere_lock
from digest.storage.postgres.database import open_postgres
from digest.storage.schema import SCHEMA_VERSION
from tests.support.newsroom import Newsroom, mail_server
from tests.support.postgres import fresh_database
from tests.support.reader_site import FORM, ONE_CLICK
from tests.support.returned import complaint, status_report
from tests.support.serving import serving
from tests.support.smtp_server import Rule

#: The server of the tests asks for none, so that any will do; none may be told.
PASSWORD = "correct-horse-battery"
ADA, BOB, CY, DEE = (f"{name}@example.org" for name in ("ada", "bob", "cy", "dee"))


@pytest.fixture
def url() -> Iterator[str]:
    with fresh_database() as url:
        yield url.replace("postgres:@", f"postgres:{PASSWORD}@")


def machine(folder: Path, url: str, port: int | None = None) -> Newsroom:
    """A newsroom of its own files that shares the database, and the key, with the others."""
    room = Newsroom(folder)
    room.environ |= {"DIGEST_DATABASE_URL": url, "DIGEST_SECRET_KEY": "a-key-of-all-machines"}
    room.write_readers([{"email": each} for each in (ADA, BOB, CY)])
    room.configure(newsletter={"bounces": "bounces@example.org"}, bounces={"maildir": "returned"})
    for name in ("new", "cur", "tmp"):
        (folder / "returned" / name).mkdir(parents=True)
    if port:
        room.mail_by(port)
    return room


def test_a_days_work_on_two_machines_with_one_database(tmp_path: Path, url: str) -> None:
    told: list[str] = []

    def do(room: Newsroom, *words: str, code: int = 0) -> str:
        done = room.run(*words)
        told.append(done.out + done.err)
        assert done.code == code, told[-1]
        return done.out

    with mail_server(Rule("rcpt", "cy", reply="550 5.1.1 no such user")) as server:
        room, other = (machine(tmp_path / name, url, server.port) for name in ("one", "two"))
        assert "holds no state" in room.run("status").err
        assert "holds no tables yet" in do(room, "db", "current")
        assert f"made, schema {SCHEMA_VERSION}" in do(room, "db", "upgrade")
        assert "nothing to do" in do(other, "db", "upgrade")
        assert "PostgreSQL 1" in do(room, "doctor", "--offline")

        do(room, "run", code=3)
        do(other, "send")
        assert sorted(to for to, _ in server.letters) == [ADA, BOB]
        assert room.status() | {"workers": []} == other.status() | {"workers": []}
        assert (other.status()["sent"], other.status()["rejected"]) == (2, 1)
        assert CY in do(other, "status", "--undelivered")
        assert "example.org" in do(other, "status", "--by", "domain", "--state", "sent")
        assert "2026-11-23" in do(other, "editions", "list")
        assert "Numbered study" in do(other, "editions", "show", "2026-11-23")
        assert "Numbered study 001" in do(other, "explain", "desk-1")
        do(other, "preview", "--as", ADA, "--out", str(tmp_path / "preview"))

        letters = dict(server.letters)
        paths = {taken.recipient: taken.sender for taken in server.accepted}
        heads = "".join(f"{n}: {letters[BOB][n]}\n" for n in ("Message-ID", "List-Unsubscribe"))
        came_back = [status_report(paths[ADA], recipient=ADA), complaint("x@y.test", letter=heads)]
        for number, mail in enumerate(came_back):
            (tmp_path / "two" / "returned" / "new" / f"{number}.1.mx").write_bytes(mail)
        do(other, "bounces")
        do(other, "bounces")
        assert _kinds(room) == {ADA: "bounce", BOB: "complaint", CY: "bounce"}

        do(room, "subscribers", "unsuppress", ADA)
        do(room, "subscribers", "suppress", DEE, "--reason", "asked by phone")
        (tmp_path / "people.csv").write_text(f"email\n{DEE}\n{BOB}\neve@example.org\n")
        do(room, "subscribers", "import", str(tmp_path / "people.csv"), "--yes")
        do(room, "subscribers", "check", code=0)
        assert ADA in do(room, "subscribers", "show", ADA)
        do(room, "keys", "list")

        with serving(other) as (_, port):
            link = str(letters[ADA]["List-Unsubscribe"]).partition(">")[0].partition(".org")[2]
            client = HTTPConnection("127.0.0.1", port, timeout=60)
            client.request("POST", link, ONE_CLICK, {"Content-Type": FORM})
            assert client.getresponse().status == 200
            client.close()
            client.request("GET", "/health")
            assert client.getresponse().status == 200
            client.close()
        assert _kinds(room) == {
            ADA: "unsubscribe", BOB: "complaint", CY: "bounce", DEE: "hand"
        }  # fmt: skip
        for each in (room, other):
            each.later(days=1)
            each.write_papers([{"id": "next", "title": "The next day's only study"}])
        before = len(server.letters)
        do(room, "run")
        do(other, "run")
        assert [to for to, _ in server.letters[before:]] == ["eve@example.org"]
        told.append(other.last.err)  # type: ignore[attr-defined]
    assert not list(tmp_path.rglob("digest.db*"))
    assert not any(PASSWORD in each for each in told)
    kept = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert not any(PASSWORD.encode() in path.read_bytes() for path in kept)


def _kinds(room: Newsroom) -> dict[str, str]:
    found = room.run("subscribers", "suppressed", "--json").json
    return {each["address"]: each["kind"] for each in found}


def test_who_must_not_begin_says_why_in_a_line(tmp_path: Path, url: str) -> None:
    """Another machine's run is at work; the tables are newer than the program; or older."""
    room = machine(tmp_path, url)
    assert room.run("db", "upgrade").code == 0
    with (
        open_postgres(url, create=False, state=tmp_path / "another") as database,
        everywhere_lock(database, command="digest run"),
    ):
        done = room.run("run")
        assert (done.code, len(done.lines)) == (75, 1)
        assert "another run is at work: digest run " in done.err
    for version, said in ((SCHEMA_VERSION + 1, "a newer version"), (1, "`digest db upgrade`")):
        with psycopg.connect(url) as connection:
            connection.execute("UPDATE meta SET value = %s WHERE name = 'schema'", [str(version)])
        for words in (("run",), ("status",), ("serve", "--port", "0")):
            done = room.run(*words)
            assert (done.code, len(done.lines), said in done.err) == (1, 1, True), done.err
        facts = room.run("db", "current", "--json").json
        assert (facts["database"]["schema"], facts["program"]["schema"]) == (
            version,
            SCHEMA_VERSION,
        )
    assert not list(room.outbox())


@pytest.mark.parametrize("words", [["status"], ["run"], ["db", "current"]])
def test_without_the_extra_one_line_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words
) -> None:
    room = Newsroom(tmp_path)
    monkeypatch.setitem(sys.modules, "psycopg", None)
    monkeypatch.setenv("DIGEST_DATABASE_URL", f"postgresql://me:{PASSWORD}@db.example.org/papers")
    assert run(["-c", str(room.folder / "config.yaml"), *words]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "pip install 'papers-digest[cluster]'" in line
    assert PASSWORD not in line
