"""`digest serve` beside `digest run`, as processes on the same files and the same ledger."""

from __future__ import annotations

import resource
import signal
import socket
import sqlite3
import sys
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http.client import HTTPConnection
from urllib.parse import urlencode

import pytest
import yaml

from digest.cli.root import run
from digest.mailing.token import PREFERENCES, UNSUBSCRIBE, ReaderNamer, sign_token
from digest.model import EmailAddress
from tests.support.newsroom import Newsroom, counting_server, finish, mail_server
from tests.support.reader_site import FORM, ONE_CLICK, link_of
from tests.support.serving import serving
from tests.support.smtp_server import Rule

COUNT = 60


def ask(port: int, method: str, path: str, body: str | None = None) -> int:
    client = HTTPConnection("127.0.0.1", port, timeout=60)
    client.request(method, path, body, {"Content-Type": FORM} if body is not None else {})
    answer = client.getresponse()
    answer.read()
    client.close()
    return answer.status


def address(number: int) -> str:
    return f"reader{number:02d}@example.org"


def path_of(room: Newsroom, who: str, purpose: str) -> str:
    keys = (room.state / "secret.key").read_bytes().split()
    reader = ReaderNamer(keys[-1], "papers@example.org").name(EmailAddress.parse(who))
    return f"/{purpose[0]}/{sign_token(keys, reader, purpose)}"


def test_readers_come_and_go_while_a_run_sends_and_nothing_is_lost(tmp_path):
    """Who has her 200 before her letter began gets none; who chooses or joins meanwhile is kept."""
    room = Newsroom(tmp_path)
    room.configure(web={"list": "web.csv"})
    room.write_readers([{"email": address(n)} for n in range(COUNT)])
    with counting_server(Rule("dot", delay=0.1)) as server:
        room.mail_by(server.port, connections=2)
        with serving(room) as (_, port), ThreadPoolExecutor(8) as pool:
            running = room.start("run")
            while len(server.accepted) < 4:
                assert running.poll() is None, running.communicate()
                threading.Event().wait(0.005)
            leaving = [address(n) for n in range(COUNT - 20, COUNT)]
            links = [path_of(room, who, UNSUBSCRIBE) for who in leaving]
            choosing = [address(n) for n in range(20)]
            choices = [path_of(room, who, PREFERENCES) for who in choosing]
            form = urlencode({"frequency": "weekly", "keywords": "owls", "format": "text"})
            left = pool.map(lambda path: ask(port, "POST", path, ONE_CLICK), links)
            chosen = pool.map(lambda path: ask(port, "POST", path, form), choices)
            joined = pool.map(
                lambda n: ask(port, "POST", "/subscribe", f"email=new{n}%40example.org"), range(8)
            )
            assert [*left, *chosen, *joined] == [200] * 48
            told = Counter(server.recipients)
            gone = [who for who in leaving if not told[who]]
            assert len(gone) > 10, "the run was too quick to prove anything"
            assert finish(running).code == 0
        assert not any(server.recipients[who] for who in gone)
        wanted = Counter(address(n) for n in range(COUNT)) - Counter(gone)
        sent = Counter({k: n for k, n in server.recipients.items() if not k.startswith("new")})
        assert sent == wanted
        assert sum(n for k, n in server.recipients.items() if k.startswith("new")) == 8
        rows = yaml.safe_load((room.folder / "readers.yaml").read_text())
        assert [row["email"] for row in rows] == [address(n) for n in range(COUNT)]
        assert [row for row in rows if row.get("frequency")] == [
            {"email": who, "keywords": ["owls"], "frequency": "weekly", "format": "text"}
            for who in choosing
        ]
        assert room.last.code == 0  # type: ignore[attr-defined]


