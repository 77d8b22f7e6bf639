"""What a run tells: the end report, the status of an edition, the log, the progress bar."""

from __future__ import annotations

import base64
import csv
import io
import json
import os
import pty
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from tests.support.newsroom import Newsroom, finish, mail_server, paper
from tests.support.smtp_server import Options, Rule

NOT_NOW = "451 4.3.0 come back, slow@example.org"
NEVER = "550 5.1.1 gone: no such user here"
READERS = (
    {"email": "ada@example.org"},
    {"email": "ben@example.org", "themes": ["Robots"]},
    {"email": "gone@example.net"},
    {"email": "slow@example.org"},
    {"email": "eve@example.net", "send_at": "18:00"},
)
RULES = (Rule("rcpt", "slow", reply=NOT_NOW), Rule("rcpt", "gone", reply=NEVER))
PASSWORD = "S3CR3T-of-the-house-42"


def newsroom(folder: Path) -> Newsroom:
    room = Newsroom(folder)
    room.configure(themes={"discover": False, "rules": [{"name": "Robots", "keywords": ["robot"]}]})
    room.write_papers([paper(0, "A robot walks"), paper(1, "A robot sees"), paper(2, "Proofs")])
    room.write_readers(READERS)
    return room


def events(text: str) -> list[dict]:
    return [json.loads(line) for line in text.splitlines()]


def test_the_end_report_says_how_many_by_domain_and_theme_how_fast_and_what_waits(tmp_path):
    room = newsroom(tmp_path)
    with mail_server(*RULES) as server:
        room.mail_by(server.port, connections=1)
        told = room.run("send", "--due")
        assert told.code == 3
        lines = told.err.splitlines()
        assert "2026-11-23: 2 sent, 1 deferred, 1 rejected, 1 pending" in lines
        assert re.search(
            r"  2 letters in [\d.]+ s \([\d,]+/s\) by .*, 1 connection opened", told.err
        )
        assert "    example.org: 2 sent, 1 deferred" in lines
        assert "    example.net: 1 rejected" in lines
        assert "    all 3 papers: 1 sent, 1 deferred, 1 rejected" in lines
        assert "    Robots: 2 papers: 1 sent" in lines
        assert re.search(
            r"1 deferred: a run from 2026-11-23 07:0\d:\d\d UTC on tries again", told.err
        )
        assert "  1 pending: the first is due at 2026-11-23 18:00:00 UTC" in lines


def test_the_json_report_has_every_count_and_its_parts_add_up(tmp_path):
    room = newsroom(tmp_path)
    with mail_server(*RULES) as server:
        room.mail_by(server.port, connections=2)
        (edition,) = room.run("send", "--due", "--json").json["editions"]
    run = edition["this_run"]
    whole = {name: run[name] for name in ("sent", "deferred", "rejected", "unknown", "untried")}
    assert whole == {"sent": 2, "deferred": 1, "rejected": 1, "unknown": 0, "untried": 0}
    assert (edition["suppressed"], edition["pending"]) == (0, 1)
    assert run["seconds"] > 0
    assert run["connections"] in (1, 2)
    for kind in ("domains", "segments", "relays"):
        assert {name: sum(each[name] for each in run[kind]) for name in whole} == whole
    assert {each["label"]: each["sent"] for each in run["segments"]} == {
        "all 3 papers": 1,
        "Robots: 2 papers": 1,
    }
    assert [each["domain"] for each in run["domains"]] == ["example.org", "example.net"]
    said = {(each["outcome"], each["code"]): each["count"] for each in run["replies"]}
    assert said == {("sent", 250): 2, ("deferred", 451): 1, ("rejected", 550): 1}
    assert edition["next_retry"] > edition["frozen_at"]


