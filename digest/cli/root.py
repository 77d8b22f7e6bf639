"""The `digest` command, which loads a subcommand's module only when it is called.

Here is the one place that turns an error into a line on stderr and an exit code.
"""

from __future__ import annotations

import errno
import gc
import os
import resource
import select
import signal
import sys
import time
from contextlib import suppress
from types import FrameType
from typing import Any

import click

from digest import __version__
from digest.cli.desk import Desk
from digest.cli.lazy import LazyGroup
from digest.cli.voice import VOICE
from digest.errors import DigestError

#: name -> one line of help. The module is `digest.cli.commands.<name>`, its command `command`.
COMMANDS = {
    "init": "Write a config.yaml and an example list to start from.",
    "run": "The cron line: everything that is due today; silent when well.",
    "collect": "Fetch the day's papers and say what each source is worth.",
    "compose": "Make the day's edition, or show it again.",
    "preview": "See an edition as a reader gets it: page, files, sizes, pictures.",
    "send": "Send an edition to everyone not yet served.",
    "status": "What happened to an edition's letters.",
    "subscribers": "Look after the subscriber lists.",
    "bounces": "Read the mail that came back: bounces, complaints, wishes to leave.",
    "editions": "The archive: list, show or export editions.",
    "explain": "Why a paper stands where it does.",
    "templates": "The template sets: list, copy or check them.",
    "worker": "Deliver what `run --enqueue` has planned, beside other workers.",
    "serve": "The pages: join, choose, pause, leave, archive.",
    "keys": "The keys that sign readers' links: list, rotate or adopt them.",
    "db": "The database: upgrade its tables, tell their version, move the state there.",
    "doctor": "Check config, templates, lists, sources and the mail server.",
    "demo": "The whole job on recorded papers and a mail server of its own.",
}
# Before NumPy is loaded: a day's matrices are small, and with one thread their sums are the same
# to the last bit whatever the number of cores.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
_NO_MEMORY = "the machine gives no more memory or threads (ulimit -v, -u?)"
#: What the dynamic loader (glibc, dl_open) and `threading` say where Python would say MemoryError.
_WANTS = ("failed to map segment", "cannot allocate memory", "start new thread")
#: Given back when memory runs out, so that there is some to say so with. Costs addresses only.
_RESERVE = bytearray(2**19)
#: The largest shared object that is loaded, and some more.
_NEAR = 16 * 2**20
EX_INTERRUPTED = 130
_EX_SIGTERM = 143


class Terminated(SystemExit):
    """SIGTERM came while there was a log to be written to its end."""


class PipeBroke(Exception):
    """A BrokenPipeError under a name that click does not turn into exit code 1."""


class Root(LazyGroup):
    """Lets a broken pipe through, which click would make a silent exit code 1."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError as error:
            raise PipeBroke(str(error)) from error


@click.command(
    cls=Root,
    package="digest.cli.commands",
    lines=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.option(
    "-c",
    "--config",
    "config_path",
    envvar="DIGEST_CONFIG",
    default="config.yaml",
    show_default=True,
    type=click.Path(),
    help="The configuration file (or DIGEST_CONFIG).",
)
@click.option("-v", "--verbose", count=True, help="Say more on stderr; twice: everything.")
@click.option(
    "--log-json",
    metavar="FILE",
    envvar="DIGEST_LOG_JSON",
    help="Log every event as a line of JSON to FILE; - is stderr (or DIGEST_LOG_JSON).",
)
@click.version_option(__version__, prog_name="digest")
@click.pass_context
def cli(ctx: click.Context, config_path: str, verbose: int, log_json: str | None) -> None:
    """A day's research papers, grouped by theme, as one readable email to each subscriber."""
    ctx.obj = Desk(config_path=config_path, verbose=verbose, log_json=log_json or None)
    if VOICE.log is not None:
        with suppress(ValueError):  # not in the main thread
            signal.signal(signal.SIGTERM, _terminate)
        VOICE.log.event(
            "run_started", command=ctx.invoked_subcommand, version=__version__, pid=os.getpid()
        )


def main() -> None:
    """Run the command line and exit with the code that DESIGN promises."""
    # Imports make half a million objects and letters no cycles: fewer looks save a tenth.
    gc.set_threshold(50_000, 20, 20)
    # Plugins of other programs have no business in our config, and looking for them costs 10 ms.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """One command, start to end; the log, if there is one, is closed."""
    began = time.monotonic()
    code = 1
    try:
        code = _call(arguments)
    except Terminated:
        code = _EX_SIGTERM
    finally:
        if VOICE.log is not None:
            VOICE.log.event("run_ended", code=code, seconds=round(time.monotonic() - began, 3))
        VOICE.end()
    if code == _EX_SIGTERM:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGTERM)  # whoever waits for us sees how we died
    return code


def _terminate(number: int, frame: FrameType | None) -> None:
    raise Terminated(_EX_SIGTERM)


def _call(arguments: list[str]) -> int:
    """One command; every foreseeable failure is a line, never a traceback."""
    try:
        result = cli.main(args=arguments, prog_name="digest", standalone_mode=False)
        sys.stdout.flush()
        return result if isinstance(result, int) else 0
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        return _say("interrupted", EX_INTERRUPTED)
    except DigestError as error:
        for line in error.lines():
            _say(line, error.exit_code)
        return error.exit_code
    except (BrokenPipeError, PipeBroke) as error:
        if _reader_is_gone():
            return 0
        return _say(f"a connection broke: {error}", 1)
    except OSError as error:
        _RESERVE.clear()
        if os.environ.get("DIGEST_DEBUG"):
            raise
        if error.errno == errno.ENOMEM:
            return _say(_NO_MEMORY, 1)
        where = f"{error.filename}: " if error.filename else ""
        return _say(f"{where}{error.strerror or error}", 1)
    except Exception as error:
        _RESERVE.clear()
        if os.environ.get("DIGEST_DEBUG"):
            raise
        if _is_want_of_memory(error):
            return _say(_NO_MEMORY, 1)
        hint = "a bug in digest; DIGEST_DEBUG=1 shows where"
        return _say(f"{type(error).__name__}: {error} ({hint})", 1)


def _is_want_of_memory(error: Exception) -> bool:
    """Whether `error`, whatever it calls itself, says that there is no more memory."""
    if isinstance(error, MemoryError) or any(want in str(error).lower() for want in _WANTS):
        return True
    # An extension that could not even make its MemoryError leaves a SystemError without a cause.
    return isinstance(error, SystemError) and _is_at_the_limit()


def _is_at_the_limit() -> bool:
    """Whether the process has taken nearly all address space that `ulimit -v` grants it."""
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    if limit == resource.RLIM_INFINITY:
        return False
    with open("/proc/self/statm", "rb") as taken:
        pages = int(taken.read().split()[0])
    return pages * resource.getpagesize() + _NEAR >= limit


def _reader_is_gone() -> bool:
    """Whether it is our stdout that nobody reads any more; Python must not complain at exit."""
    out = sys.stdout.fileno()
    look = select.poll()
    look.register(out, select.POLLOUT)
    if not any(event & (select.POLLERR | select.POLLHUP) for _, event in look.poll(0)):
        return False
    os.dup2(os.open(os.devnull, os.O_WRONLY), out)
    return True


def _say(line: str, code: int) -> int:
    VOICE.say(f"digest: {line}", level="error" if code else "note")
    return code
