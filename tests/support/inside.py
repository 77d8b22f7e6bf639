"""A command of a newsroom in this process: half a second sooner than in one of its own."""

from __future__ import annotations

import io
from contextlib import redirect_stderr, redirect_stdout

import pytest

from digest.cli.root import run
from tests.support.newsroom import Done, Newsroom


def inside(room: Newsroom, *words: str) -> Done:
    """As `room.run`, from start to end."""
    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        patch.setenv("DIGEST_CONFIG", str(room.folder / "config.yaml"))
        if room.now:
            patch.setenv("DIGEST_NOW", room.now)
        for name, value in room.environ.items():
            patch.setenv(name, value)
        code = run(list(words))
    assert "a bug in digest" not in err.getvalue(), err.getvalue()
    return Done(code, out.getvalue(), err.getvalue())
