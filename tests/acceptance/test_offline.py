"""Nothing is fetched but what the config names, and nobody is called but the relay."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import offline
from tests.support.newsroom import Done, Newsroom, finish, paper

NOTHING = {"ipv4": 0, "ipv6": 0, "loopback": 0}
FAR = "http://192.0.2.7"
#: Whatever a library might feel free to fetch: style sheets, fonts, pictures, parts, entities.
TEMPTING = f"""<mjml>
<mj-head>
<mj-font name="Far" href="{FAR}/font.css" />
<mj-style>@import url("{FAR}/import.css"); @font-face {{ font-family: F; src: url({FAR}/f.woff); }}
p {{ background: url("{FAR}/pixel.png") }}</mj-style>
<mj-style inline="inline">@import url("{FAR}/inline.css"); p {{ color: #333333 }}</mj-style>
<mj-raw><link rel="stylesheet" href="{FAR}/linked.css" /></mj-raw>
</mj-head>
"""


def alone(room: Newsroom, *words: str) -> tuple[Done, dict[str, int]]:
    """A command in a network without a way out, with what it tried."""
    counts = room.folder.parent / "counts.json"
    process = room.start(*words, python=(offline.__file__, str(counts), sys.executable))
    done = finish(process)
    return done, json.loads(counts.read_text())


@pytest.fixture
def room(tmp_path) -> Newsroom:
    """Papers full of addresses: pictures, pages, code."""
    room = Newsroom(tmp_path / "room")
    links = {
        name: f"{FAR}/{name}"
        for name in ("url", "pdf_url", "code_url", "project_url", "discussion_url", "thumbnail")
    }
    title = f'A study <img src="{FAR}/title.png"> of <link href="{FAR}/x.css" rel="stylesheet">'
    room.write_papers([paper(n, **links) for n in range(3)] + [paper(9, title, **links)])
    return room


def test_a_whole_run_from_files_to_the_outbox_makes_no_connection(room):
    for words in (
        ("run",),
        ("status", "--undelivered"),
        ("preview", "--out", str(room.folder / "seen")),
        ("editions", "export", "2026-11-23", "--out", str(room.folder / "out")),
    ):
        done, tried = alone(room, *words)
        assert done.code == 0, done.err
        assert tried == NOTHING, words
    assert len(room.outbox()) == 1
    assert FAR in (room.folder / "seen" / "letter.html").read_text(), "links are kept, not followed"


@pytest.mark.parametrize("words", [("templates", "check"), ("preview",), ("run",)])
def test_a_template_that_names_far_files_makes_no_connection(room, words):
    shipped = Path(__file__).parents[2] / "templates" / "daily" / "letter.mjml.j2"
    text = shipped.read_text(encoding="utf-8")
    head = text.index("<mj-head>")
    tempting = (
        text[:head] + "<mj-head>\n" + TEMPTING.partition("<mj-head>")[2].partition("</mj-head>")[0]
    )
    room.write("templates/far/letter.mjml.j2", tempting + text[head + len("<mj-head>") :])
    room.configure(templates="far")
    done, tried = alone(room, *words)
    assert tried == NOTHING
    assert done.code in (0, 2), done.err


def test_the_doctor_calls_the_relay_the_sources_and_the_site_and_nobody_else(room):
    done, tried = alone(room, "doctor")
    assert done.code == 0, done.err
    assert (tried["ipv4"], tried["ipv6"]) == (0, 0)
    room.mail_by(25, host="localhost", connect_timeout=1)
    done, tried = alone(room, "doctor", "--offline")
    assert done.code == 0, done.err
    assert tried == NOTHING
    done, tried = alone(room, "doctor")
    assert done.code == 1
    assert (tried["ipv4"], tried["ipv6"]) == (0, 0), "localhost needs no resolver and no route"


def test_lists_and_returned_mail_are_read_without_a_connection(room):
    """Whatever stands in them: names, addresses of servers, pages."""
    assert room.run("run").code == 0
    mail = f"From: a@far.example\nSubject: back <{FAR}/x>\nReferences: <{FAR}>\n\n{FAR}/y\n"
    returned = room.write("returned.eml", mail)
    table = f"email,name,homepage\neve@far.example,Eve,{FAR}/eve\n"
    given = room.write("given.csv", table)
    into = str(room.folder / "readers.yaml")
    for words in (
        ("bounces", str(returned)),
        ("subscribers", "import", str(given), "--list", into, "--yes"),
        ("subscribers", "check"),
        ("subscribers", "export", "--out", str(room.folder / "out.csv")),
        ("keys", "rotate"),
    ):
        done, tried = alone(room, *words)
        assert done.code == 0, done.err
        assert tried == NOTHING, words


def test_the_site_calls_nobody_for_what_it_shows(room):
    """Its pages are asked for from within its network, in which nothing else answers."""
    assert room.run("run").code == 0
    asking = """
import http.client, re, subprocess, sys
site = subprocess.Popen(
    [sys.executable, "-m", "digest", "serve", "--port", "0"],
    stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
)
try:
    port = int(re.search(r":([0-9]+)/ ", site.stderr.readline())[1])
    for path in sys.argv[1:]:
        client = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        client.request("GET", path)
        answer = client.getresponse()
        assert answer.read() and answer.status == 200, (path, answer.status)
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    client.request("POST", "/subscribe", "email=new%40example.net", form)
    assert client.getresponse().status == 200
finally:
    site.terminate()
    ended = site.wait()
sys.exit(ended)
"""
    program = room.write("asking.py", asking)
    counts = room.folder.parent / "counts.json"
    paths = ("/", "/archive", "/archive/2026-11-23", "/feed.xml", "/search?q=study", "/subscribe")
    command = [offline.__file__, str(counts), sys.executable, str(program), *paths]
    process = subprocess.Popen(
        [sys.executable, *command],
        cwd=Path(__file__).parents[2],
        env=room._environ(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    done = finish(process, 60)
    assert done.code == 0, done.err
    tried = json.loads(counts.read_text())
    assert (tried["ipv4"], tried["ipv6"]) == (0, 0)
    assert len(room.outbox()) == 2, "the letter of confirmation lies in the outbox"


def test_what_is_counted_is_what_is_tried(room):
    """A source that is far away is tried, and seen to be."""
    room.configure(sources=[{"kind": "feed", "name": "Far", "url": "http://192.0.2.7/feed"}])
    done, tried = alone(room, "collect")
    assert tried["ipv4"] >= 1
    assert "Far" in done.out + done.err


def test_the_demo_speaks_to_its_own_mail_server_alone(room):
    done, tried = alone(room, "demo", "--out", str(room.folder / "demo"))
    assert done.code == 0, done.err
    assert (tried["ipv4"], tried["ipv6"]) == (0, 0)
