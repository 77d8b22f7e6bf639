"""A source that fails costs its own papers only, and the report says which and why."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator

import pytest

from tests.support.newsroom import Newsroom, text_of
from tests.support.web import Answer, Site, drip, refused_port, silent_port, web_site

RSS = b"""<?xml version="1.0"?><rss version="2.0"><channel><title>T</title>
<item><title>Feed paper one</title><link>https://example.net/1</link></item>
<item><title>Feed paper two</title><link>https://example.net/2</link></item>
</channel></rss>"""
BOMB = b"""<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa">
%s]><rss version="2.0"><channel><title>&i;</title></channel></rss>""" % b"".join(
    b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 50) for n in range(8)
)
KINDS = ("feed", "huggingface", "file")
#: What is wrong with the server, and what the report must say about it, for each kind of source.
WHY = {
    "refused": r"cannot be reached",
    "silent": r"said nothing|within 2 s",
    "garbage": r"no RSS, RDF or Atom|damaged JSON|is binary",
    "500": r"500",
    "endless": r"more than 20,000,000 bytes|within 8 s",
    "gzip-bomb": r"more than 20,000,000 bytes once unpacked",
    "entity-bomb": r"entity bomb|not JSON|is HTML or XML",
    "html": r"a web page|is HTML or XML",
    "truncated": r"broke off|breaks off",
}


@pytest.fixture
def site() -> Iterator[Site]:
    with web_site() as opened:
        opened.serve("/garbage", Answer(body=bytes(range(256)) * 40, content_type="text/xml"))
        opened.serve("/500", Answer(status=500, body=b"out of order"))
        opened.serve("/endless", Answer(length=None, pieces=drip(b"<item></item>" * 5000)))
        bomb = gzip.compress(b" " * 60_000_000, 9)
        opened.serve("/gzip-bomb", Answer(body=bomb, headers={"Content-Encoding": "gzip"}))
        opened.serve("/entity-bomb", Answer(body=BOMB))
        page = b"<!doctype html><html><title>Log in</title><p>Please log in to the wifi.</html>"
        opened.serve("/html", Answer(body=page, content_type="text/html"))
        opened.serve("/truncated", Answer(body=RSS[: RSS.index(b"paper two")], length=5000))
        yield opened


def _source(kind: str, fault: str, url: str) -> dict[str, object]:
    seconds = 2 if fault == "silent" else 8
    return {"kind": kind, "name": f"{kind} {fault}", "url": url, "timeout": seconds}


def _broken(site: Site, silent: int) -> list[dict[str, object]]:
    places = {fault: site.url(f"/{fault}") for fault in WHY}
    places["refused"] = f"http://127.0.0.1:{refused_port()}/"
    places["silent"] = f"http://127.0.0.1:{silent}/"
    return [_source(kind, fault, url) for kind in KINDS for fault, url in places.items()]


def _hf(number: int, day: str) -> dict[str, object]:
    paper = {
        "id": f"2611.{number:05d}",
        "title": f"Listed paper {number}",
        "summary": "We list it.",
        "submittedOnDailyAt": f"{day}T00:00:00.000Z",
        "upvotes": number,
    }
    return {"paper": paper, "title": paper["title"]}


def _hf_list(days: dict[str, list[int]], *, stuck_at: str = "") -> object:
    """Hugging Face's answers by day; with `stuck_at` always that day's."""

    def answer(asked):
        day = stuck_at or asked.query["date"][0]
        first = asked.query["p"] == ["0"]
        items = [_hf(number, day) for number in days.get(day, ())] if first else []
        return Answer(body=json.dumps(items).encode(), content_type="application/json")

    return answer


def test_the_rest_is_sent_whatever_way_the_others_fail(tmp_path, site):
    room = Newsroom(tmp_path)
    with silent_port() as port:
        broken = _broken(site, port)
        room.configure(sources=[*broken, *room.settings["sources"]])
        done = room.run("run")
    assert (done.code, done.out) == (0, "")
    (letter,) = room.outbox()
    assert all(f"Numbered study {n:03d}" in text_of(letter) for n in range(3))
    said = {line.partition(" is ")[0]: line.partition(" is ")[2] for line in done.lines}
    for kind in KINDS:
        for fault, why in WHY.items():
            words = said.pop(f"{kind} {fault}")
            partial = (kind, fault) == ("feed", "truncated")
            assert words.startswith("partial: " if partial else "down: ")
            assert re.search(why, words), words
    assert not said, "nothing is said about a source that is well"
    assert len(done.lines) == len(KINDS) * len(WHY), "one line for each"


def test_with_every_source_down_nothing_is_sent_or_frozen_and_cron_may_try_again(tmp_path, site):
    room = Newsroom(tmp_path)
    room.configure(sources=[_source("feed", "html", site.url("/html"))])
    done = room.run("run")
    assert (done.code, done.out) == (75, "")
    assert re.match(r"digest: no edition of 2026-11-23 yet: feed html is down", done.lines[-1])
    assert room.outbox() == []
    assert room.run("editions", "list", "--json").json == []
    assert room.status()["frozen_at"] is None
    site.serve("/html", Answer(body=RSS))
    assert room.run("run").code == 0
    assert "Feed paper one" in text_of(room.outbox()[0])


def test_a_stale_list_is_not_mailed_again(tmp_path, site):
    room = Newsroom(tmp_path, now="2026-11-20T07:00:00+00:00")
    site.serve("/hf", _hf_list({"2026-11-20": [1, 2]}, stuck_at="2026-11-20"))
    room.configure(sources=[{"kind": "huggingface", "url": site.url("/hf")}])
    assert room.run("run").code == 0
    room.later(days=3)
    done = room.run("run")
    assert done.code == 75
    assert "is stale: still shows the list of 2026-11-20, not that of 2026-11-23" in done.err
    assert len(room.outbox()) == 1


def test_a_quiet_weekend_is_silent_and_monday_goes_on(tmp_path, site):
    room = Newsroom(tmp_path, now="2026-11-21T07:00:00+00:00")
    days = {"2026-11-20": [1], "2026-11-23": [2, 3]}
    site.serve("/hf", _hf_list(days))
    room.configure(sources=[{"kind": "huggingface", "url": site.url("/hf")}])
    for _ in ("Saturday", "Sunday"):
        done = room.run("run")
        assert (done.code, done.out, done.err) == (0, "", "")
        room.later(days=1)
    assert room.outbox() == []
    assert room.run("run").code == 0
    (letter,) = room.outbox()
    assert "Listed paper 3" in text_of(letter)
    assert "Listed paper 1" not in text_of(letter)


def test_one_required_source_holds_the_edition_back(tmp_path, site):
    room = Newsroom(tmp_path)
    needed = _source("feed", "html", site.url("/html")) | {"required": True}
    room.configure(sources=[needed, *room.settings["sources"]])
    done = room.run("run")
    assert done.code == 75
    assert "no edition of 2026-11-23 yet: feed html is down" in done.lines[-1]
    assert room.outbox() == []
