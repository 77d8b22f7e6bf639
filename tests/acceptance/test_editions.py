"""Editions, previews and status as other programs read them."""

from __future__ import annotations

import csv
import io
import json
import re
import sqlite3
import zlib
from contextlib import closing
from datetime import date

import lxml.html

from tests.support.newsroom import Newsroom, html_of, mail_server, paper, parse_letter, text_of
from tests.support.smtp_server import Rule

DAY = "2026-11-23"
PAPER_KEYS = {
    "id", "ids", "source_id", "title", "abstract", "authors", "url", "pdf_url", "votes",
    "comments", "stars", "score", "score_parts", "sources", "published", "categories", "placement",
}  # fmt: skip
COUNTS = ("sent", "deferred", "rejected", "unknown", "pending", "in_flight", "suppressed")


def test_compose_prints_the_edition_as_schema_1(tmp_path):
    room = Newsroom(tmp_path)
    rules = [{"name": "Grippers", "keywords": ["gripper"]}]
    room.configure(themes={"discover": False, "rules": rules})
    made = [
        paper(0, "A gripper of glass", id="our-7", published=DAY, categories=["cs.RO"]),
        paper(1, "An arXiv paper", url="https://arxiv.org/abs/2611.01234v2", votes=12),
    ]
    room.write_papers(made)
    done = room.run("compose", "--date", DAY, "--json")
    assert done.code == 0
    edition = done.json
    assert (edition["schema"], edition["date"], edition["key"]) == (1, DAY, DAY)
    papers = {p["title"]: p for section in edition["sections"] for p in section["papers"]}
    assert {s["theme"] for s in edition["sections"]} == {"Grippers", "Other"}
    assert all(set(p) >= PAPER_KEYS for p in papers.values())
    ours, theirs = papers["A gripper of glass"], papers["An arXiv paper"]
    assert (ours["source_id"], ours["published"]) == ("our-7", DAY)
    assert (ours["authors"], ours["url"]) == (["Ann Author0"], made[0]["url"])
    assert (theirs["id"], theirs["source_id"]) == ("arxiv:2611.01234", "desk-1")
    assert (theirs["votes"], theirs["abstract"]) == (12, made[1]["abstract"])
    assert abs(sum(theirs["score_parts"].values()) - theirs["score"]) < 1e-6
    (verdict,) = edition["verdicts"]
    assert (verdict["source"], verdict["verdict"], verdict["papers"]) == ("Desk", "fresh", 2)
    assert verdict["reason"]


def test_an_edition_is_kept_shown_refreshed_and_then_frozen(tmp_path):
    room = Newsroom(tmp_path)
    first = room.run("compose", "--json").json
    room.write_papers([paper(7, "A late arrival")])
    again = room.run("compose", "--date", "today", "--json")
    assert again.json == first
    assert "in the archive" in again.err
    assert room.run("editions", "show", DAY, "--json").json == first
    refreshed = room.run("compose", "--refresh", "--json").json
    assert [p["title"] for s in refreshed["sections"] for p in s["papers"]] == ["A late arrival"]
    (listed,) = room.run("editions", "list", "--json").json
    assert (listed["edition"], listed["frozen"]) == (DAY, False)
    assert room.run("run").code == 0
    refused = room.run("compose", "--refresh")
    assert refused.code == 2
    assert "is frozen" in refused.lines[-1]
    assert room.run("editions", "list", "--json").json[0]["frozen"] is True
    lines = room.run("compose", "--explain").out
    assert "A late arrival" in lines
    assert "votes" in lines


def test_an_edition_is_exported_as_files(tmp_path):
    room = Newsroom(tmp_path)
    edition = room.run("compose", "--json").json
    done = room.run("editions", "export", DAY, "--out", str(tmp_path / "page"))
    assert done.code == 0
    assert json.loads((tmp_path / "page/edition.json").read_text()) == edition
    named = {line.rpartition("/")[2] for line in done.out.splitlines()}
    assert named == {"edition.json", "letter.eml", "letter.html", "letter.txt"}
    assert "Numbered study 001" in (tmp_path / "page/letter.html").read_text()


def test_a_preview_is_a_reader_s_own_letter_and_touches_no_ledger(tmp_path):
    room = Newsroom(tmp_path)
    wish = {"keywords": ["matter 002"], "format": "text"}
    room.write_readers([{"email": "ada@example.org"}, {"email": "ben@example.org"} | wish])
    out = tmp_path / "look"
    assert room.run("preview", "--date", DAY, "--out", str(out)).code == 0
    letter = parse_letter((out / "letter.eml").read_bytes())
    assert html_of(letter).strip() == (out / "letter.html").read_text().strip()
    assert text_of(letter).strip() == (out / "letter.txt").read_text().strip()
    assert b"\r" not in (out / "letter.txt").read_bytes() + (out / "letter.html").read_bytes()
    own = tmp_path / "own"
    done = room.run("preview", "--as", "ben@example.org", "--out", str(own), "--json")
    assert done.code == 0
    assert done.json["papers"] == 1
    ben = parse_letter((own / "letter.eml").read_bytes())
    assert str(ben["To"]) == "ben@example.org"
    assert "Numbered study 002" in text_of(ben)
    assert "Numbered study 001" not in text_of(ben)
    assert not (own / "letter.html").exists()
    facts = room.status(DAY)
    assert (facts["total"], facts["frozen_at"]) == (0, None)
    assert room.outbox() == []


def lead_with(room: Newsroom, titles: list[str]) -> None:
    """Let the papers with these titles come first in the archived edition."""
    edition = room.run("compose", "--json").json
    ids = {paper["title"]: paper["id"] for s in edition["sections"] for paper in s["papers"]}
    edition["lead"] = [ids[title] for title in titles]
    with closing(sqlite3.connect(room.state / "digest.db")) as database, database:
        words = (zlib.compress(json.dumps(edition).encode()), DAY)
        changed = database.execute("UPDATE edition SET document = ? WHERE key = ?", words)
        assert changed.rowcount == 1