def test_status_answers_who_did_not_get_it_and_why(tmp_path):
    room = newsroom(tmp_path)
    with mail_server(*RULES) as server:
        room.mail_by(server.port)
        room.run("send", "--due")
    by_domain = room.run("status", "--by", "domain", "--json").json
    assert by_domain["by"] == "domain"
    found = {group["name"]: group for group in by_domain["groups"]}
    assert found["example.org"] == {"name": "example.org", "total": 3, "sent": 2, "deferred": 1}
    assert found["example.net"]["total"] == 2
    told = room.run("status", "--by", "theme").out
    assert "  Robots: 2 papers\t1 sent" in told
    replies = room.run("status", "--by", "reply", "--undelivered").out
    assert "  rcpt 550 5.1.1\t1 rejected: 5.1.1 gone: no such user here" in replies
    assert "dot 250" not in replies
    narrow = room.run("status", "--domain", "Example.NET", "--undelivered", "--json").json
    assert (narrow["domain"], narrow["rejected"], narrow["pending"]) == ("example.net", 1, 1)
    assert [each["address"] for each in narrow["readers"]] == [
        "eve@example.net",
        "gone@example.net",
    ]
    file = tmp_path / "who.csv"
    assert room.run("status", "--undelivered", "--out", str(file)).out == ""
    rows = list(csv.DictReader(io.StringIO(file.read_text(encoding="utf-8"))))
    assert {row["address"]: row["state"] for row in rows} == {
        "eve@example.net": "pending",
        "gone@example.net": "rejected",
        "slow@example.org": "deferred",
    }
    assert file.stat().st_mode & 0o777 == 0o600
    summed = list(csv.DictReader(io.StringIO(room.run("status", "--by", "domain", "--csv").out)))
    assert [(row["name"], row["total"]) for row in summed] == [
        ("example.org", "3"),
        ("example.net", "2"),
    ]
    assert room.run("status", "--domain", "no domain").code == 2
    assert room.run("status", "--csv", "--out", str(tmp_path / "none" / "x.csv")).code == 2


def test_the_log_tells_every_event_and_names_nobody(tmp_path):
    room = newsroom(tmp_path)
    path = tmp_path / "log.jsonl"
    with mail_server(*RULES) as server:
        room.mail_by(server.port, connections=1)
        assert room.run("--log-json", str(path), "send", "--due").code == 3
    told = events(path.read_text(encoding="utf-8"))
    names = [each["event"] for each in told]
    assert names[0] == "run_started"
    assert names[-1] == "run_ended"
    for one, other in zip(
        ("run_started", "source", "edition_frozen", "delivery_started", "connection_opened"),
        ("source", "edition_frozen", "delivery_started", "connection_opened", "letter"),
        strict=True,
    ):
        assert names.index(one) < names.index(other)
    assert names.index("connection_closed") < names.index("delivery_ended")
    letters = [each for each in told if each["event"] == "letter"]
    outcomes = sorted((each["outcome"], each["code"], each["enhanced"]) for each in letters)
    assert outcomes[:2] == [("deferred", 451, "4.3.0"), ("rejected", 550, "5.1.1")]
    assert [each[:2] for each in outcomes[2:]] == [("sent", 250)] * 2
    assert told[-1]["code"] == 3
    kept = path.read_text(encoding="utf-8").lower()
    for local in ("ada", "ben", "gone", "slow", "eve"):
        assert f"{local}@" not in kept
        assert not re.search(rf"\b{local}\b", kept)
    # Who has an address finds her line; nobody else does.
    (row,) = room.run("status", "--reader", "GONE@example.net", "--json").json["readers"]
    (hers,) = [each for each in letters if each["reader"] == row["reader_id"]]
    assert hers["outcome"] == "rejected"
    assert row["reader_id"] in room.run("status", "--reader", "gone@example.net").out


def test_on_stderr_the_log_is_alone_and_every_line_is_json(tmp_path):
    room = newsroom(tmp_path)
    room.write_readers([*READERS, {"email": "ada@example.org"}])  # twice: a warning
    with mail_server(*RULES) as server:
        room.mail_by(server.port)
        done = room.run("-v", "--log-json", "-", "send", "--due")
    told = events(done.err)
    assert {"run_started", "letter", "run_ended", "problem"} <= {each["event"] for each in told}
    assert "@" not in done.err
    room.write("config.yaml", "nonsense: 1\n")
    wrong = room.run("--log-json", "-", "run")
    assert wrong.code == 2
    assert "error" in {each["event"] for each in events(wrong.err)}


def test_the_log_can_be_named_in_the_environment_and_trouble_with_it_stops_no_letter(tmp_path):
    room = newsroom(tmp_path)
    room.environ["DIGEST_LOG_JSON"] = "/dev/full"
    done = room.run("send")
    assert done.code == 0
    assert "the run goes on" in done.err
    assert room.status()["sent"] == 5
    room.environ["DIGEST_LOG_JSON"] = str(tmp_path / "none" / "log")
    assert room.run("send").code == 2


