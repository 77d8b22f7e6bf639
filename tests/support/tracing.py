"""What a command reads, writes and syncs, in order, as the kernel sees it (Linux, ptrace).

    process = room.start("run", preexec_fn=let_trace, stdout=DEVNULL, stderr=DEVNULL)
    calls = follow(process)

As `strace -f` would tell it, but with nothing to install. A write is noted when it begins, a read
and a sync when they are over: what stands before another has certainly happened before it.
PTRACE_GET_SYSCALL_INFO (Linux 5.3) spares us the registers of each kind of processor.
"""

from __future__ import annotations

import ctypes
import os
import platform
import signal
import struct
import subprocess
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum, auto

_LIBC = ctypes.CDLL(None, use_errno=True)
_LIBC.ptrace.argtypes = (ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p)
_LIBC.ptrace.restype = ctypes.c_long
_TRACEME, _SYSCALL, _SETOPTIONS, _GET_SYSCALL_INFO = 0, 24, 0x4200, 0x420E
_SYSGOOD, _CLONE, _EXITKILL = 0x1, 0x8, 0x100000
_WALL = 0x40000000
_ENTRY, _EXIT = 1, 2
_AT_A_SYSCALL = signal.SIGTRAP | 0x80
_NUMBERS = {
    "x86_64": {
        0: "read", 1: "write", 18: "pwrite64", 20: "writev", 44: "sendto", 45: "recvfrom",
        46: "sendmsg", 74: "fsync", 75: "fdatasync",
    },
    "aarch64": {
        63: "read", 64: "write", 68: "pwrite64", 66: "writev", 206: "sendto", 207: "recvfrom",
        211: "sendmsg", 82: "fsync", 83: "fdatasync",
    },
}  # fmt: skip


class Kind(Enum):
    READ = auto()
    WRITE = auto()
    SYNC = auto()


@dataclass(frozen=True, slots=True)
class Call:
    """A system call on `file`: a path, or "socket:[number]"."""

    kind: Kind
    file: str
    octets: bytes = b""


def let_trace() -> None:
    """For `preexec_fn`: the new process is to be traced by the thread that started it."""
    _LIBC.ptrace(_TRACEME, 0, None, None)


def follow(
    process: subprocess.Popen[str], ends: Callable[[Call], bool] = lambda call: False
) -> list[Call]:
    """Every call of the process and its threads until it ends; by the thread that started it.

    `ends` is asked at each call, while the caller stands still; with True the process is killed.
    """
    tracer = _Tracer(process.pid)
    known: set[int] = set()
    while True:
        task, status = os.waitpid(-1, _WALL)
        if os.WIFEXITED(status) or os.WIFSIGNALED(status):
            if task == process.pid:
                process.returncode = os.waitstatus_to_exitcode(status)
                tracer.close()
                return tracer.calls
            continue
        number = os.WSTOPSIG(status)
        if task == process.pid and not known:
            _ask(_SETOPTIONS, task, None, _SYSGOOD | _CLONE | _EXITKILL)
        if number == _AT_A_SYSCALL:
            seen = len(tracer.calls)
            tracer.look(task)
            if any(ends(call) for call in tracer.calls[seen:]):
                os.kill(process.pid, signal.SIGKILL)  # Popen.kill would take a stop for the end
        # The stops that a trace brings along are not to be passed on; other signals are.
        ours = number in (_AT_A_SYSCALL, signal.SIGTRAP) or (
            number == signal.SIGSTOP and task not in known
        )
        known.add(task)
        with suppress(ProcessLookupError):
            _ask(_SYSCALL, task, None, 0 if ours else number)


class _Tracer:
    def __init__(self, pid: int) -> None:
        self.calls: list[Call] = []
        self._pid = pid
        self._names = _NUMBERS[platform.machine()]
        self._memory = os.open(f"/proc/{pid}/mem", os.O_RDONLY)
        self._entered: dict[int, tuple[str, tuple[int, ...]]] = {}
        self._info = ctypes.create_string_buffer(128)

    def close(self) -> None:
        os.close(self._memory)

    def look(self, task: int) -> None:
        _ask(_GET_SYSCALL_INFO, task, len(self._info), ctypes.addressof(self._info))
        step = self._info.raw[0]
        if step == _ENTRY:
            number, *arguments = struct.unpack_from("=7Q", self._info.raw, 24)
            name = self._names.get(number)
            if name is None:
                self._entered.pop(task, None)
                return
            self._entered[task] = (name, tuple(arguments))
            if name in ("write", "pwrite64", "sendto", "writev", "sendmsg"):
                self._note(Kind.WRITE, arguments[0], self._written(name, arguments))
        elif step == _EXIT and task in self._entered:
            name, given = self._entered.pop(task)
            (result,) = struct.unpack_from("=q", self._info.raw, 24)
            if name in ("read", "recvfrom") and result > 0:
                self._note(Kind.READ, given[0], self._peek(given[1], result))
            elif name in ("fsync", "fdatasync") and result == 0:
                self._note(Kind.SYNC, given[0])

    def _note(self, kind: Kind, descriptor: int, octets: bytes = b"") -> None:
        with suppress(OSError):
            file = os.readlink(f"/proc/{self._pid}/fd/{descriptor}")
            self.calls.append(Call(kind, file, octets))

    def _written(self, name: str, arguments: list[int]) -> bytes:
        if name in ("write", "pwrite64", "sendto"):
            return self._peek(arguments[1], arguments[2])
        vector, count = arguments[1], arguments[2]
        if name == "sendmsg":
            vector, count = struct.unpack_from("=QQ", self._peek(arguments[1], 56), 16)
        parts = struct.iter_unpack("=QQ", self._peek(vector, 16 * count))
        return b"".join(self._peek(start, size) for start, size in parts)

    def _peek(self, start: int, size: int) -> bytes:
        return os.pread(self._memory, size, start) if size else b""


def _ask(request: int, task: int, address: int | None, given: int) -> None:
    if _LIBC.ptrace(request, task, address, given) < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"ptrace {request:#x}: {os.strerror(number)}")
