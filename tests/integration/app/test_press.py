"""Letters signed by other processes are the letters that this one would have signed."""

from __future__ import annotations

import asyncio
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from digest.app import press as module
from digest.app.press import Press
from digest.mailing.letter import LetterWriter
from digest.model import Recipient
from tests.support.renditions import make_recipient
from tests.unit.mailing.test_dkim import CHOICE, make_writer, pems

READERS = 200
CONNECTIONS = 8


def _recipients() -> list[Recipient]:
    return [
        make_recipient(CHOICE.segment, address=f"r{n}@example.org", name=f"Reader {n}")
        for n in range(READERS)
    ]


async def _pressed(press: Press) -> list[bytes]:
    """All letters, asked for by several connections at once."""
    gate = asyncio.Semaphore(CONNECTIONS)

    async def one(recipient: Recipient) -> bytes:
        async with gate:
            return (await press.write(recipient)).stuffed

    return await asyncio.gather(*map(one, _recipients()))


def _written(writer: LetterWriter) -> list[bytes]:
    return [writer.write(recipient).stuffed for recipient in _recipients()]


async def _ready(press: Press) -> None:
    if not press._helpers:
        await press.hire()
    while not all(helper.ready for helper in press._helpers):
        await asyncio.sleep(0.01)


@pytest.mark.parametrize("kinds", [("rsa",), ("ed25519",), ("rsa", "ed25519")])
async def test_letters_are_the_same_wherever_they_are_signed(kinds: tuple[str, ...]) -> None:
    writer = make_writer(kinds)
    async with Press(writer, 2) as press:
        at_first = await _pressed(press)
        assert len(press._helpers) == 2
        await _ready(press)
        assert await _pressed(press) == at_first == _written(writer)
        assert not any(helper.asked for helper in press._helpers)


async def test_processes_sign_and_not_the_one_that_sends(monkeypatch: pytest.MonkeyPatch) -> None:
    writer = make_writer(("rsa",))
    async with Press(writer, 2) as press:
        await _ready(press)
        monkeypatch.setattr(press, "_sign", None)
        assert await _pressed(press) == _written(writer)


async def test_a_process_that_is_killed_costs_no_letter() -> None:
    writer = make_writer()
    async with Press(writer, 2) as press:
        await _ready(press)
        work = asyncio.create_task(_pressed(press))
        for helper in press._helpers:
            await asyncio.sleep(0.01)
            helper.process.send_signal(signal.SIGKILL)
        assert await work == _written(writer)
        async with asyncio.timeout(20):
            while any(helper.ready for helper in press._helpers):
                await asyncio.sleep(0.01)


async def test_a_process_that_is_stopped_does_not_stop_the_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "PATIENCE", 0.2)
    monkeypatch.setattr(module, "_SHUT_DOWN", 0.2)
    writer = make_writer()
    async with Press(writer, 2) as press:
        await _ready(press)
        stopped, other = press._helpers
        stopped.process.send_signal(signal.SIGSTOP)
        assert await _pressed(press) == _written(writer)
        assert (stopped.ready, other.ready) == (False, True)
    assert (stopped.process.returncode, other.process.returncode) == (-signal.SIGKILL, 0)


async def test_a_process_that_is_seldom_asked_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PATIENCE", 0.05)
    writer = make_writer(("ed25519",))
    async with Press(writer, 1) as press:
        await _ready(press)
        for number, recipient in enumerate(_recipients()[:60]):
            await asyncio.sleep(0.001 * (number % 20))
            await press.write(recipient)
        assert press._helpers[0].ready


async def test_a_few_letters_are_not_worth_a_process() -> None:
    async with Press(make_writer(), 2) as press:
        for recipient in _recipients()[: module.FIRST_LETTERS - 1]:
            await press.write(recipient)
        assert press._helpers == []


def test_there_are_as_many_processes_as_cores_but_no_crowd(monkeypatch: pytest.MonkeyPatch) -> None:
    for cores, helpers in ((1, 0), (2, 2), (64, 8)):
        monkeypatch.setattr(module, "_cores", lambda cores=cores: cores)
        assert Press(make_writer())._wanted == helpers
    monkeypatch.undo()
    monkeypatch.delattr(os, "sched_getaffinity")
    assert module._cores() == os.cpu_count()


async def test_where_no_process_can_be_had_this_one_signs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_COMMAND", ("/nowhere/python",))
    writer = make_writer()
    async with Press(writer, 2) as press:
        assert await _pressed(press) == _written(writer)
        assert press._helpers == []


async def test_a_process_that_is_something_else_is_not_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "_COMMAND", (sys.executable, "-c", "print('hello')"))
    writer = make_writer(("rsa",))
    async with Press(writer, 1) as press:
        await press.hire()
        await asyncio.sleep(0.2)
        assert await _pressed(press) == _written(writer)


async def test_where_no_file_is_left_to_open_this_one_signs() -> None:
    writer = make_writer()
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    async with Press(writer, 2) as press:
        resource.setrlimit(resource.RLIMIT_NOFILE, (3, limits[1]))
        try:
            await press.hire()
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, limits)
        assert press._helpers == []
        assert await _pressed(press) == _written(writer)


async def test_the_processes_end_with_their_press() -> None:
    async with Press(make_writer(), 2) as press:
        await _ready(press)
        processes = [helper.process for helper in press._helpers]
    assert [process.returncode for process in processes] == [0, 0]


async def test_a_process_that_never_began_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    command = (sys.executable, "-c", "import time; time.sleep(60)")
    monkeypatch.setattr(module, "_COMMAND", command)
    async with Press(make_writer(), 1) as press:
        await press.hire()
        (helper,) = press._helpers
    assert helper.process.returncode == -signal.SIGKILL


async def test_neither_the_words_nor_the_environment_of_a_process_hold_a_secret(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DIGEST_DKIM_KEY", pems()["rsa"].decode())
    monkeypatch.setenv("RELAY_PASSWORD", "hunter2")
    async with Press(make_writer(), 2) as press:
        await _ready(press)
        for helper in press._helpers:
            place = Path(f"/proc/{helper.process.pid}")
            told = place.joinpath("cmdline").read_bytes() + place.joinpath("environ").read_bytes()
            assert b"signing_process" in told
            assert b"PATH=" in told
            assert b"PRIVATE" not in told
            assert b"hunter2" not in told


async def test_what_a_terminal_sends_reaches_no_process() -> None:
    async with Press(make_writer(), 1) as press:
        await _ready(press)
        assert os.getsid(press._helpers[0].process.pid) == press._helpers[0].process.pid


_SENDER = """
import asyncio
from digest.app.press import Press
from tests.unit.mailing.test_dkim import make_writer

async def main():
    async with Press(make_writer(), 2) as press:
        await press.hire()
        print(*(helper.process.pid for helper in press._helpers), flush=True)
        await asyncio.sleep(60)

asyncio.run(main())
"""


def test_the_processes_end_when_the_sender_is_killed() -> None:
    sender = subprocess.Popen([sys.executable, "-c", _SENDER], stdout=subprocess.PIPE, text=True)
    assert sender.stdout is not None
    numbers = [int(word) for word in sender.stdout.readline().split()]
    sender.kill()
    sender.wait()
    sender.stdout.close()
    end = time.monotonic() + 20
    while any(map(_lives, numbers)) and time.monotonic() < end:
        time.sleep(0.02)
    assert not any(map(_lives, numbers))


def _lives(number: int) -> bool:
    try:
        state = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"
