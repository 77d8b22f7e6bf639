"""A newsletter in a folder of its own, and the `digest` command run on it from outside.

    room = Newsroom(tmp_path)
    room.configure(edition={"max_papers": 5})
    done = room.run("compose", "--json")
    done.code, done.json, done.err

Every command runs in a process of its own, as cron would start it: another working directory, an
environment with nothing in it but what the test gives. No command may ever show a traceback.
It is forked from a warm one where there is one (`warm.py`), unless it is started `fresh`.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import lxml.html
import yaml

from tests.support.smtp_server import Options, Rule, ScriptedServer, Taken
from tests.support.warm import Warm, warm_process

#: A Monday.
MONDAY = "2026-11-23T07:00:00+00:00"
#: Python looks at them when it starts.
_PYTHONS = ("LANG", "LC_ALL", "PYTHONHASHSEED", "PYTHONIOENCODING")
#: What a forked command can be given, of all that `subprocess.Popen` takes.
_FORKED = frozenset({"command", "cwd", "stdout", "stderr"})


@dataclass(frozen=True)
class Done:
    """A command that has ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def lines(self) -> list[str]:
        return self.err.splitlines()


class Newsroom:
    """One newsletter: config.yaml, readers.yaml, papers.json; one reader and three papers."""

    #: What `run` forks from, while the tests of a folder run.
    warm: ClassVar[Warm | None] = None

    def __init__(self, folder: Path, now: str = MONDAY) -> None:
        self.folder = folder
        self.now: str | None = now
        self.environ: dict[str, str] = {}
        self.settings: dict[str, Any] = {
            "newsletter": {
                "name": "Daily Papers",
                "from": "Daily Papers <papers@example.org>",
                "site_url": "https://papers.example.org",
                "postal_address": "1 Example Street, 75001 Paris",
                "timezone": "UTC",
            },
            "sources": [{"kind": "file", "name": "Desk", "path": "papers.json"}],
            "themes": {"discover": False},
            "subscribers": {"lists": ["readers.yaml"]},
            "state": "var",
        }
        folder.mkdir(parents=True, exist_ok=True)
        self.configure()
        self.write_papers([paper(n) for n in range(3)])
        self.write_readers([{"email": "ada@example.org", "name": "Ada Example"}])

    @property
    def state(self) -> Path:
        return self.folder / "var"

    def write(self, name: str, text: str | bytes) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    def configure(self, **sections: Any) -> None:
        """Change sections of the config; a mapping is merged, anything else replaces."""
        for name, value in sections.items():
            old = self.settings.get(name)
            both = isinstance(value, dict) and isinstance(old, dict)
            self.settings[name] = {**old, **value} if both else value
        self.write("config.yaml", as_yaml(self.settings))

    def mail_by(self, port: int, **smtp: Any) -> None:
        """Send through the SMTP server on `port`."""
        known = {"host": "127.0.0.1", "port": port, "security": "none", "connections": 4}
        self.configure(delivery={"transport": "smtp", "smtp": known | smtp})

    def write_papers(self, papers: Sequence[Mapping[str, Any]], name: str = "papers.json") -> None:
        self.write(name, json.dumps(papers, ensure_ascii=False))

    def write_readers(self, readers: Sequence[Mapping[str, Any]]) -> None:
        self.write("readers.yaml", as_yaml(list(readers)))

    def later(self, **delta: float) -> None:
        """Let the commands' clock go on."""
        assert self.now is not None
        self.now = (datetime.fromisoformat(self.now) + timedelta(**delta)).isoformat()

    def start(self, *words: str, fresh: bool = False, **more: Any) -> subprocess.Popen[str]:
        """The command as a process that still runs, in a new interpreter if it is to be `fresh`."""
        if self._can_fork(more) and self.warm and not fresh:
            return self.warm.start(words, self._environ(), **more)  # type: ignore[return-value]
        return subprocess.Popen(
            [sys.executable, *more.pop("python", ()), "-m", more.pop("command", "digest"), *words],
            cwd=more.pop("cwd", "/"),
            env=self._environ(),
            stdin=subprocess.DEVNULL,
            stdout=more.pop("stdout", subprocess.PIPE),
            stderr=more.pop("stderr", subprocess.PIPE),
            text=True,
            encoding="utf-8",
            **more,
        )

    def run(self, *words: str, timeout: float = 120, **more: Any) -> Done:
        """The command, from start to end."""
        if self.warm and not more and self._can_fork():
            return _looked_at(Done(*self.warm.run(words, self._environ(), timeout)))
        return finish(self.start(*words, fresh=True, **more), timeout)

    def _can_fork(self, more: Iterable[str] = ()) -> bool:
        """Whether nothing is asked that only a new interpreter does."""
        return _FORKED.issuperset(more) and not any(name in _PYTHONS for name in self.environ)

    def _environ(self) -> dict[str, str]:
        known = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "LANG": "C.UTF-8",
            "DIGEST_CONFIG": str(self.folder / "config.yaml"),
        }
        if self.now:
            known["DIGEST_NOW"] = self.now
        return known | self.environ

    def outbox(self) -> list[EmailMessage]:
        """The letters in the outbox, by address."""
        found = [parse_letter(p.read_bytes()) for p in (self.state / "outbox" / "new").glob("*")]
        return sorted(found, key=lambda letter: str(letter["To"]))

    def status(self, day: str | None = None) -> dict[str, Any]:
        """What the ledger says, as `digest status --json` prints it."""
        return self.run("status", "--json", *(("--date", day) if day else ())).json


