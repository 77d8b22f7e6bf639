"""A connection that the server ended is missed at once, whenever its end is noticed."""

from __future__ import annotations

import asyncio
import time

import psycopg
import pytest

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


async def test_a_server_that_does_not_answer_is_away(link, monkeypatch):
    """What it was asked for ends before it is asked again."""
    monkeypatch.setattr("digest.storage.postgres.link._SILENCE", 0.3)
    ((pid,),) = await link.ask_briskly(_ME, YES)
    with pytest.raises(StorageAway, match="does not answer"):
        await link.ask_briskly("SELECT pg_sleep(60) WHERE %(yes)s", YES)
    others = f"SELECT count(*) FROM pg_stat_activity WHERE pid = {pid} AND %(yes)s"
    assert await link.ask_briskly(others, YES) == [("0",)]
    await link.close()


def number_of(link: Link) -> int:
    assert link._connection is not None
    return link._connection.fileno()
