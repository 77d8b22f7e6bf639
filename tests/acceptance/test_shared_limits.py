"""A `digest run` of one's own obeys the limits that workers share on the same database."""

from __future__ import annotations

import asyncio

from digest.storage.postgres.database import open_postgres
from digest.storage.postgres.limits import PostgresLimits
from tests.support.killing import killing_room
from tests.support.newsroom import counting_server
from tests.support.postgres import fresh_database


def test_a_run_leaves_alone_what_workers_have_drawn_from_the_letters_of_the_day(tmp_path):
    """Others drew 20 of 30 letters: it sends ten, says why it ends, and goes on another day."""
    with counting_server() as server, fresh_database() as url:
        room = killing_room(tmp_path, server, 25, 2)
        room.mail_by(server.port, connections=2, letters_per_day=30)
        room.environ["DIGEST_DATABASE_URL"] = url

        room.state.mkdir()

        async def others_draw() -> tuple[int, int]:
            with open_postgres(url, create=True, state=room.state) as database:
                books = PostgresLimits(database, "another-worker", "2026-11-22")
                drawn = await books.days.draw(f"127.0.0.1:{server.port}", 30, 20)
                await books.close()
                return drawn

        assert asyncio.run(others_draw())[0] == 20
        done = room.run("run")
        assert len(server.accepted) == 10
        assert "has had its letters of the day" in done.err
        assert room.status()["pending"] == 15
        assert room.run("run").code == done.code
        assert len(server.accepted) == 10
