"""A run with DKIM: every letter that leaves verifies, whoever signed it."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import dkim
import pytest

from digest.app.press import FIRST_LETTERS, _cores
from digest.mailing.dkim import dns_record, parse_signer
from tests.support.newsroom import Newsroom, finish, serving
from tests.support.smtp_server import Rule, ScriptedServer, Taken
from tests.unit.mailing.test_dkim import pems

READERS = 4 * FIRST_LETTERS


class RawServer(ScriptedServer):
    """Keeps the octets of every letter that it takes."""

    def __init__(self, *rules: Rule) -> None:
        super().__init__(rules)
        self.contents: list[bytes] = []

    def note(self, taken: Taken, content: bytes) -> None:
        super().note(taken, content)
        self.contents.append(content)


def _room(folder: Path, server: ScriptedServer) -> Newsroom:
    """Two keys: one in the variable that is named so by default, one in a file."""
    room = Newsroom(folder)
    room.write_readers([{"email": f"reader{n}@example.org"} for n in range(READERS)])
    room.write("ed25519.pem", pems()["ed25519"].decode()).chmod(0o600)
    room.environ["DIGEST_DKIM_KEY"] = pems()["rsa"].decode()
    room.mail_by(server.port)
    room.configure(
        delivery={
            "dkim": [{"selector": "one"}, {"selector": "two", "key_file": "ed25519.pem"}],
        }
    )
    return room


def _verify(server: RawServer) -> None:
    """Both signatures of each letter, as a receiver does."""
    records = {}
    for selector, kind in (("one", "rsa"), ("two", "ed25519")):
        signer = parse_signer(pems()[kind], selector=selector, domain="example.org", where="")
        record = dns_record(signer)
        records[f"{record.name}.".encode()] = record.value.encode()
    assert server.recipients == {f"reader{n}@example.org": 1 for n in range(READERS)}
    for content in server.contents:
        check = dkim.DKIM(content)
        for number in range(2):
            assert check.verify(number, dnsfunc=lambda name, timeout=5: records[name])


def _helpers(process: int) -> list[int]:
    """The processes that a process has begun."""
    children = Path(f"/proc/{process}/task/{process}/children")
    return [int(word) for word in children.read_text().split()]


def test_every_letter_of_a_run_verifies_with_each_of_its_keys(tmp_path):
    with serving(RawServer()) as server:
        done = _room(tmp_path, server).run("run")
        assert (done.code, done.err) == (0, "")
        _verify(server)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
def test_letters_verify_though_a_signing_process_dies_or_stops_amid_the_run(tmp_path, number):
    with serving(RawServer(Rule("dot", delay=0.02))) as server:
        process = _room(tmp_path, server).start("run")
        wanted = _cores() > 1  # one core signs alone
        while bool(_helpers(process.pid)) != wanted or len(server.accepted) < FIRST_LETTERS:
            assert process.poll() is None, process.communicate()
            time.sleep(0.01)
        time.sleep(0.3)
        helpers = _helpers(process.pid)
        for helper in helpers[:1]:
            os.kill(helper, number)
        done = finish(process)
        assert (done.code, done.err) == (0, "")
        assert all(not Path(f"/proc/{helper}").exists() for helper in helpers)
        _verify(server)
