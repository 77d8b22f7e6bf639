"""A sender killed again and again, against a server that counts."""

from __future__ import annotations

import random
import signal
import subprocess
import time
from collections.abc import Callable

from tests.support.newsroom import Newsroom
from tests.support.smtp_server import ScriptedServer

Start = Callable[[], "subprocess.Popen[str]"]


def addresses(count: int) -> list[str]:
    """The readers of a trial."""
    return [f"reader{n}@example.org" for n in range(count)]


def killing_room(folder, server: ScriptedServer, readers: int, connections: int) -> Newsroom:
    """A newsroom on the machine's own clock that mails through `server`."""
    room = Newsroom(folder)
    room.now = None
    rows = "".join(f"{address}\n" for address in addresses(readers))
    room.write("readers.csv", "email\n" + rows)
    room.configure(subscribers={"lists": ["readers.csv"]})
    room.mail_by(server.port, connections=connections)
    return room


def kill_at_random(
    start: Start, server: ScriptedServer, kills: int, letters: int, chance: random.Random
) -> int:
    """Kill that many runs, each after up to `letters` more; how many died of it."""
    landed = 0
    for _ in range(kills):
        process = start()
        aim = len(server.accepted) + chance.randint(0, letters)
        while process.poll() is None and len(server.accepted) < aim:
            time.sleep(0.001)
        time.sleep(chance.random() * 0.03)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        landed += process.returncode == -signal.SIGKILL
    return landed


def run_to_the_end(room: Newsroom) -> None:
    """Repeat `digest run` until it is done; it must be, soon."""
    for _ in range(20):
        done = room.run("run", timeout=300)
        if done.code == 0:
            return
        assert done.code == 75, done.err
    raise AssertionError(f"the run does not end: {done.err}")


def killed_run(room: Newsroom, server: ScriptedServer, *words: str) -> None:
    """A run that a rule of the server kills; from then on the server lets everybody live."""
    process = room.start(*(words or ("run",)))
    server.pid = process.pid
    process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL, "the run was over before the kill"
    server.rules[:] = [rule for rule in server.rules if not rule.signal]
