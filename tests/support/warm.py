"""A process that has loaded `digest` and forks for each command: to start is mostly to import.

A command is still a process of its own, with the folder, environment and streams that it is given,
and its end is an exit code. What it shares with the others is what Python loaded, and the seed of
its hashes; a rule about either, about the very end, or about the command line as others see it,
starts a new interpreter (`Newsroom.start` with `fresh=True`).
"""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import pkgutil
import re
import runpy
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr, suppress
from io import StringIO
from pathlib import Path
from typing import IO, NoReturn

_HERE = Path(__file__).parents[2]
_LONGEST = 100_000
_FIRST = ("send", "preview", "status", "doctor --offline")
_NOWHERE = os.open(os.devnull, os.O_WRONLY)
#: Modules that do something when they are imported.
_WORKS_AT_ONCE = re.compile(r"\.(__main__|migrations\..*)$")
#: What commands import only when they need it.
_BY_NEED = ("psycopg", "uvicorn.protocols.http.h11_impl", "uvicorn.lifespan.on", "uvloop")


class Forked:
    """A command at work: what tests ask of a `subprocess.Popen`."""

    def __init__(
        self, told: socket.socket, stdout: IO[str] | None = None, stderr: IO[str] | None = None
    ) -> None:
        self._told = told
        self.stdout, self.stderr = stdout, stderr
        self.pid = int(told.recv(_LONGEST))
        self.returncode: int | None = None
        self._texts: dict[str, str] = {}
        self._readers: list[threading.Thread] | None = None

    def poll(self) -> int | None:
        with suppress(subprocess.TimeoutExpired):
            self.wait(0)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        if self.returncode is None:
            if not select.select([self._told], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired("digest", timeout or 0)
            code = self._told.recv(_LONGEST)
            assert code, "the process that forks is gone"
            self.returncode = int(code)
            self._told.close()
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def communicate(self, timeout: float | None = None) -> tuple[str | None, str | None]:
        """The rest of both streams, and its end; one that is the caller's gives None."""
        if self._readers is None:
            streams = {"out": self.stdout, "err": self.stderr}
            self._readers = [
                threading.Thread(target=self._read, args=(name, stream), daemon=True)
                for name, stream in streams.items()
                if stream is not None
            ]
            for reader in self._readers:
                reader.start()
        limit = None if timeout is None else time.monotonic() + timeout
        for reader in self._readers:
            reader.join(_left(limit))
            if reader.is_alive():
                raise subprocess.TimeoutExpired("digest", timeout or 0)
        self.wait(_left(limit))
        return self._texts.get("out"), self._texts.get("err")

    def _read(self, name: str, stream: IO[str]) -> None:
        if not stream.closed:
            with stream:
                self._texts[name] = stream.read()


def _left(limit: float | None) -> float | None:
    return None if limit is None else max(limit - time.monotonic(), 0)


class Warm:
    """Our end of it."""

    def __init__(self, line: socket.socket) -> None:
        self._line = line

    def start(
        self,
        words: Sequence[str],
        environ: Mapping[str, str],
        *,
        command: str = "digest",
        cwd: str | Path = "/",
        stdout: IO[str] | int = subprocess.PIPE,
        stderr: IO[str] | int = subprocess.PIPE,
    ) -> Forked:
        """The module `command`, run with these words; a stream goes to a file or to us."""
        out, ours_out = _stream(stdout)
        err, ours_err = _stream(stderr)
        told = self._fork([command, str(cwd), list(words), dict(environ)], out, err)
        for end, ours in ((out, ours_out), (err, ours_err)):
            if ours is not None:
                os.close(end)
        return Forked(told, ours_out, ours_err)

    def run(
        self, words: Sequence[str], environ: Mapping[str, str], timeout: float
    ) -> tuple[int, str, str]:
        """Exit code, stdout and stderr of a command.

        Raises:
            subprocess.TimeoutExpired: it did not end. It does when the test does.
        """
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            job = ["digest", "/", list(words), dict(environ)]
            code = Forked(self._fork(job, out.fileno(), err.fileno())).wait(timeout)
            return code, _text_of(out.fileno()), _text_of(err.fileno())

    def _fork(self, job: Sequence[object], out: int, err: int) -> socket.socket:
        """Where it tells its number, and its end."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            given = [out, err, theirs.fileno()]
            socket.send_fds(self._line, [json.dumps(job).encode()], given)
        return ours


def _stream(wanted: IO[str] | int) -> tuple[int, IO[str] | None]:
    """The end that a command writes to, and the one that we read."""
    if wanted == subprocess.PIPE:
        reading, writing = os.pipe()
        return writing, os.fdopen(reading, encoding="utf-8")
    if wanted == subprocess.DEVNULL:
        return _NOWHERE, None
    return (wanted if isinstance(wanted, int) else wanted.fileno()), None


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
    import digest
    from digest.cli.root import run

    for module in pkgutil.walk_packages(digest.__path__, "digest."):
        if not _WORKS_AT_ONCE.search(module.name):
            importlib.import_module(module.name)
    for name in _BY_NEED:
        importlib.import_module(name)
    with redirect_stderr(StringIO()) as told:
        codes = [run(["-c", config, *words.split()]) for words in _FIRST]
    assert set(codes) == {0}, told.getvalue()
    gc.collect()
    gc.freeze()


def _next_job(line: socket.socket) -> tuple[str, list[str]]:
    """Fork for each command: this returns module and words in the new process, set up for it."""
    waking, woken = socket.socketpair()
    woken.setblocking(False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(woken.fileno())
    running: dict[int, int] = {}  # by process, where its end is told
    while True:
        ready, _, _ = select.select([line, waking], [], [])
        if waking in ready:
            waking.recv(_LONGEST)
            _tell_ends(running)
        if line not in ready:
            continue
        job, (out, err, told), _, _ = socket.recv_fds(line, _LONGEST, 3)
        if not job:
            os._exit(0)
        child = os.fork()
        if not child:
            break
        os.write(told, str(child).encode())
        running[child] = told
        os.close(out)
        os.close(err)
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    for end in (line, waking, woken):
        end.close()
    for ours, theirs in ((1, out), (2, err)):
        os.dup2(theirs, ours)
    for other in (out, err, told, *running.values()):
        os.close(other)
    command, cwd, words, environ = json.loads(job)
    os.chdir(cwd)
    loaded_with = {"OPENBLAS_NUM_THREADS": os.environ["OPENBLAS_NUM_THREADS"]}
    os.environ.clear()
    os.environ.update(loaded_with | environ)
    time.tzset()
    return command, words


def _tell_ends(running: dict[int, int]) -> None:
    while running:
        child, status = os.waitpid(-1, os.WNOHANG)
        if not child:
            return
        told = running.pop(child)
        with suppress(BrokenPipeError):  # nobody waits for it any more
            os.write(told, str(os.waitstatus_to_exitcode(status)).encode())
        os.close(told)


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
    _load(sys.argv[2])
    command, words = _next_job(socket.socket(fileno=int(sys.argv[1])))
    sys.argv = ["digest", *words]
    code = 1
    try:
        runpy.run_module(command, run_name="__main__")
    except SystemExit as stop:
        code = int(stop.code or 0)
    _end(code)
