"""No content leaves before the disk has what was answered, and what is about to begin."""

from __future__ import annotations

import random
import re
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.counting import tally
from tests.support.killing import addresses, killing_room
from tests.support.newsroom import Newsroom, counting_server
from tests.support.smtp_server import ScriptedServer
from tests.support.tracing import Call, Kind, follow, let_trace

TO = re.compile(rb"^To: .*?([\w.]+@[\w.]+)", re.MULTILINE)
TAKEN = b"250 2.0.0 taken"


@dataclass(frozen=True)
class Found:
    """Contents that followed another one on their connection; how many of them had a proof."""

    answers: int
    contents: int
    proven: int


def look_at(calls: list[Call]) -> Found:
    """Hold each content against what was done since the 250 before it on that connection.

    A proof is what was written to the log of the reader who was answered and of the one who is
    next, and a sync of the log after it.
    """
    answered: dict[str, tuple[int, bytes]] = {}
    reader: dict[str, bytes] = {}
    answers = contents = proven = 0
    for place, call in enumerate(calls):
        if call.kind is Kind.READ and TAKEN in call.octets:
            answers += call.octets.count(TAKEN)
            answered[call.file] = (place, reader[call.file])
        elif call.kind is Kind.WRITE and call.file.startswith("socket:"):
            if (found := TO.search(call.octets)) is None:
                continue
            reader[call.file] = found[1]
            if call.file in answered:
                since, before = answered[call.file]
                contents += 1
                proven += _is_durable(calls[since:place], before, found[1])
    return Found(answers, contents, proven)


def _is_durable(calls: list[Call], before: bytes, following: bytes) -> bool:
    """Whether the log was synced with the one's row as sent and the other's as begun."""
    missing = {_row(before, b"sent"), _row(following, b"data")}
    for call in calls:
        if not call.file.endswith("digest.db-wal"):
            continue
        if call.kind is Kind.WRITE:
            missing -= {row for row in missing if row.search(call.octets)}
        elif call.kind is Kind.SYNC and not missing:
            return True
    return False


def _row(reader: bytes, state: bytes) -> re.Pattern[bytes]:
    """A row in a page of the log: the address, a few short columns, the state."""
    return re.compile(re.escape(reader) + rb"[^@]{0,100}?" + state, re.DOTALL)


def traced_run(
    folder: Path, server: ScriptedServer, readers: int, connections: int, synchronous: str
) -> Found:
    """A traced `digest run`; every letter arrives."""
    room = killing_room(folder, server, readers, connections)
    room.configure(delivery={"synchronous": synchronous})
    silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = room.start("run", preexec_fn=let_trace, **silent)
    calls = follow(process)
    assert process.returncode == 0
    assert tally(server.accepted, addresses(readers)).breaches() == []
    return look_at(calls)


@pytest.mark.parametrize(("synchronous", "every"), [("full", True), ("normal", False)])
def test_between_a_250_and_the_next_content_the_log_is_synced(tmp_path, synchronous, every):
    """For every letter with `synchronous: full`. `normal`, which is known not to wait, is found."""
    readers, connections = 150, 4
    with counting_server() as server:
        found = traced_run(tmp_path, server, readers, connections, synchronous)
    assert found.answers == readers
    assert found.contents == readers - len({letter.session for letter in server.accepted})
    assert found.proven == (found.contents if every else 0)


def cut_power(room: Newsroom, after: int, chance: random.Random) -> None:
    """A run that is killed `after` so many calls on its log; what was not synced is gone, or torn.

    A log that is whole up to the last sync may have a part of what came later, or rubbish.
    """
    synced = seen = 0

    def ends(call: Call) -> bool:
        nonlocal synced, seen
        if not call.file.endswith("digest.db-wal"):
            return False
        seen += 1
        if call.kind is Kind.SYNC:
            synced = Path(call.file).stat().st_size
        return seen >= after

    silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = room.start("run", preexec_fn=let_trace, **silent)
    follow(process, ends)
    assert process.returncode == -signal.SIGKILL, "the run was over before the cut"
    log = room.state / "digest.db-wal"
    later = log.read_bytes()[synced:]
    kept = later[: chance.randint(0, max(len(later) - 1, 0))]
    log.write_bytes(log.read_bytes()[:synced] + kept + chance.randbytes(chance.choice([0, 5_000])))


@pytest.mark.parametrize("after", [230, pytest.param(301, marks=pytest.mark.soak)])
def test_a_power_cut_loses_nobody_and_repeats_at_most_a_letter_of_each_connection(tmp_path, after):
    """Some 170 calls on the log are those of the freeze; the others are those of the letters."""
    readers, connections = 150, 4
    with counting_server() as server:
        room = killing_room(tmp_path, server, readers, connections)
        cut_power(room, after, random.Random(after))
        assert 0 < len(server.accepted) < readers
        assert room.run("run").code == 0
        found = tally(server.accepted, addresses(readers))
        assert found.breaches(extra=connections) == []
