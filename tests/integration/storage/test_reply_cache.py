"""A kept reply comes back whole or not at all."""

from __future__ import annotations

import os
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from digest.model import StoredReply
from digest.storage.reply_cache import FileReplyCache
from tests.support.state import NOW

REPLY = StoredReply(
    url="https://example.org/feed?a=1&b=../..",
    body=bytes(range(256)) + b"\n\r\n{",
    content_type="application/atom+xml; charset=utf-8",
    fetched_at=NOW,
    etag='W/"abc"',
    last_modified="Mon, 23 Nov 2026 05:00:11 GMT",
)


def test_what_was_saved_is_loaded(tmp_path: Path) -> None:
    cache = FileReplyCache(tmp_path / "cache")
    assert cache.load(REPLY.url) is None
    cache.save(REPLY)
    changed = replace(REPLY, body=b"", etag=None, last_modified=None)
    assert FileReplyCache(tmp_path / "cache").load(REPLY.url) == REPLY
    cache.save(changed)
    assert cache.load(REPLY.url) == changed
    (file,) = (tmp_path / "cache").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.parametrize("keep", [0, 1, 40, 200, -1, -200])
def test_a_damaged_entry_is_as_good_as_none(tmp_path: Path, keep: int) -> None:
    cache = FileReplyCache(tmp_path)
    cache.save(REPLY)
    (file,) = tmp_path.iterdir()
    file.write_bytes(file.read_bytes()[:keep])
    assert cache.load(REPLY.url) is None
    cache.save(REPLY)
    assert cache.load(REPLY.url) == REPLY


@pytest.mark.parametrize("header", [b"[]", b"null", b'{"url": 1}', b"\xff", b"1"])
def test_a_strange_header_is_as_good_as_none(tmp_path: Path, header: bytes) -> None:
    cache = FileReplyCache(tmp_path)
    cache.save(REPLY)
    (file,) = tmp_path.iterdir()
    file.write_bytes(header + b"\nbody")
    assert cache.load(REPLY.url) is None


def test_the_oldest_go_when_there_are_too_many(tmp_path: Path) -> None:
    cache = FileReplyCache(tmp_path, most_bytes=40_000)
    replies = [replace(REPLY, url=f"https://example.org/{n}", body=b"x" * 9_000) for n in range(6)]
    for age, reply in enumerate(replies):
        before = set(tmp_path.iterdir())
        cache.save(reply)
        for file in set(tmp_path.iterdir()) - before:
            os.utime(file, (1_000 + age, 1_000 + age))
    there = [n for n, reply in enumerate(replies) if cache.load(reply.url)]
    assert there == [2, 3, 4, 5]
    cache.save(replace(REPLY, url="https://example.org/huge", body=b"x" * 50_000))
    assert cache.load("https://example.org/huge") is None
    assert cache.load(replies[5].url) == replies[5]


def test_a_cache_that_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where the folder should be")
    cache = FileReplyCache(tmp_path / "cache")
    cache.save(REPLY)
    assert cache.load(REPLY.url) is None
