"""A connection that the server ended is missed at once, whenever its end is noticed."""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
import uvloop
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from digest.errors import StorageAway
from digest.storage.postgres.database import open_postgres
from digest.storage.postgres.link import Link
from tests.support.postgres import fresh_database

_ME = "SELECT pg_backend_pid() AS pid WHERE %(yes)s"
YES = {"yes": "true"}


def end(url: str, pid: str) -> None:
    with psycopg.connect(url) as other:
        assert other.execute("SELECT pg_terminate_backend(%s::int, 5000)", (pid,)).fetchone()


@pytest.fixture
def url(tmp_path):
    with fresh_database() as url:
        yield url


@pytest.fixture
def database(url, tmp_path):
    with open_postgres(url, create=True, state=tmp_path) as database:
        yield database


@pytest.fixture
def link(database):
    return Link(database, "a link")


@pytest.mark.parametrize("noticed", ["by what is written", "while nobody asks"])
async def test_an_end_between_two_questions_is_an_answer_to_the_second(link, url, noticed):
    ((pid,),) = await link.ask_briskly(_ME, YES)
    if noticed == "while nobody asks":
        await asyncio.to_thread(end, url, pid)
        await asyncio.sleep(0.1)
    else:  # the event loop sees nothing of it before it writes
        end(url, pid)
        time.sleep(0.1)
    async with asyncio.timeout(10):
        with pytest.raises(StorageAway):
            await link.ask_briskly(_ME, YES)
        ((another,),) = await link.ask_briskly(_ME, YES)
    assert another != pid
    await link.close()


async def test_an_end_during_a_question_is_its_answer(link, url):
    ((pid,),) = await link.ask_briskly(_ME, YES)
    asked = asyncio.create_task(link.ask_briskly("SELECT pg_sleep(60) WHERE %(yes)s", YES))
    await asyncio.sleep(0.1)
    await asyncio.to_thread(end, url, pid)
    async with asyncio.timeout(10):
        with pytest.raises(StorageAway):
            await asked
        assert await link.ask_briskly(_ME, YES) != [(pid,)]
    await link.close()


async def test_who_was_cut_off_leaves_the_socket_of_its_old_number_to_its_new_owner(
    link, database, url
):
    ((pid,),) = await link.ask_briskly(_ME, YES)
    number = number_of(link)
    await asyncio.to_thread(end, url, pid)
    await asyncio.sleep(0.1)  # the loop has seen it, and libpq has closed the socket
    other = Link(database, "another link")
    ((its_pid,),) = await other.ask_briskly(_ME, YES)
    assert number_of(other) == number
    with pytest.raises(StorageAway):
        await link.ask_briskly(_ME, YES)
    async with asyncio.timeout(10):
        assert await other.ask_briskly(_ME, YES) == [(its_pid,)]
    await link.close()
    await other.close()


@pytest.mark.parametrize("octets", [3, 65536], ids=["amid an answer", "behind an answer"])
@pytest.mark.parametrize("make_loop", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_a_connection_that_breaks_is_missed_at_once(database, make_loop, octets):
    """Also where the event loop tells of a socket with an error once, and never again."""

    async def ask_and_be_cut_off() -> None:
        link = Link(database, "a link")
        await link.ask_briskly(_ME, YES)
        way.cut_after = octets
        asked = asyncio.create_task(link.ask_briskly(_ME, YES))
        await asyncio.sleep(0)
        await asyncio.sleep(0)  # it is asked
        way.is_cut.wait(10)  # and the loop sees the beginning of the answer and the end as one
        async with asyncio.timeout(5):
            if octets > 3:
                assert len(await asked) == 1
                asked = asyncio.create_task(link.ask_briskly(_ME, YES))
            with pytest.raises(StorageAway):
                await asked
            assert len(await link.ask_briskly(_ME, YES)) == 1
        await link.close()

    with way_there(database) as way, asyncio.Runner(loop_factory=make_loop) as runner:
        runner.run(ask_and_be_cut_off())


@pytest.mark.parametrize("way", ["ask", "ask_briskly"])
@pytest.mark.parametrize("hurried", ["before", "while it waits", "never"])
async def test_a_server_that_does_not_answer_is_away(database, monkeypatch, way, hurried):
    """What it was asked for ends before it is asked again."""
    if hurried == "never":
        monkeypatch.setattr("digest.storage.postgres.link.SILENCE", 0.3)
    link = Link(database, "a link")
    ((pid,),) = await link.ask_briskly(_ME, YES)
    if hurried == "before":
        link.hurry(0.3)
    sleep = getattr(link, way)("SELECT pg_sleep(60) WHERE %(yes)s", YES)
    asked = asyncio.create_task(sleep)
    if hurried == "while it waits":
        await asyncio.sleep(0.1)
        link.hurry(0.3)
    async with asyncio.timeout(10):
        with pytest.raises(StorageAway, match="does not answer"):
            await asked
    others = f"SELECT count(*) FROM pg_stat_activity WHERE pid = {pid} AND %(yes)s"
    assert await link.ask_briskly(others, YES) == [("0",)]
    await link.close()


def number_of(link: Link) -> int:
    assert link._connection is not None
    return link._connection.fileno()


class Way:
    """Carries what is said to the server and back; with `cut_after`, so many octets and an end."""

    def __init__(self, server: str) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.cut_after: int | None = None
        self.is_cut = threading.Event()
        self._server = server

    def serve(self) -> None:
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            server = socket.socket(socket.AF_UNIX)
            server.connect(self._server)
            for ends in ((client, server), (server, client)):
                threading.Thread(target=self._carry, args=(*ends, client), daemon=True).start()

    def _carry(self, here: socket.socket, there: socket.socket, client: socket.socket) -> None:
        try:
            while said := here.recv(65536):
                if there is client and self.cut_after is not None:
                    client.sendall(said[: self.cut_after])
                    self.cut_after = None
                    # Closed by RST: what was not read is no reason to wait.
                    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    break
                there.sendall(said)
        except OSError:
            pass
        for end in (here, there):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue
            end.close()
        self.is_cut.set()


@contextmanager
def way_there(database) -> Iterator[Way]:
    """A way to the server that can be cut; connections made from now on take it."""
    told = conninfo_to_dict(database.conninfo)
    way = Way(f"{told['host']}/.s.PGSQL.{told.get('port') or 5432}")
    port = way.listener.getsockname()[1]
    database.conninfo = make_conninfo(database.conninfo, host="127.0.0.1", port=port)
    serving = threading.Thread(target=way.serve, daemon=True)
    serving.start()
    try:
        yield way
    finally:
        way.listener.shutdown(socket.SHUT_RDWR)
        way.listener.close()
        serving.join(10)
