"""`digest bounces` from outside: letters go out, reports come back, readers are left alone."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from digest.model import EmailAddress
from tests.support.newsroom import Newsroom, finish, mail_server
from tests.support.returned import complaint, status_report
from tests.support.smtp_server import Rule

READERS = ["ada@example.org", "bob@example.org", "cy@example.org", "dee@example.org"]


def room_of(folder, port: int) -> Newsroom:
    room = Newsroom(folder)
    room.write_readers([{"email": reader} for reader in READERS])
    room.configure(newsletter={"bounces": "bounces@example.org"}, bounces={"maildir": "returned"})
    for name in ("new", "cur", "tmp"):
        (folder / "returned" / name).mkdir(parents=True)
    room.mail_by(port)
    return room


class Post:
    """What the relay took: the return path and the headers of each reader's letter."""

    def __init__(self, server) -> None:
        self.paths = {taken.recipient: taken.sender for taken in server.accepted}
        self.heads = {
            reader: "".join(
                f"{name}: {letter[name]}\n" for name in ("Message-ID", "List-Unsubscribe")
            )
            for reader, letter in server.letters
        }
        self.links = {
            reader: str(letter["List-Unsubscribe"]).partition(">")[0].rpartition("/")[2]
            for reader, letter in server.letters
        }


def test_letters_come_back_and_their_readers_are_mailed_no_more(tmp_path):
    """One bounces, one complains, one asks to leave; the fourth is on vacation."""
    with mail_server() as server:
        room = room_of(tmp_path, server.port)
        assert room.run("run").code == 0
        post = Post(server)
        assert all(
            EmailAddress.parse(path).local.startswith("bounces+") for path in post.paths.values()
        )
        assert len(set(post.paths.values())) == len(READERS)
        ada, bob, cy, dee = READERS
        mails = [
            status_report(post.paths[ada], recipient=ada, letter=post.heads[ada]),
            complaint("abuse@example.org", letter=post.heads[bob]),
            f"From: {cy}\nSubject: unsubscribe {post.links[cy]}\n\n".encode(),
            f"To: {post.paths[dee]}\nSubject: Out of office\n\nuser unknown\n".encode(),
        ]
        for number, raw in enumerate(mails):
            room.write(f"returned/new/{number}.mail", raw)
        dry = room.run("bounces", "--dry-run")
        assert (dry.code, dry.out.count("would be mailed no more")) == (0, 3)
        done = room.run("bounces")
        assert (done.code, done.err) == (0, "")
        told = sorted(done.out.splitlines())
        assert len(told) == 3
        assert told[0].startswith(
            "ada@example.org is mailed no more: hard bounce: 550 5.1.1 no such user here (mail <"
        )
        assert told[1].startswith("bob@example.org is mailed no more: called a letter spam")
        assert told[2].startswith("cy@example.org is mailed no more: asked to leave by mail")
        silent = room.run("bounces")
        assert (silent.code, silent.out, silent.err) == (0, "", "")
        status = room.status()
        assert (status["sent"], status["bounced"], status["complained"]) == (4, 1, 1)
        assert "4 sent, 1 bounced, 1 complained" in room.run("status").out
        kinds = {
            row["address"]: row["kind"]
            for row in room.run("subscribers", "suppressed", "--json").json
        }
        assert kinds == {ada: "bounce", bob: "complaint", cy: "unsubscribe"}
        assert room.run("subscribers", "unsuppress", ada).code == 0
        before = server.recipients.copy()
        room.later(days=1)
        room.write_papers([{"id": "next", "title": "The next day's only study"}])
        assert room.run("run").code == 0
        assert dict(server.recipients - before) == {ada: 1, dee: 1}


def test_two_readers_of_one_mailbox_beside_a_run_count_once(tmp_path):
    slow = Rule("dot", delay=0.1)
    with mail_server(slow) as server:
        room = room_of(tmp_path, server.port)
        room.mail_by(server.port, connections=1)
        assert room.run("run").code == 0
        for number, (reader, path) in enumerate(Post(server).paths.items()):
            for copy in range(30):
                raw = status_report(path, recipient=reader, name=f"{number}.{copy}@example.com")
                room.write(f"returned/new/{number}.{copy}", raw)
        room.write_readers([{"email": f"new{n}@example.net"} for n in range(20)])
        room.later(days=1)
        room.write_papers([{"id": "next", "title": "The next day's only study"}])
        run = room.start("run")
        both = [room.start("bounces", "--json") for _ in range(2)]
        reports = [finish(process) for process in both]
        assert [done.code for done in reports] == [0, 0]
        new = [entry["address"] for done in reports for entry in json.loads(done.out)["new"]]
        assert sorted(new) == READERS
        assert finish(run).code == 0
        assert sum(server.recipients.values()) == len(READERS) + 20
        assert len(room.run("subscribers", "suppressed", "--json").json) == len(READERS)


