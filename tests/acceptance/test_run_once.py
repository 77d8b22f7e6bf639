"""`digest run` may be repeated, and started many times at once, and sends once."""

from __future__ import annotations

import os
import time
from collections import Counter

from tests.support.newsroom import Newsroom, finish, mail_server
from tests.support.smtp_server import Rule


def _readers(count: int) -> list[dict[str, str]]:
    return [{"email": f"reader{n}@example.org"} for n in range(count)]


def test_a_second_run_is_silent_and_sends_nothing_to_the_outbox(tmp_path):
    room = Newsroom(tmp_path)
    first = room.run("run")
    before = {path: path.stat().st_mtime_ns for path in (room.state / "outbox/new").iterdir()}
    second = room.run("run")
    assert (first.code, first.out, first.err) == (0, "", "")
    assert (second.code, second.out, second.err) == (0, "", "")
    after = {path: path.stat().st_mtime_ns for path in (room.state / "outbox/new").iterdir()}
    assert len(before) == 1
    assert after == before


def test_a_second_run_and_a_send_give_the_mail_server_nothing(tmp_path):
    room = Newsroom(tmp_path)
    room.write_readers(_readers(25))
    with mail_server() as server:
        room.mail_by(server.port)
        assert room.run("run").code == 0
        connects = len(server.connects)
        assert (again := room.run("run")).code == 0
        assert (again.out, again.err) == ("", "")
        assert room.run("send").code == 0
        assert server.recipients == Counter({f"reader{n}@example.org": 1 for n in range(25)})
        assert len(server.connects) == connects


def test_a_run_beside_another_says_who_is_at_work_and_exits_75(tmp_path):
    room = Newsroom(tmp_path)
    with mail_server(Rule("dot", delay=3.0)) as server:
        room.mail_by(server.port)
        first = room.start("run")
        while not server.connects:
            time.sleep(0.02)
        second = room.run("run")
        assert finish(first).code == 0
    assert second.code == 75
    assert second.out == ""
    (line,) = second.lines
    assert "another run is at work" in line
    assert f"pid {first.pid} on {os.uname().nodename}, since 2026-11-23T07:00" in line