def test_a_preview_begins_with_the_lead_and_counts_each_paper_once(tmp_path):
    room = Newsroom(tmp_path)
    room.write_papers([paper(n, abstract="Much can be said of it. " * 40) for n in range(120)])
    room.configure(edition={"max_papers": 120, "lead": 2})
    room.write_readers(
        [
            {"email": "ada@example.org"},
            {"email": "ben@example.org", "keywords": ["study 003"], "format": "text"},
            {"email": "eve@example.org", "keywords": ["study 001", "study 007"]},
        ]
    )
    lead_with(room, ["Numbered study 007", "Numbered study 001"])
    done = room.run("preview", "--out", str(tmp_path / "look"), "--json")
    assert done.code == 0
    facts = done.json
    assert facts["subject"].startswith("Numbered study 007")
    assert facts["subject"].endswith(" · 120 papers, 23 Nov")
    counts = [int(number) for number in re.findall(r"\d+", facts["shortened"])]
    assert facts["papers"] == 120
    assert (sum(counts), counts[1] > 0) == (120, True)
    assert facts["html_bytes"] <= 96_000
    shown = lxml.html.fromstring((tmp_path / "look/letter.html").read_text())
    headings = [" ".join(h.text_content().split()) for h in shown.iter("h1", "h2", "h3")]
    assert headings[1:5] == ["Read first", "Numbered study 007", "Numbered study 001", "By theme"]
    words = [" ".join(a.text_content().split()) for a in shown.iter("a")]
    assert words.count("Numbered study 007") == 2
    assert words.count("Numbered study 002") == 1
    text = (tmp_path / "look/letter.txt").read_text()
    assert (
        text.index("Read first")
        < text.index("Numbered study 007\n  Theme:")
        < text.index("By theme")
    )
    assert "Above: Numbered study 007\n" in text
    for reader, name in (("ben", "letter.txt"), ("eve", "letter.html")):
        out = tmp_path / reader
        done = room.run("preview", "--as", f"{reader}@example.org", "--out", str(out))
        assert done.code == 0
        assert "Read first" not in (out / name).read_text()


def test_a_preview_is_mailed_to_one_address_and_marked(tmp_path):
    room = Newsroom(tmp_path)
    with mail_server() as server:
        room.mail_by(server.port)
        assert room.run("preview", "--to", "editor@example.org").code == 0
        ((recipient, letter),) = server.letters
        assert recipient == "editor@example.org"
        assert str(letter["Subject"]).startswith("[Preview] ")
        assert room.status(DAY)["total"] == 0
        assert room.run("run").code == 0
        assert [to for to, _ in server.letters] == ["editor@example.org", "ada@example.org"]
        assert "[Preview]" not in str(server.letters[1][1]["Subject"])


def test_a_dry_run_tells_the_plan_and_never_says_sent(tmp_path):
    room = Newsroom(tmp_path)
    room.write_readers(
        [{"email": f"r{n}@example.org", "max_papers": 1 + n % 2} for n in range(6)]
        + [{"email": "late@example.org", "send_at": "18:00"}]
    )
    with mail_server() as server:
        room.mail_by(server.port)
        told = room.run("send", "--dry-run")
        plan = room.run("run", "--dry-run", "--json")
        assert (told.code, plan.code) == (0, 0)
        assert "sent" not in (told.out + told.err).lower()
        assert "7 letters" in told.out
        assert (plan.json["letters"], plan.json["due_now"], plan.json["segments"]) == (7, 6, 3)
        assert plan.json["dry_run"] is True
        assert server.connects == []
        assert room.status(DAY)["frozen_at"] is None
        assert room.run("send").code == 0
        assert sum(server.recipients.values()) == 7


def test_status_adds_up_and_lists_who_got_nothing_and_why(tmp_path):
    room = Newsroom(tmp_path)
    room.write_readers(
        [{"email": f"r{n}@example.org"} for n in range(8)]
        + [{"email": "picky@example.org", "keywords": ["no such thing"]}]
    )
    assert room.run("subscribers", "suppress", "r7@example.org").code == 0
    words = "550 5.1.1 =HYPERLINK of nobody"
    rules = (Rule("rcpt", "r1@", reply=words), Rule("rcpt", "r2@", reply="452 4.2.2 full"))
    with mail_server(*rules) as server:
        room.mail_by(server.port)
        assert room.run("run", "--json").code == 3
    facts = room.status(DAY)
    assert facts["edition"] == DAY
    assert date.fromisoformat(facts["date"]) == date(2026, 11, 23)
    assert [facts[name] for name in COUNTS] == [5, 1, 1, 0, 0, 0, 1]
    assert sum(facts[name] for name in COUNTS) + facts["skipped"] == facts["total"] == 9
    every = list(csv.DictReader(io.StringIO(room.run("status", "--csv").out)))
    assert len(every) == 9
    lost = list(csv.DictReader(io.StringIO(room.run("status", "--csv", "--undelivered").out)))
    assert {row["address"]: row["state"] for row in lost} == {
        "r1@example.org": "rejected",
        "r2@example.org": "deferred",
        "r7@example.org": "suppressed",
        "picky@example.org": "skipped",
    }
    refused = next(row for row in lost if row["address"] == "r1@example.org")
    assert (refused["code"], refused["enhanced"]) == ("550", "5.1.1")
    assert not refused["words"].startswith("=")
    shown = room.run("status", "--undelivered").out
    assert "r1@example.org\trejected\t550" in shown
    assert "r3@example.org" not in shown
