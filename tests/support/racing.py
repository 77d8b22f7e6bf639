"""Runs that start in the same moment."""

from __future__ import annotations

import os
import subprocess
import time
from collections import deque
from dataclasses import dataclass
from pathlib import Path

from tests.support.newsroom import Done, Newsroom, finish

HERE = Path(__file__).parents[2]


@dataclass(frozen=True)
class Ended:
    """A run's end, with the seconds since the gate and those that the machine worked for it."""

    done: Done
    took: float
    worked: float


def run_at_once(room: Newsroom, runs: int) -> list[Ended]:
    """Start `digest run` so many times in one moment; the ends in order."""
    reading, gate = os.pipe()
    room.environ["GATE"] = str(reading)
    waiting: deque[subprocess.Popen[str]] = deque(
        room.start("run", command="tests.support.starting", cwd=HERE, pass_fds=(reading,))
        for _ in range(runs)
    )
    os.close(reading)
    loaded = {each.pid: float(each.stdout.readline()) for each in waiting if each.stdout}
    os.close(gate)
    began, ended = time.monotonic(), []
    while waiting:
        assert time.monotonic() < began + 60, "the runs do not end"
        process = waiting.popleft()
        pid, status, usage = os.wait4(process.pid, os.WNOHANG)
        if not pid:
            waiting.append(process)
            time.sleep(0.002)
            continue
        took = time.monotonic() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        worked = usage.ru_utime + usage.ru_stime - loaded[pid]
        ended.append(Ended(finish(process), took, worked))
    return ended
