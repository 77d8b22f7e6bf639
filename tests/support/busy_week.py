"""A newsletter with everything at work at once, each process killed now and then, and a count.

The site, runs, reading of bounces and edits of lists are processes on one folder, as cron, systemd
and an owner start them; readers join, choose and leave over HTTP. What each was promised (a 200, an
exit code 0) is noted, and held against what the mail server took and what the files say.
"""

from __future__ import annotations

import random
import signal
import sqlite3
import subprocess
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from contextlib import closing, suppress
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from urllib.parse import urlencode

from digest.app.house import House
from digest.config import load_config
from digest.mailing.token import PREFERENCES, UNSUBSCRIBE, sign_token
from digest.model import EmailAddress
from digest.storage.lists.reading import open_lists
from tests.support.newsroom import Newsroom, finish, paper, parse_letter
from tests.support.reader_site import FORM, ONE_CLICK, link_of
from tests.support.returned import status_report
from tests.support.smtp_server import Options, Rule, ScriptedServer, Taken
from tests.support.web import refused_port

CONNECTIONS = 4
#: Commands may say these; anything else, or a traceback, is a breach.
_CODES = {
    "run": {0, 3, 75},
    "bounces": {0, 1, 75},
    "subscribers": {0, 1, 2, 75},
    "status": {0, 1},
}


class WeekServer(ScriptedServer):
    """Counts letters of editions, and keeps the links of confirmation out of the others."""

    def __init__(self) -> None:
        rules = [
            Rule("rcpt", recipient="gone", reply="550 5.1.1 no such user"),
            Rule("rcpt", recipient="grey", reply="450 4.2.0 come again", tries=1),
            Rule("dot", delay=0.02),
        ]
        super().__init__(rules, Options())
        self.editions: list[Taken] = []
        self.links: dict[str, str] = {}

    def note(self, taken: Taken, content: bytes) -> None:
        super().note(taken, content)
        if b"\nSubject: Please confirm" in content:
            self.links[taken.recipient] = link_of(parse_letter(content))
        elif b"\nList-Unsubscribe:" in content:
            self.editions.append(taken)