@contextmanager
def warm_newsrooms(folder: Path) -> Iterator[None]:
    """Commands are forked from a process that has sent an edition in `folder`; once is enough."""
    if Newsroom.warm:
        yield
        return
    example = Newsroom(folder)
    with warm_process(example.folder / "config.yaml", MONDAY) as Newsroom.warm:
        yield
    Newsroom.warm = None


def finish(process: subprocess.Popen[str], timeout: float = 120) -> Done:
    """Wait for a command; its words must be words, never a traceback."""
    try:
        out, err = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        process.communicate()
        raise
    return _looked_at(Done(process.returncode, out or "", err or ""))


def _looked_at(done: Done) -> Done:
    assert "Traceback" not in done.err, done.err
    assert "a bug in digest" not in done.err, done.err
    return done


def paper(number: int, title: str = "", **fields: Any) -> dict[str, Any]:
    """A made-up record of a file source; its votes fall with its number."""
    known = {
        "id": f"desk-{number}",
        "title": title or f"Numbered study {number:03d}",
        "abstract": f"We look into matter {number:03d} once more.",
        "authors": [f"Ann Author{number}"],
        "url": f"https://example.org/papers/{number}",
        "votes": max(290 - 2 * number, 1),
    }
    return known | fields


class _Plain(yaml.SafeDumper):
    """Writes every value out: our files take no aliases."""

    def ignore_aliases(self, _: Any) -> bool:
        return True


def as_yaml(value: Any) -> str:
    return yaml.dump(value, Dumper=_Plain, allow_unicode=True, sort_keys=False)


class KeepingServer(ScriptedServer):
    """Keeps every letter that it takes, in order."""

    def __init__(self, rules: Sequence[Rule] = (), options: Options | None = None) -> None:
        super().__init__(rules, options)
        self.letters: list[tuple[str, EmailMessage]] = []

    def note(self, taken: Taken, content: bytes) -> None:
        super().note(taken, content)
        self.letters.append((taken.recipient, parse_letter(content)))


@contextmanager
def mail_server(*rules: Rule, options: Options | None = None) -> Iterator[KeepingServer]:
    """An SMTP server on loopback, in a thread, for commands in other processes."""
    with serving(KeepingServer(rules, options)) as server:
        yield server


@contextmanager
def counting_server(*rules: Rule, options: Options | None = None) -> Iterator[ScriptedServer]:
    """The same, fast: it notes what it takes and keeps no letter."""
    with serving(ScriptedServer(rules, options)) as server:
        yield server


Server = TypeVar("Server", bound=ScriptedServer)


@contextmanager
def serving(server: Server) -> Iterator[Server]:
    """A server in a thread, for commands in other processes."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    asyncio.run_coroutine_threadsafe(server.start(), loop).result(10)
    try:
        yield server
    finally:
        asyncio.run_coroutine_threadsafe(server.stop(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def parse_letter(content: bytes) -> EmailMessage:
    letter = BytesParser(policy=policy.default).parsebytes(content)
    assert isinstance(letter, EmailMessage)
    return letter


def text_of(letter: EmailMessage) -> str:
    part = letter.get_body(("plain",))
    return part.get_content().replace("\r\n", "\n") if part else ""


def html_of(letter: EmailMessage) -> str:
    part = letter.get_body(("html",))
    return part.get_content().replace("\r\n", "\n") if part else ""


Sections = dict[str, list[str]]
#: The headings over what stands before the sections.
BEFORE = ("Read first", "Best of the week", "The week in numbers", "By theme")


def sections_in_html(letter: EmailMessage, titles: frozenset[str]) -> Sections:
    """Headings with the papers below them, as a mail program shows them."""
    found: Sections = {}
    for element in lxml.html.fromstring(html_of(letter)).iter("h2", "a"):
        words = " ".join(element.text_content().split())
        if element.tag == "h2":
            found[words] = []
        elif words in titles:
            list(found.values())[-1].append(words)
    return {theme: papers for theme, papers in found.items() if theme not in BEFORE}


def sections_in_text(letter: EmailMessage, titles: frozenset[str]) -> Sections:
    """The same, out of the text part, where a heading stands over dashes."""
    found: Sections = {}
    lines = text_of(letter).split("\n")
    for line, below in zip(lines, [*lines[1:], ""], strict=True):
        if line and below and set(below) == {"-"}:
            found[line] = []
        elif (title := line.removeprefix("Above: ")) in titles:
            list(found.values())[-1].append(title)
    return {theme: papers for theme, papers in found.items() if theme not in BEFORE}
