"""A half-sent edition of an older program is finished by this one, whoever opens it first."""

from __future__ import annotations

import signal
import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from digest.storage.schema import SCHEMA_VERSION
from tests.support.newsroom import Newsroom, counting_server, finish
from tests.support.smtp_server import Rule

THIRD = Path(__file__).parents[1] / "data" / "storage" / "schema-3.sql"
#: The letter that the old program had begun, as its server took it.
CYS = (
    "<de4f8dc362d2c8d68082aa4b338381f9@example.org>",
    "9ea4b3563bb572b2dd86bedb86f188ea0032e3db5d121f9cf3146f59b9588c1f",
)


@pytest.fixture
def room(tmp_path: Path) -> Newsroom:
    room = Newsroom(tmp_path, now="2026-11-23T07:09:00+00:00")
    room.environ["DIGEST_SECRET_KEY"] = "an-old-key-of-this-newsletter"
    room.state.mkdir(mode=0o700)
    with closing(sqlite3.connect(room.state / "digest.db")) as database:
        database.executescript(THIRD.read_text("utf-8"))
    for name in ("new", "cur", "tmp"):
        (tmp_path / "Maildir" / name).mkdir(parents=True)
    room.configure(bounces={"maildir": "Maildir"})
    return room


def states(room: Newsroom) -> dict[str, str]:
    with closing(sqlite3.connect(room.state / "digest.db")) as database:
        return {
            address.partition("@")[0]: state
            for address, state in database.execute("SELECT address, state FROM delivery")
        }


def test_runs_the_site_and_the_reading_of_bounces_take_up_an_older_state_at_once(room: Newsroom):
    """Who was served stays served, the one in doubt gets the same octets, who left gets none."""
    with counting_server(Rule("rcpt", "late", reply="550 5.1.1 no such user")) as server:
        room.mail_by(server.port)
        site = room.start("serve", "--port", "0")
        words = (("run",), ("bounces",), ("status",), ("subscribers", "suppressed"), ("run",))
        ended = [finish(process) for process in [room.start(*each) for each in words]]
        assert site.stderr is not None
        assert "serving" in site.stderr.readline()
        site.send_signal(signal.SIGTERM)
        assert finish(site).code == 0
        assert sorted(done.code for done in ended) in ([0, 0, 0, 0, 3], [0, 0, 0, 3, 75])
        assert room.run("run").code == 0
        assert Counter(server.recipients) == {"cy@example.org": 1, "dan@example.org": 1}
        assert CYS in [(letter.message_id, letter.sha256) for letter in server.accepted]
    served = dict.fromkeys(("ada", "ben", "cy", "dan"), "sent")
    rest = {"late": "rejected", "eve": "suppressed", "supp": "suppressed", "tz": "pending"}
    assert states(room) == served | rest
    kinds = {
        row["address"]: row["kind"] for row in room.run("subscribers", "suppressed", "--json").json
    }
    assert kinds == {
        "supp@example.org": "hand",
        "eve@example.org": "unsubscribe",
        "late@example.org": "bounce",
    }


@pytest.mark.parametrize("words", [("run",), ("status",), ("serve", "--port", "0"), ("bounces",)])
def test_a_state_of_a_newer_program_is_left_alone_in_one_line(room: Newsroom, words):
    with closing(sqlite3.connect(room.state / "digest.db")) as database, database:
        database.execute("UPDATE meta SET value = ? WHERE name = 'schema'", (SCHEMA_VERSION + 1,))
    before = states(room)
    done = room.run(*words)
    assert done.code == 1
    assert len(done.lines) == 1
    assert "written by a newer version" in done.err
    assert states(room) == before