def test_a_killed_run_has_its_log_on_disk(tmp_path):
    """SIGTERM while a source does not answer: long before any letter."""
    room = newsroom(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/feed"
        room.configure(sources=[{"kind": "feed", "name": "Silent", "url": url}])
        process = room.start("--log-json", str(tmp_path / "log.jsonl"), "run")
        silent.settimeout(60)
        conversation, _ = silent.accept()
        process.send_signal(signal.SIGTERM)
        done = finish(process)
        conversation.close()
    assert done.code == -signal.SIGTERM
    told = events((tmp_path / "log.jsonl").read_text(encoding="utf-8"))
    assert [each["event"] for each in told][:1] == ["run_started"]
    assert (told[-1]["event"], told[-1]["code"]) == ("run_ended", 143)


def test_a_run_that_is_stopped_has_logged_every_letter(tmp_path):
    room = newsroom(tmp_path)
    room.write_readers([{"email": f"reader{n}@example.org"} for n in range(200)])
    path = tmp_path / "log.jsonl"
    with mail_server(Rule("dot", delay=0.01)) as server:
        room.mail_by(server.port, connections=2)
        process = room.start("--log-json", str(path), "run")
        while len(server.accepted) < 20:
            time.sleep(0.01)
        process.send_signal(signal.SIGTERM)
        assert finish(process).code == 75
        taken = len(server.accepted)
    told = events(path.read_text(encoding="utf-8"))
    assert sum(each["event"] == "letter" and each["outcome"] == "sent" for each in told) == taken


@pytest.mark.parametrize("users", [{"papers": "another"}, {"papers": PASSWORD}])
def test_no_secret_is_told_at_any_level_though_the_server_echoes_it(tmp_path, users):
    room = newsroom(tmp_path)
    room.environ["DIGEST_SMTP_PASSWORD"] = PASSWORD
    plain = base64.b64encode(b"\0papers\0" + PASSWORD.encode()).decode()
    echo = (
        Rule("auth", reply=f"535 5.7.8 no: AUTH PLAIN {plain} {PASSWORD}")
        if users["papers"] == "another"
        else Rule("rcpt", "ada", reply=f"550 5.1.1 you said {plain} and {PASSWORD}")
    )
    path = tmp_path / "log.jsonl"
    with mail_server(echo, options=Options(users=users)) as server:
        room.mail_by(server.port, username="papers", connections=1)
        done = [
            room.run("-vv", "--log-json", str(path), *words) for words in (("run",), ("doctor",))
        ]
        done.append(room.run("-vv", "--log-json", "-", "send", "--json"))
    for more in (["--json"], ["--csv"], ["--by", "reply"]):
        done += [room.run("status", "--undelivered", *more)]
    told = path.read_text(encoding="utf-8") + "".join(each.out + each.err for each in done)
    if echo.stage == "rcpt":
        assert "[secret]" in told
    for form in (PASSWORD, plain.rstrip("="), base64.b64encode(PASSWORD.encode()).decode()):
        assert form not in told


def test_on_a_terminal_a_bar_shows_count_rate_and_time_left(tmp_path):
    room = newsroom(tmp_path)
    room.write_readers([{"email": f"reader{n}@example.org"} for n in range(30)])
    master, slave = pty.openpty()
    parts: list[bytes] = []

    def read() -> None:
        try:
            while part := os.read(master, 65_536):
                parts.append(part)
        except OSError:
            pass  # the command has ended

    with mail_server() as server:
        room.mail_by(server.port, letters_per_minute=1_200)
        environ = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "TERM": "xterm"}
        environ |= {"DIGEST_CONFIG": str(tmp_path / "config.yaml"), "DIGEST_NOW": str(room.now)}
        began = time.monotonic()
        process = subprocess.Popen(
            [sys.executable, "-m", "digest", "run"], cwd="/", env=environ, stderr=slave
        )
        os.close(slave)
        reader = threading.Thread(target=read)
        reader.start()
        assert process.wait(60) == 0
        seconds = time.monotonic() - began
        reader.join()
        os.close(master)
    shown = b"".join(parts).decode().split("\r\x1b[K")
    bars = [part for part in shown if "letters of 2026-11-23" in part]
    assert 5 <= len(bars) <= seconds * 10 + 3
    assert "30/30" in bars[-1]
    assert any(re.search(r" \d+/30  \d+/s  0:0\d left", part) for part in bars)
