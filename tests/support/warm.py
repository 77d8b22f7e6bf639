"""A process that has loaded `digest` and forks for each command: to start is mostly to import.

A command is still a process of its own, with the folder, environment and streams that it is given,
and its end is an exit code. What it shares with the others is what Python loaded, and the seed of
its hashes; a rule about either, or about the very end, starts a new interpreter (`Newsroom.start`).
"""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import pkgutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr
from io import StringIO
from pathlib import Path
from typing import NoReturn

_HERE = Path(__file__).parents[2]
_LONGEST = 100_000


class Warm:
    """Our end of it."""

    def __init__(self, line: socket.socket) -> None:
        self._line = line
        self._busy = threading.Lock()

    def run(
        self, words: Sequence[str], environ: Mapping[str, str], timeout: float
    ) -> tuple[int, str, str] | None:
        """Exit code, stdout and stderr of a command; None: another one runs.

        Raises:
            TimeoutError: it did not end. It does when the test does.
        """
        if not self._busy.acquire(blocking=False):
            return None
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            job = json.dumps([list(words), dict(environ)]).encode()
            self._line.settimeout(timeout)
            socket.send_fds(self._line, [job], [out.fileno(), err.fileno()])
            code = self._line.recv(_LONGEST)
            self._busy.release()  # not before: an answer that is late is nobody else's
            assert code, "the process that forks is gone"
            return int(code), _text_of(out.fileno()), _text_of(err.fileno())


def _text_of(file: int) -> str:
    """All of it, with the line ends that a pipe opened as text gives."""
    content = os.pread(file, os.fstat(file).st_size, 0)
    return content.decode().replace("\r\n", "\n").replace("\r", "\n")


@contextmanager
def warm_process(config: Path, now: str) -> Iterator[Warm]:
    """Start one, which sends the edition of the newsletter at `config` to get warm."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours:
        with theirs:
            process = subprocess.Popen(
                [sys.executable, "-m", __name__, str(theirs.fileno()), str(config)],
                cwd=_HERE,
                env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "DIGEST_NOW": now},
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                start_new_session=True,
            )
        try:
            yield Warm(ours)
        finally:
            os.killpg(process.pid, 9)
            process.wait()


def _load(config: str) -> None:
    """Load what a command may load, and fill the caches that a run fills."""
    import digest.cli.commands
    from digest.cli.root import run

    package = digest.cli.commands
    for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        importlib.import_module(module.name)
    with redirect_stderr(StringIO()) as told:
        codes = [run(["-c", config, word]) for word in ("send", "preview", "status")]
    assert codes == [0, 0, 0], told.getvalue()
    gc.collect()
    gc.freeze()


def _next_job(line: socket.socket) -> Sequence[str]:
    """Fork for each command: this returns its words in the new process, which is set up for it."""
    while True:
        job, streams, _, _ = socket.recv_fds(line, _LONGEST, 2)
        if not job:
            os._exit(0)
        words, environ = json.loads(job)
        child = os.fork()
        if not child:
            break
        for stream in streams:
            os.close(stream)
        _, status = os.waitpid(child, 0)
        line.send(str(os.waitstatus_to_exitcode(status)).encode())
    line.close()
    for ours, theirs in zip((1, 2), streams, strict=True):
        os.dup2(theirs, ours)
        os.close(theirs)
    os.chdir("/")
    loaded_with = {"OPENBLAS_NUM_THREADS": os.environ["OPENBLAS_NUM_THREADS"]}
    os.environ.clear()
    os.environ.update(loaded_with | environ)
    time.tzset()
    return [str(word) for word in words]


def _end(code: int) -> NoReturn:
    """End as Python does, but let what is shared stand: to free it takes longer than most commands.

    What the command itself made is freed, which closes its database.
    """
    threading._shutdown()
    atexit._run_exitfuncs()
    gc.collect()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    from digest.cli import main

    _load(sys.argv[2])
    sys.argv = ["digest", *_next_job(socket.socket(fileno=int(sys.argv[1])))]
    code = 1
    try:
        main()
    except SystemExit as stop:
        code = int(stop.code or 0)
    _end(code)
