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
    while not all(helper.ready for helper in press._helpers):
        await asyncio.sleep(0.01)


@pytest.mark.parametrize("kinds", [("rsa",), ("ed25519",), ("rsa", "ed25519")])
async def test_letters_are_the_same_wherever_they_are_signed(kinds: tuple[str, ...]) -> None:
    writer = make_writer(kinds)
    async with Press(writer, 2) as press:
        at_first = await _pressed(press)
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
        for process in press._processes:
            await asyncio.sleep(0.01)
            process.send_signal(signal.SIGKILL)
        assert await work == _written(writer)
        assert not any(helper.ready for helper in press._helpers)


async def test_a_process_that_is_stopped_does_not_stop_the_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "PATIENCE", 0.2)
    monkeypatch.setattr(module, "_SHUT_DOWN", 0.2)
    writer = make_writer()
    async with Press(writer, 2) as press:
        await _ready(press)
        press._processes[0].send_signal(signal.SIGSTOP)
        assert await _pressed(press) == _written(writer)
        assert [helper.ready for helper in press._helpers] == [False, True]
    assert press._processes[0].returncode == -signal.SIGKILL


async def test_where_no_process_can_be_had_this_one_signs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_COMMAND", ("/nowhere/python",))
    writer = make_writer()
    async with Press(writer, 2) as press:
        assert press._helpers == []
        assert await _pressed(press) == _written(writer)


async def test_a_process_that_is_something_else_is_not_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "_COMMAND", (sys.executable, "-c", "print('hello')"))
    writer = make_writer(("rsa",))
    async with Press(writer, 1) as press:
        await asyncio.sleep(0.2)
        assert await _pressed(press) == _written(writer)


async def test_where_no_file_is_left_to_open_this_one_signs() -> None:
    writer = make_writer()
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (len(os.listdir("/proc/self/fd")), limits[1]))
    try:
        press = await Press(writer, 2).__aenter__()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
    assert await _pressed(press) == _written(writer)
    await press.__aexit__(None, None, None)


async def test_the_processes_end_with_their_press_and_hold_no_key_in_their_words() -> None:
    async with Press(make_writer(), 2) as press:
        await _ready(press)
        numbers = [process.pid for process in press._processes]
        for number in numbers:
            words = Path(f"/proc/{number}/cmdline").read_bytes()
            assert b"signing_process" in words
            assert b"PRIVATE" not in words
            assert pems()["rsa"][40:80] not in Path(f"/proc/{number}/environ").read_bytes()
    assert [process.returncode for process in press._processes] == [0, 0]


_SENDER = """
import asyncio
from digest.app.press import Press
from tests.unit.mailing.test_dkim import make_writer

async def main():
    async with Press(make_writer(), 2) as press:
        print(*(process.pid for process in press._processes), flush=True)
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
