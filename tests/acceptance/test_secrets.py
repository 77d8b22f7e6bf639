"""A password that goes through every way in which a run can end shows nowhere."""

from __future__ import annotations

import base64
import signal
import subprocess
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import pytest

from digest.cli.root import cli
from tests.support.newsroom import Newsroom, mail_server
from tests.support.smtp_server import TLS, Options, Rule
from tests.support.web import refused_port

PASSWORD = f"S3CR3T-{uuid.uuid4()}"
KEY = f"K3Y-{uuid.uuid4()}"
PLAIN = base64.b64encode(b"\0papers\0" + PASSWORD.encode()).decode()
ALONE = base64.b64encode(PASSWORD.encode()).decode()
#: What must be found nowhere. Ends of base64 are cut: padding and line ends may differ.
FORMS = [PASSWORD, KEY, PLAIN[:-4], ALONE[:-4], base64.b64encode(KEY.encode()).decode()[:-4]]
ECHO = f"you said AUTH PLAIN {PLAIN} which is {PASSWORD} or {ALONE}"
USERS = {"papers": PASSWORD}
#: The server's rules, whether it knows our password, and the exit codes that may follow.
SCENES = {
    "well": ([], True, {0}),
    "wrong": ([], False, {1}),
    "535 with echo": ([Rule("auth", reply=f"535 5.7.8 {ECHO}")], True, {1}),
    "454 with echo": ([Rule("auth", reply=f"454 4.7.0 {ECHO}")], True, {1}),
    "auth garbage": ([Rule("auth", raw=f"{ECHO}\r\n")], True, {1}),
    "auth dropped": ([Rule("auth", drop="before")], True, {1}),
    "auth stalled": ([Rule("auth", stall=True)], True, {1}),
    "greeting with echo": ([Rule("connect", reply=f"554 5.7.1 {ECHO}")], True, {1}),
    "mail with echo": ([Rule("mail", reply=f"550 5.7.1 {ECHO}")], True, {0, 1, 3}),
    "rcpt with echo": ([Rule("rcpt", "ada", reply=f"550 5.1.1 {ECHO}")], True, {3}),
    "later with echo": ([Rule("rcpt", "ada", reply=f"450 4.2.0 {ECHO}")], True, {3}),
    "dot with echo": ([Rule("dot", "ada", reply=f"451 4.3.0 {ECHO}")], True, {3}),
    "taken with echo": ([Rule("dot", "ada", reply=f"250 2.0.0 {ECHO}", take=True)], True, {0}),
    "garbage for a letter": ([Rule("dot", "ada", raw=f"{ECHO}\r\n", take=True)], True, {3}),
    "lost": ([Rule("dot", "ada", drop="before")], True, {3}),
}

#: A relay that may work later is knocked at five times, which takes seconds.
SLOW = {"454 with echo", "auth garbage", "auth dropped", "auth stalled"}


@contextmanager
def watched_command_lines() -> Iterator[list[str]]:
    """Every command line of this machine that holds a secret, looked at again and again."""
    found: list[str] = []
    over = threading.Event()

    def look() -> None:
        while not over.wait(0.05):
            for path in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    words = path.read_bytes().decode("utf-8", "replace")
                except OSError:
                    continue
                found.extend(words for form in FORMS if form in words)

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield found
    finally:
        over.set()
        thread.join()


def room_with_secrets(folder: Path) -> Newsroom:
    room = Newsroom(folder)
    room.environ |= {"DIGEST_SMTP_PASSWORD": PASSWORD, "DIGEST_SECRET_KEY": KEY}
    room.write_readers([{"email": "ada@example.org"}, {"email": "ben@example.org"}])
    return room


def hits(room: Newsroom, *said: str) -> list[str]:
    """Where a secret stands: in what was said, or in a file of the newsletter."""
    found = [f"said: {line}" for text in said for line in text.splitlines() if _holds(line)]
    files = [path for path in room.folder.rglob("*") if path.is_file()]
    kept = [path for path in files if _holds(path.read_bytes().decode("latin-1"))]
    return found + [str(path.relative_to(room.folder)) for path in kept]


def _holds(text: str) -> bool:
    return any(form in text for form in FORMS)