def test_a_reader_joins_chooses_receives_and_leaves(tmp_path):
    """From the form to the last letter, with a mail server between."""
    room = Newsroom(tmp_path)
    room.configure(web={"list": "lists/web.csv"}, subscribers={"lists": ["readers.yaml"]})
    new = "new@example.org"
    with mail_server() as server:
        room.mail_by(server.port)
        with serving(room) as (_, port):
            assert ask(port, "POST", "/subscribe", f"email={new}&format=text") == 200
            while not server.letters:
                threading.Event().wait(0.01)
            [(to, confirmation)] = server.letters
            assert to == new
            assert ask(port, "POST", link_of(confirmation), "confirm=yes") == 200
            assert room.run("run").code == 0
            [hers] = [mail for to, mail in server.letters[1:] if to == new]
            assert hers.get_content_type() == "text/plain", "as she chose"
            link = (
                hers["List-Unsubscribe"]
                .partition(">")[0]
                .removeprefix("<https://papers.example.org")
            )
            assert ask(port, "GET", link) == 200
            assert ask(port, "POST", link, ONE_CLICK) == 200
            room.later(days=1)
            room.write_papers([{"id": "next", "title": "The next day's only study"}])
            before = len(server.letters)
            assert room.run("run").code == 0
            assert [to for to, _ in server.letters[before:]] == ["ada@example.org"]
    assert room.last.err == "", "readers are not tracked: nothing of them is in the log"


def test_an_end_in_order_finishes_what_is_under_way(tmp_path):
    room = Newsroom(tmp_path)
    assert room.run("run").code == 0
    path = path_of(room, "ada@example.org", UNSUBSCRIBE)
    with serving(room) as (process, port):
        with socket.create_connection(("127.0.0.1", port), timeout=30) as client:
            head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {FORM}\r\n"
            client.sendall(f"{head}Content-Length: {len(ONE_CLICK)}\r\n\r\nList".encode())
            threading.Event().wait(0.2)
            process.send_signal(signal.SIGTERM)
            process.told = True  # type: ignore[attr-defined]
            threading.Event().wait(0.3)
            client.sendall(ONE_CLICK[4:].encode())
            assert client.recv(65_536).startswith(b"HTTP/1.1 200 ")
        with socket.socket() as late:
            assert late.connect_ex(("127.0.0.1", port)), "nobody listens any more"
    assert room.last.code == 0
    with closing(sqlite3.connect(room.state / "digest.db")) as database:
        assert database.execute("SELECT kind FROM suppression").fetchall() == [("unsubscribe",)]


def test_where_the_disk_is_full_nobody_is_told_that_she_left(tmp_path):
    """Every 200 is in the database; what found no room is a 503, and so is the site's health."""
    room = Newsroom(tmp_path)
    assert room.run("run").code == 0
    who = [address(n) for n in range(40)]
    limit = (60_000, resource.RLIM_INFINITY)  # of each file, the log of the database among them

    def bound() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)

    with serving(room, preexec_fn=bound) as (process, port):
        links = [path_of(room, each, UNSUBSCRIBE) for each in who]
        answers = [ask(port, "POST", link, ONE_CLICK) for link in links]
        assert set(answers) == {200, 503}
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (1, resource.RLIM_INFINITY))
        assert ask(port, "GET", "/health") == 503
    with closing(sqlite3.connect(room.state / "digest.db")) as database:
        gone = {row[0] for row in database.execute("SELECT reader_id FROM suppression")}
    told = [link for link, answer in zip(links, answers, strict=True) if answer == 200]
    assert gone == {link[3:].partition(".")[0] for link in told}
    assert "/u/" not in room.last.err  # type: ignore[attr-defined]


@pytest.mark.parametrize("missing", ["starlette", "uvicorn", "python_multipart", "cryptography"])
def test_without_the_extra_one_line_says_what_to_install(tmp_path, monkeypatch, capsys, missing):
    room = Newsroom(tmp_path)
    monkeypatch.setitem(sys.modules, missing, None)
    assert run(["-c", str(room.folder / "config.yaml"), "serve"]) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert "papers-digest[web]" in line


def test_a_port_that_cannot_be_had_is_one_line(tmp_path):
    room = Newsroom(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = room.run("serve", "--port", str(taken.getsockname()[1]))
    assert done.code == 2
    assert len(done.lines) == 1
    assert "cannot be listened on" in done.err