class BusyWeek:
    """Build it, `open` it, live some days, `close` it; `breaches` says what was not kept."""

    def __init__(self, folder: Path, chance: random.Random, readers: int = 240) -> None:
        self.chance = chance
        self.server = WeekServer()
        self.room = Newsroom(folder)
        self.port = refused_port()
        self.number = 0
        half = readers // 2
        self.listed = {f"r{n}@example.org" for n in range(readers)}
        self.listed |= {"gone1@example.org", "gone2@example.org"}
        self.listed |= {f"grey{n}@example.org" for n in range(4)}
        rows = sorted(self.listed)
        self.room.write_readers([{"email": each} for each in rows[:half]])
        table = "".join(f"{each},,\r\n" for each in rows[half:])
        self.room.write("team.csv", "email,name,tags\r\n" + table)
        (folder / "Maildir" / "new").mkdir(parents=True)
        for name in ("cur", "tmp"):
            (folder / "Maildir" / name).mkdir()
        self.left: dict[str, tuple[float, bool]] = {}
        self.clicked: set[str] = set()
        self.left_today: set[str] = set()
        self.returned: set[str] = set()
        self.unsure: set[str] = set()
        self.joined: set[str] = set()
        self.chosen: dict[str, set[str]] = {}
        self.kills: Counter[str] = Counter()
        self.done: Counter[str] = Counter()
        self.ways: list[str] = []
        self.runs: list[float] = []
        self.killed_runs = 0
        self.site: subprocess.Popen[str] | None = None

    def open(self) -> None:
        self.room.mail_by(self.server.port, connections=CONNECTIONS)
        self.room.configure(
            newsletter={"bounces": "bounces@example.org"},
            subscribers={"lists": ["readers.yaml", "team.csv"], "shrink": 0.9},
            web={"list": "web.csv", "letters_per_address": 1000, "forms_per_network": 100000},
            bounces={"maildir": "Maildir"},
        )
        self._serve()
        config = load_config(self.room.folder / "config.yaml")
        self.house = House(config=config, clock=_now, environ={})

    def close(self) -> None:
        if self.site is not None:
            self.site.send_signal(signal.SIGTERM)
            ended = finish(self.site)
            if ended.code != 0:
                self.ways.append(f"serve ended with {ended.code}: {ended.err}")

    # --- a day ---

    def day(self) -> None:
        """One edition: sent with kills all around, then to the end."""
        self.number += 1
        self.room.write_papers([paper(1000 * self.number + n) for n in range(6)])
        must = (self.listed | self.joined) - set(self.left) - self.unsure
        self.left_today.clear()
        began, self.killed_runs = len(self.server.editions), 0
        threads = [
            threading.Thread(target=self._repeat, args=(what, times))
            for what, times in (
                (self._clicks, 14),
                (self._joins, 6),
                (self._choices, 8),
                (self._mail, 6),
                (self._edits, 8),
                (self._looks, 3),
            )
        ]
        for thread in threads:
            thread.start()
        self._sends()
        for thread in threads:
            thread.join()
        self._to_the_end()
        letters = self.server.editions[began:]
        # Who left and came back on the same day may have missed its letter.
        self._count(letters, must - set(self.left) - self.left_today - self.unsure)
        self.room.later(days=1)

    def _repeat(self, what: Callable[[], None], times: int) -> None:
        try:
            for _ in range(times):
                what()
                time.sleep(self.chance.random() * 0.4)
        except Exception as error:
            self.ways.append(f"{what.__name__}: {type(error).__name__}: {error}")

    def _sends(self) -> None:
        """Runs, two at a time now and then, most of them killed."""
        for _ in range(6):
            self._step()
            self.runs.append(time.time())
            at_once = [self.room.start("run") for _ in range(self.chance.choice((1, 1, 2)))]
            aim = len(self.server.accepted) + self.chance.randint(0, 70)
            until = time.monotonic() + 4
            while len(self.server.accepted) < aim and time.monotonic() < until:
                if all(each.poll() is not None for each in at_once):
                    break
                time.sleep(0.002)
            for process in at_once:
                if self.chance.random() < 0.8:
                    process.send_signal(signal.SIGKILL)
                self.killed_runs += self._ended("run", process) == -signal.SIGKILL
            if self.chance.random() < 0.5:
                self._kill_site()

    def _to_the_end(self) -> None:
        for _ in range(10):
            self._step()
            self.runs.append(time.time())
            if self._ended("run", self.room.start("run")) in (0, 3):
                states = self._states()
                if not states & {"pending", "data", "deferred"}:
                    return
        self.ways.append(f"day {self.number} does not end: {self._states()}")

    def _step(self) -> None:
        self.room.later(minutes=11)

    def _count(self, letters: list[Taken], must: set[str]) -> None:
        copies: dict[str, list[str]] = defaultdict(list)
        for letter in letters:
            copies[letter.recipient].append(letter.sha256)
        lost = {each for each in must - set(copies) if not each.startswith("gone")}
        self.ways += [f"day {self.number}: {each} is lost" for each in sorted(lost)]
        extra = sum(len(each) - 1 for each in copies.values())
        if extra > self.killed_runs * CONNECTIONS:
            self.ways.append(f"day {self.number}: {extra} copies, {self.killed_runs} kills")
        self.ways += [
            f"day {self.number}: {who} got two different letters"
            for who, each in copies.items()
            if len(set(each)) > 1
        ]
        self.done["letters"] += len(letters)
        self.done["copies"] += extra

    # --- readers ---

    def _clicks(self) -> None:
        """One click; from the 200 on no letter of hers begins."""
        who = self._anybody()
        if self._ask("POST", self._path(who, UNSUBSCRIBE), ONE_CLICK, {who}) == 200:
            self._has_left(who)
            self.clicked.add(who)
            self.done["left"] += 1

    def _joins(self) -> None:
        """Somebody new, or somebody who left by a click, comes in by the form and the letter."""
        back = sorted(self.clicked & set(self.left) - self.unsure)
        who = f"new{self.chance.randrange(10**9)}@example.net"
        if back and self.chance.random() < 0.4:
            who = self.chance.choice(back)
        self.server.links.pop(who, None)
        if self._ask("POST", "/subscribe", urlencode({"email": who})) != 200:
            return
        until = time.monotonic() + 8
        while who not in self.server.links and time.monotonic() < until:
            time.sleep(0.02)
        link = self.server.links.get(who, "")  # a site that was killed may have sent none
        for _ in range(5 if link else 0):
            was = self.left.pop(who, None)
            if self._ask("POST", link, "confirm=yes") == 200:
                self.joined.add(who)
                self.returned |= {who} if was else set()
                self.done["came back" if was else "joined"] += 1
                return
            self.unsure.add(who)
            time.sleep(0.5)

    def _choices(self) -> None:
        who = self._anybody()
        word = f"word{self.chance.randrange(10**6)}"
        # Every paper has the first.
        form = urlencode({"frequency": "daily", "keywords": f"matter;{word}", "format": "text"})
        status = self._ask("POST", self._path(who, PREFERENCES), form)
        if status == 200:
            self.chosen[who] = {word}
            self.done["chosen"] += 1
        else:
            self.chosen.setdefault(who, {""}).add(word)

    def _mail(self) -> None:
        """Somebody asks by mail to leave, or her mailbox is gone; the reader is killed or not."""
        letters = self.server.editions[-40:]
        told: set[str] = set()
        for letter in self.chance.sample(letters, min(2, len(letters))):
            who = letter.recipient
            if who in self.left or who in self.unsure:
                continue
            told.add(who)
            self.unsure.add(who)
            name = f"{self.chance.randrange(10**9)}@mx.example.com"
            mail = status_report(letter.sender, recipient=who, name=name)
            if self.chance.random() < 0.5:
                token = self._path(who, UNSUBSCRIBE)[3:]
                mail = (
                    f"From: {who}\nTo: bounces@example.org\nSubject: unsubscribe {token}\n"
                    f"Message-ID: <{name}>\n\n\n"
                ).encode()
            self.room.write(f"Maildir/new/{name}", mail)
        process = self.room.start("bounces")
        code = self._maybe_killed("bounces", process)
        if code == 0:
            for who in told:
                self._has_left(who)
                self.done["bounced or left by mail"] += 1

    def _edits(self) -> None:
        """The owner adds one, takes one out, suppresses one."""
        kind = self.chance.choice(("add", "remove", "suppress", "edit"))
        if kind == "add":
            who = f"added{self.chance.randrange(10**9)}@example.com"
            words = ["add", who, "--list", str(self.room.folder / "team.csv")]
        else:
            who = self._anybody()
            words = [kind, who]
        if kind == "edit":
            words += ["--set", "tags=lab"]
        if kind in ("remove", "suppress"):
            self.unsure.add(who)
        code = self._maybe_killed("subscribers", self.room.start("subscribers", *words))
        if code == 0:
            self.done[kind] += 1
            if kind == "add":
                self.joined.add(who)
            if kind == "suppress":
                self._has_left(who)

    def _looks(self) -> None:
        for words in (("status",), ("subscribers", "stats"), ("subscribers", "check")):
            self._ended(words[0], self.room.start(*words))

    # --- what is promised ---

    def _has_left(self, who: str) -> None:
        """From now on; the letter whose content is on its way is the last one."""
        at = time.time()
        query = "SELECT count(*) FROM delivery WHERE address=? AND state IN ('data', 'unknown')"
        with closing(sqlite3.connect(self.room.state / "digest.db", timeout=30)) as ledger:
            under_way = ledger.execute(query, (who,)).fetchone()[0] > 0
        self.left.setdefault(who, (at, under_way))
        self.left_today.add(who)

    def breaches(self) -> list[str]:
        found = list(self.ways)
        for letter in self.server.editions:
            at, under_way = self.left.get(letter.recipient, (letter.at, False))
            last = min((run for run in self.runs if run > at), default=at) if under_way else at
            if letter.at > max(last, at):
                words = f"{letter.recipient} got a letter {letter.at - at:.3f} s after she left"
                found.append(words + (" with one under way" if under_way else ""))
        rows = self._rows()
        found += [f"{who} is on no list" for who in sorted(self.joined - set(rows) - self.unsure)]
        for who, words in self.chosen.items():
            if who in self.returned:
                continue  # what she asked for then counts, and that was nothing
            if who in rows and rows[who] not in words:
                found.append(f"{who} chose {words}, her row says {rows[who]!r}")
        strange = {p.name for p in self.room.folder.iterdir()} - _KNOWN
        found += [f"{name} was left" for name in sorted(strange)]
        return found

    def told(self) -> str:
        returned = sorted(self.returned)
        return f"{dict(self.done)}; killed: {dict(self.kills)}; came back: {returned}"

    def _rows(self) -> dict[str, str]:
        reading = open_lists(load_config(self.room.folder / "config.yaml"))
        return {str(each.address): "".join(each.keywords[1:]) for each in reading}

    def _states(self) -> set[str]:
        with closing(sqlite3.connect(self.room.state / "digest.db", timeout=30)) as ledger:
            return {row[0] for row in ledger.execute("SELECT DISTINCT state FROM delivery")}

    # --- processes ---

    def _serve(self) -> None:
        self.site = self.room.start("serve", "--port", str(self.port))
        assert self.site.stderr is not None
        line = self.site.stderr.readline()
        assert "serving" in line, line + self.site.stderr.read()

    def _kill_site(self) -> None:
        assert self.site is not None
        self.site.send_signal(signal.SIGKILL)
        self._ended("serve", self.site)
        self._serve()

    def _maybe_killed(self, name: str, process: subprocess.Popen[str]) -> int:
        if self.chance.random() < 0.4:
            with suppress(subprocess.TimeoutExpired):
                process.wait(0.3 + self.chance.random() * 1.2)
            process.send_signal(signal.SIGKILL)
        return self._ended(name, process)

    def _ended(self, name: str, process: subprocess.Popen[str]) -> int:
        ended = finish(process)
        if ended.code == -signal.SIGKILL:
            self.kills[name] += 1
        elif ended.code not in _CODES[name]:
            self.ways.append(f"{name} ended with {ended.code}: {ended.err}")
        elif ended.code in (1, 2):
            self.done[f"{name}: {ended.err.strip()[-120:]}"] += 1
        return ended.code

    def _anybody(self) -> str:
        return self.chance.choice(sorted(self.listed - set(self.left) - self.unsure))

    def _path(self, who: str, purpose: str) -> str:
        keys = (self.room.state / "secret.key").read_bytes().split()
        reader = self.house.reader_id(EmailAddress.parse(who))
        return f"/{purpose[0]}/{sign_token(keys, reader, purpose)}"

    def _ask(self, method: str, path: str, body: str, unsure: set[str] | None = None) -> int:
        """0: nobody answered, and it may have been done."""
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=60)) as client:
            try:
                client.request(method, path, body, {"Content-Type": FORM})
                answer = client.getresponse()
                answer.read()
            except (OSError, HTTPException):
                self.unsure |= unsure or set()
                return 0
        self.done[str(answer.status)] += 1
        if answer.status != 200:
            self.unsure |= unsure or set()
        return answer.status


def _now() -> datetime:
    return datetime.now(UTC)


#: A list's lock is a file that stays; the kernel lets go of it with the process.
_KNOWN = {
    ".readers.yaml.lock",
    ".team.csv.lock",
    ".web.csv.lock",
    "config.yaml",
    "papers.json",
    "readers.yaml",
    "team.csv",
    "web.csv",
    "var",
    "Maildir",
    ".backups",
}
