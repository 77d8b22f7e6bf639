"""`digest keys`: a new key signs, the old ones go on verifying, and the oldest names readers."""

from __future__ import annotations

import stat

from digest.mailing.token import UNSUBSCRIBE, verify_token
from tests.support.newsroom import Newsroom


def keys_of(room: Newsroom) -> tuple[bytes, ...]:
    return tuple((room.state / "secret.key").read_bytes().split())


def token_of(room: Newsroom) -> str:
    [mail] = room.outbox()
    return mail["List-Unsubscribe"].partition("/u/")[2].partition(">")[0]


def test_a_rotation_puts_a_new_key_in_front_and_changes_no_reader(tmp_path):
    room = Newsroom(tmp_path)
    assert room.run("run").code == 0
    before, old = keys_of(room), token_of(room)
    done = room.run("keys", "rotate", "--json")
    assert done.code == 0, done.err
    after = keys_of(room)
    assert after[1:] == before
    assert len(after[0]) == 64
    assert stat.S_IMODE((room.state / "secret.key").stat().st_mode) == 0o600
    assert done.json == room.run("keys", "list", "--json").json
    assert done.json["signs"] != done.json["names"]
    assert not any(key.decode() in done.out + done.err for key in after)
    reader = verify_token(before, old, UNSUBSCRIBE)
    assert reader is not None
    assert verify_token(after, old, UNSUBSCRIBE) == reader
    room.later(days=1)
    room.write_papers([{"id": "next", "title": "The next day's only study"}])
    assert room.run("run").code == 0
    new = max(room.outbox(), key=lambda mail: mail["Date"].datetime)
    token = new["List-Unsubscribe"].partition("/u/")[2].partition(">")[0]
    assert verify_token(after[:1], token, UNSUBSCRIBE) == reader, "she is who she was"


def test_keys_of_the_environment_are_for_a_person_to_rotate(tmp_path):
    room = Newsroom(tmp_path)
    room.environ["DIGEST_SECRET_KEY"] = "of-the-environment-0123456789"
    done = room.run("keys", "rotate")
    assert done.code == 2
    [line] = done.lines
    assert "DIGEST_SECRET_KEY" in line
    assert "0123456789" not in line
    assert not (room.state / "secret.key").exists()