@pytest.mark.parametrize(
    "scene", [pytest.param(s, marks=pytest.mark.soak) if s in SLOW else s for s in SCENES]
)
def test_no_way_to_end_tells_or_keeps_a_secret(tmp_path, scene):
    """With the log, at the highest level; then everything that can be asked afterwards."""
    rules, known, codes = SCENES[scene]
    room = room_with_secrets(tmp_path)
    users = USERS if known else {"papers": "another"}
    words = ("-vv", "--log-json", str(tmp_path / "log.jsonl"))
    with watched_command_lines() as told, mail_server(*rules, options=Options(users=users)) as mail:
        room.mail_by(mail.port, username="papers", connections=1, command_timeout=1)
        done = [room.run(*words, "run")]
        assert done[0].code in codes, done[0].err
        done.append(room.run("status", "--csv"))
        letters = "".join(str(letter) for _, letter in mail.letters)
    assert told == []
    assert mail.auth_tries or scene == "greeting with echo"
    assert hits(room, letters, *(each.out + each.err for each in done)) == []


@pytest.mark.parametrize("level", [(), ("-vv", "--log-json", "-")])
def test_at_every_level_a_relay_that_cannot_be_used_is_told_of_without_a_secret(tmp_path, level):
    room = room_with_secrets(tmp_path)
    said = []
    with mail_server(Rule("auth", reply=f"535 5.7.8 {ECHO}"), options=Options(users=USERS)) as mail:
        room.mail_by(mail.port, username="papers")
        said.append(room.run(*level, "doctor"))
        said.append(room.run(*level, "preview", "--to", "eve@example.org"))
        room.mail_by(mail.port, username="papers", security="starttls", host="localhost")
        said.append(room.run(*level, "run"))
    room.mail_by(refused_port(), username="papers", connect_timeout=1)
    said.append(room.run(*level, "doctor"))
    assert [each.code for each in said] == [1, 1, 1, 1]
    assert hits(room, *(each.out + each.err for each in said)) == []


def test_a_traceback_asked_for_and_a_kill_tell_no_secret(tmp_path):
    room = room_with_secrets(tmp_path)
    room.environ["DIGEST_DEBUG"] = "1"
    told = ""
    options = Options(tls=True, certificate="self-signed", users=USERS)
    with mail_server(options=options) as mail:
        room.mail_by(mail.port, username="papers", security="tls", ca_file=str(TLS / "ca.pem"))
        process = room.start("-vv", "run")
        out, err = process.communicate(timeout=60)
        told += out + err
    with mail_server(Rule("dot", stall=True), options=Options(users=USERS)) as mail:
        room.mail_by(mail.port, username="papers", connections=1)
        process = room.start("-vv", "run")
        while not any(command.startswith("DATA") for command in mail.commands):
            assert process.poll() is None
            time.sleep(0.02)
        for number in (signal.SIGTERM, signal.SIGTERM):
            process.send_signal(number)
            time.sleep(0.2)
        out, err = process.communicate(timeout=60)
        told += out + err
    # A list in the lock's place makes an OSError, which DIGEST_DEBUG lets through.
    (room.state / "run.lock").unlink(missing_ok=True)
    (room.state / "run.lock").mkdir()
    process = room.start("-vv", "run")
    out, err = process.communicate(timeout=60)
    told += out + err
    assert hits(room, told) == []


def every_option(command: click.Command) -> Iterator[str]:
    for parameter in command.params:
        yield from parameter.opts
        yield from [parameter.envvar] if isinstance(parameter.envvar, str) else []
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            each = command.get_command(context, name)
            assert each is not None
            yield from every_option(each)


def test_no_option_takes_a_secret():
    options = {option.lower() for option in every_option(cli)}
    assert "--log-json" in options
    assert not [o for o in options for word in ("pass", "secret", "token", "auth") if word in o]


@pytest.mark.parametrize("key", ["password", "passwrod", "secret_key"])
def test_a_password_in_the_config_is_refused_and_not_repeated(tmp_path, key):
    """The file is for everybody's eyes: it is committed, copied and mailed round."""
    room = Newsroom(tmp_path)
    room.configure(delivery={"transport": "smtp", "smtp": {"host": "localhost", key: PASSWORD}})
    done = room.run("-vv", "run")
    assert done.code == 2
    assert f"delivery.smtp.{key}" in done.err
    assert PASSWORD not in done.out + done.err


def test_a_secret_s_file_that_others_can_read_is_refused(tmp_path):
    room = Newsroom(tmp_path)
    made = subprocess.run(
        ["openssl", "genpkey", "-algorithm", "ed25519"], capture_output=True, check=False
    )
    pem = made.stdout or b"-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n"
    room.write("dkim.pem", pem).chmod(0o644)
    room.configure(delivery={"dkim": {"selector": "papers", "key_file": "dkim.pem"}})
    done = room.run("run")
    assert done.code == 2
    assert "can be read by others (mode 644)" in done.err
    assert room.outbox() == []
