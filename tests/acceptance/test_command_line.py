"""The command itself: quick to answer, quiet in a pipe, silent about secrets."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support.newsroom import Newsroom, finish, mail_server, paper
from tests.support.smtp_server import Options, Rule

HEAVY = {
    "feedparser", "mjml", "premailer", "httpx", "jinja2", "sqlalchemy", "pydantic",
    "aiosmtplib", "rich", "lxml", "yaml", "bibtexparser", "pylatexenc", "procrastinate", "psycopg",
}  # fmt: skip
COMMANDS = (
    "init", "run", "collect", "compose", "preview", "send", "status", "subscribers",
    "bounces", "editions", "explain", "templates", "serve", "keys", "db", "doctor", "demo",
    "worker",
)  # fmt: skip
_LOOK = """
import atexit, sys
atexit.register(lambda: print("\\nLOADED", *sorted({m.partition(".")[0] for m in sys.modules})))
from digest.cli import main
sys.argv = ["digest", *sys.argv[1:]]
main()
"""


@pytest.mark.parametrize("words", [(), *((name,) for name in COMMANDS)])
def test_help_loads_nothing_heavy(words):
    done = subprocess.run(
        [sys.executable, "-c", _LOOK, *words, "--help"], capture_output=True, text=True, check=True
    )
    said, _, loaded = done.stdout.partition("\nLOADED ")
    assert "Usage: digest" in said
    assert HEAVY.isdisjoint(loaded.split())


def test_help_names_every_command(tmp_path):
    out = Newsroom(tmp_path).run("--help").out
    assert all(f"\n  {name} " in out for name in COMMANDS)


@pytest.mark.parametrize("words", [("compose", "--json"), ("status", "--csv")])
def test_a_reader_who_closes_the_pipe_gets_no_complaint(tmp_path, words):
    room = Newsroom(tmp_path)
    room.write_papers([{"title": f"Study {n}", "abstract": "Words " * 200} for n in range(300)])
    room.configure(edition={"max_papers": 300})
    room.write_readers([{"email": f"reader{n}@example.org"} for n in range(300)])
    if words[0] == "status":
        room.configure(edition={"max_papers": 2})
        assert room.run("run").code == 0
    reading, writing = os.pipe()
    process = room.start(*words, stdout=writing, fresh=True)
    os.close(writing)
    assert os.read(reading, 10)
    os.close(reading)
    done = finish(process)
    assert done.code == 0
    assert "Broken" not in done.err
    assert "Exception" not in done.err


def test_a_full_disk_behind_the_output_is_a_line_and_a_failure(tmp_path):
    room = Newsroom(tmp_path)
    with open("/dev/full", "w") as full:
        done = room.run("compose", "--json", stdout=full)
    assert done.code == 1
    assert done.lines[-1] == "digest: No space left on device"


def test_an_output_without_our_letters_is_no_failure(tmp_path):
    room = Newsroom(tmp_path)
    room.write_papers([paper(1, "Über 例 and others")])
    room.environ["PYTHONIOENCODING"] = "ascii"
    assert room.run("compose").code == 0
    assert "例" in room.run("compose", "--json").json["sections"][0]["papers"][0]["title"]


PASSWORD = "correct-horse-battery-staple"
KEY = "0123456789abcdef-a-key-of-our-own-0123456789"


def test_secrets_are_never_told_or_kept(tmp_path):
    room = Newsroom(tmp_path)
    room.environ |= {"DIGEST_SMTP_PASSWORD": PASSWORD, "DIGEST_SECRET_KEY": KEY}
    room.write_readers([{"email": f"reader{n}@example.org"} for n in range(5)])
    users = Options(users={"papers": PASSWORD})
    with mail_server(Rule("dot", delay=0.4), options=users) as server:
        room.mail_by(server.port, username="papers", connections=1)
        process = room.start("-vv", "run", fresh=True)
        while not server.accepted:
            time.sleep(0.02)
        line = Path(f"/proc/{process.pid}/cmdline").read_bytes()
        sent = finish(process)
        assert sent.code == 0, sent.err
        looked = room.run("-vv", "doctor")
    with mail_server(options=Options(users={"papers": "another"})) as server:
        room.mail_by(server.port, username="papers")
        refused = room.run("-vv", "doctor")
        assert refused.code == 1
    said = sent.out + sent.err + looked.out + looked.err + refused.out + refused.err
    kept = b"".join(path.read_bytes() for path in room.state.rglob("*") if path.is_file())
    # base64 of "\0papers\0" + password, as AUTH PLAIN puts it on the wire.
    for secret in (PASSWORD, KEY, "AHBhcGVycwBjb3JyZWN0"):
        assert secret not in said
        assert secret.encode() not in kept
        assert secret.encode() not in line
    assert room.state.stat().st_mode & 0o077 == 0
