"""The readers' site on loopback: real uvicorn, real files, real SQLite, and raw sockets to it.

with reader_site(tmp_path) as site:
    answer = site.ask("POST", site.unsubscribe("ada@example.org"), ONE_CLICK)
    answer.status, site.suppressed()
"""

from __future__ import annotations

import asyncio
import http.client
import socket
import sqlite3
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from digest.app.deliver import run_fast
from digest.app.house import House
from digest.config import load_config
from digest.mailing.token import PREFERENCES, UNSUBSCRIBE, sign_token
from digest.model import EmailAddress
from digest.web.room import Room, open_room
from digest.web.serving import listen, make_server
from tests.support.newsroom import MONDAY, Newsroom, text_of
from tests.support.state import environ_of, freeze_readers, new_database, reader

ONE_CLICK = "List-Unsubscribe=One-Click"
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Answer:
    """What the site said; header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def telling(self) -> tuple[int, dict[str, str], str]:
        """All of it but the date."""
        return self.status, {k: v for k, v in self.headers.items() if k != "date"}, self.text


class Site:
    """A site that answers, with the newsroom behind it and a clock that stands."""

    def __init__(self, newsroom: Newsroom, house: House, room: Room, port: int) -> None:
        self.newsroom = newsroom
        self.house = house
        self.room = room
        self.port = port
        self.loop: asyncio.AbstractEventLoop | None = None

    def ask(
        self,
        method: str,
        path: str,
        body: str | bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """One request on a connection of its own."""
        given = dict(headers or {})
        if body is not None:
            given.setdefault("Content-Type", FORM)
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)) as client:
            client.request(method, path, body, given)
            answer = client.getresponse()
            named = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, named, answer.read().decode())

    def post(self, path: str, **fields: str | list[str]) -> Answer:
        """A form, as a browser sends it."""
        return self.ask("POST", path, urlencode(fields, doseq=True))

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=30)

    def say(self, octets: bytes) -> bytes:
        """All that comes back for these octets until the site hangs up."""
        with self.connect() as client:
            client.sendall(octets)
            heard = b""
            try:
                while more := client.recv(65_536):
                    heard += more
            except ConnectionResetError:
                pass
            return heard

    def reader_id(self, address: str) -> str:
        return self.house.reader_id(EmailAddress.parse(address))

    def unsubscribe(self, address: str) -> str:
        return f"/u/{sign_token(self.room.keys(), self.reader_id(address), UNSUBSCRIBE)}"

    def preferences(self, address: str) -> str:
        return f"/p/{sign_token(self.room.keys(), self.reader_id(address), PREFERENCES)}"

    def rows(self, query: str) -> list[tuple[object, ...]]:
        """What another program sees in the database."""
        if "DIGEST_DATABASE_URL" in self.newsroom.environ:
            with new_database(self.newsroom.state) as opened, opened.read() as connection:
                return [tuple(row) for row in connection.exec_driver_sql(query)]
        with closing(sqlite3.connect(self.newsroom.state / "digest.db")) as database:
            return database.execute(query).fetchall()

    def suppressed(self) -> list[tuple[object, ...]]:
        return self.rows("SELECT address, reader_id, kind, at FROM suppression ORDER BY id")

    def freeze(self, *names: str) -> None:
        """An edition with a letter pending for each NAME@example.org."""
        made = (reader(n, reader_id=self.reader_id(f"{n}@example.org")) for n in names)
        assert freeze_readers(self.house.database, made)

    def mails(self, count: int) -> list[EmailMessage]:
        """The outbox, once it holds so many letters and nothing is under way."""
        self.posted()
        found = self.newsroom.outbox()
        assert len(found) == count, [str(each["To"]) for each in found]
        return found

    def posted(self) -> None:
        """Wait until no letter is under way."""
        assert self.loop is not None
        asyncio.run_coroutine_threadsafe(self._posted(), self.loop).result(30)

    async def _posted(self) -> None:
        while errands := self.room.postman._errands:
            await asyncio.wait(errands)

    def later(self, **delta: float) -> None:
        self.newsroom.later(**delta)


def link_of(mail: EmailMessage) -> str:
    """The path of the one link in a letter."""
    [line] = [line for line in text_of(mail).splitlines() if line.startswith("https://")]
    return urlsplit(line).path


@contextmanager
def reader_site(folder: Path, **sections: object) -> Iterator[Site]:
    """A site in a thread; `sections` are of config.yaml."""
    newsroom = Newsroom(folder)
    newsroom.configure(**{"web": {"list": "web.csv", "patience": "300s"}} | sections)
    now = datetime.fromisoformat(MONDAY)

    def clock() -> datetime:
        return now + (datetime.fromisoformat(str(newsroom.now)) - now)

    newsroom.state.mkdir(mode=0o700, exist_ok=True)
    newsroom.environ |= environ_of(newsroom.state)
    config = load_config(folder / "config.yaml")
    house = House(config=config, clock=clock, environ=dict(newsroom.environ))
    with listen("127.0.0.1", 0) as listener:
        room = open_room(house)
        site = Site(newsroom, house, room, listener.getsockname()[1])
        up = threading.Event()
        server = make_server(room, "127.0.0.1", up.set)

        async def work() -> None:
            site.loop = asyncio.get_running_loop()
            try:
                await server.serve(sockets=[listener])
            finally:
                await room.close()

        thread = threading.Thread(target=lambda: run_fast(work))
        thread.start()
        try:
            assert up.wait(30)
            yield site
        finally:
            server.should_exit = True
            thread.join()
            house.close()