def test_who_is_rejected_at_once_is_not_tried_the_next_day(tmp_path):
    with mail_server(Rule("rcpt", "ada@", reply="550 5.1.1 no such user")) as server:
        room = room_of(tmp_path, server.port)
        assert room.run("run").code == 3
        status = room.status()
        assert (status["sent"], status["rejected"], status["bounced"]) == (3, 1, 0)
        (only,) = room.run("subscribers", "suppressed", "--json").json
        assert (only["address"], only["kind"]) == ("ada@example.org", "bounce")
        assert "5.1.1 no such user" in only["reason"]


def test_a_relay_that_denies_everybody_suppresses_nobody_when_it_is_mended(tmp_path):
    """Its table of users was lost behind the first letters; the run stopped."""
    readers = [f"reader{n:03}@example{n % 9}.org" for n in range(120)]
    denied = Rule("rcpt", "reader", skip=20, reply="550 5.1.1 no such user")
    with mail_server(denied) as server:
        room = room_of(tmp_path, server.port)
        room.mail_by(server.port, connections=1)
        room.write_readers([{"email": reader} for reader in readers])
        assert room.run("run").code == 1
        status = room.status()
        assert (status["sent"], status["rejected"]) == (20, 50)
    with mail_server() as server:
        room.mail_by(server.port, connections=1)
        assert room.run("run").code in (0, 3)
        assert room.status()["sent"] == 70
        assert room.run("bounces").code == 0
    assert room.run("subscribers", "suppressed", "--json").json == []


def test_a_mail_server_may_pipe_mails_in_and_is_asked_to_wait_when_they_cannot_be_kept(tmp_path):
    with mail_server() as server:
        room = room_of(tmp_path, server.port)
        assert room.run("run").code == 0
        raw = status_report(Post(server).paths[READERS[0]]) + b"x" * 3_000_000
        kept = piped(room, raw)
        assert (kept.returncode, b"mailed no more" in kept.stdout) == (0, True)
        (room.state / "digest.db").write_bytes(b"no database")
        assert piped(room, raw).returncode == 75
        assert b"Traceback" not in piped(room, raw).stderr


def test_without_the_key_of_the_letters_no_mail_is_taken_and_no_key_is_made(tmp_path):
    """A mail server starts programs without the environment that cron has."""
    with mail_server() as server:
        room = room_of(tmp_path, server.port)
        room.environ["DIGEST_SECRET_KEY"] = "the-key-that-cron-has-in-its-environment"
        assert room.run("run").code == 0
        raw = status_report(Post(server).paths[READERS[0]])
        room.write("returned/new/1", raw)
        del room.environ["DIGEST_SECRET_KEY"]
        done = room.run("bounces")
        assert (done.code, len(done.lines)) == (2, 1)
        assert "DIGEST_SECRET_KEY" in done.err
        assert piped(room, raw).returncode == 75
        assert not (room.state / "secret.key").exists()
        room.environ["DIGEST_SECRET_KEY"] = "the-key-that-cron-has-in-its-environment"
        assert "ada@example.org is mailed no more" in room.run("bounces").out


def piped(room: Newsroom, raw: bytes) -> subprocess.CompletedProcess[bytes]:
    environ = {"DIGEST_CONFIG": str(room.folder / "config.yaml"), "DIGEST_NOW": str(room.now)}
    command = [sys.executable, "-m", "digest", "bounces", "-"]
    return subprocess.run(command, input=raw, capture_output=True, env=environ, timeout=120)


@pytest.mark.parametrize(
    ("settings", "words", "code", "said"),
    [
        ({}, (), 2, "no mailbox to read"),
        ({"maildir": "nowhere"}, (), 1, "nowhere: is no Maildir"),
        ({"mbox": "nowhere"}, (), 1, "nowhere: cannot be read: No such file"),
        ({"mbox": "a", "maildir": "b"}, (), 2, "one of maildir, mbox and imap"),
        ({}, ("missing.eml",), 1, "missing.eml: cannot be read"),
        (
            {"imap": {"host": "127.0.0.1", "port": 1, "security": "none", "username": "a"}},
            (),
            1,
            "127.0.0.1:1: cannot be reached",
        ),
    ],
)
def test_a_mailbox_that_cannot_be_read_is_told_in_one_line(tmp_path, settings, words, code, said):
    room = Newsroom(tmp_path)
    room.configure(bounces=settings)
    room.environ["DIGEST_IMAP_PASSWORD"] = "secret"
    room.run("run")
    done = room.run("bounces", *words)
    assert (done.code, done.out) == (code, "")
    assert len(done.lines) == 1
    assert said in done.err


def test_a_name_that_leaves_no_room_for_a_token_is_told_at_its_line(tmp_path):
    room = Newsroom(tmp_path)
    room.configure(newsletter={"bounces": "far-too-long-a-name@example.org"})
    done = room.run("bounces")
    assert done.code == 2
    assert "config.yaml:7:" in done.err
    assert "newsletter.bounces: has more than 15 characters before the @" in done.err
