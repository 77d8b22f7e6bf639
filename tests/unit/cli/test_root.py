"""What was not foreseen is said in one line, and want of memory is not called a bug."""

from __future__ import annotations

import errno
import resource

import pytest

from digest.cli import root

WANT = "digest: the machine gives no more memory or threads (ulimit -v, -u?)"


def _said(monkeypatch, capsys, error: Exception) -> str:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(root.cli, "main", fail)
    assert root.run(["status"]) == 1
    return capsys.readouterr().err.rstrip("\n")


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        OSError(errno.ENOMEM, "Cannot allocate memory", "/some/where"),
        RuntimeError("can't start new thread"),
        ImportError("libsqlite3.so.0: failed to map segment from shared object"),
        ImportError("x.so: cannot allocate memory in static TLS block"),
    ],
)
def test_want_of_memory_has_one_line_whatever_it_calls_itself(monkeypatch, capsys, error):
    assert _said(monkeypatch, capsys, error) == WANT


def test_an_error_that_an_extension_could_not_make_is_want_of_memory_at_the_limit(
    monkeypatch, capsys
):
    with open("/proc/self/statm", "rb") as taken:
        now = int(taken.read().split()[0]) * resource.getpagesize()
    monkeypatch.setattr(root.resource, "getrlimit", lambda _: (now + 2**20, now + 2**20))
    assert _said(monkeypatch, capsys, SystemError("error return without exception set")) == WANT


@pytest.mark.parametrize("limit", [resource.RLIM_INFINITY, 2**45])
def test_the_same_error_far_from_the_limit_is_a_bug(monkeypatch, capsys, limit):
    monkeypatch.setattr(root.resource, "getrlimit", lambda _: (limit, limit))
    line = _said(monkeypatch, capsys, SystemError("error return without exception set"))
    assert line == (
        "digest: SystemError: error return without exception set "
        "(a bug in digest; DIGEST_DEBUG=1 shows where)"
    )
