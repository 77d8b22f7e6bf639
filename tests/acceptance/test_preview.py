"""`digest preview` as the editor's tool, on the terminal and for programs."""

from __future__ import annotations

import re

import pytest

from tests.support.letters import parts_of
from tests.support.newsroom import Newsroom, html_of, mail_server, paper, parse_letter, text_of

DAY = "2026-11-23"
FILES = {"letter.eml", "letter.html", "letter.txt", "index.html"}
SET = '{% extends "daily/letter.mjml.j2" %}'


def crowded(room: Newsroom, count: int = 300) -> Newsroom:
    """So many papers of so many words that no letter holds them in full."""
    words = "We look into it again, at length and in every detail that there is. "
    room.write_papers(
        [paper(n, f"Study {n:03d} {words * 3}", abstract=words * 6) for n in range(count)]
    )
    room.configure(edition={"max_papers": count})
    return room


def test_it_says_what_each_part_weighs_and_what_was_shortened(tmp_path):
    room = Newsroom(tmp_path)
    done = room.run("preview", "--out", str(tmp_path / "look"))
    assert done.code == 0
    assert {line.rpartition("/")[2] for line in done.out.splitlines()} == FILES
    raw = (tmp_path / "look" / "letter.eml").read_bytes()
    html, text = (len(parts_of(raw)[name]) for name in ("html", "text"))
    share = f"{html / 96_000:.0%}"
    words = f"HTML {html:,} ({share} of 96,000), text {text:,}, whole letter {len(raw):,}"
    assert f"bytes: {words}" in done.lines
    assert "papers: 3: 3 full, 0 brief, 0 in a line, 0 only online" in done.lines


def test_where_there_is_no_browser_it_says_which_file_to_open(tmp_path):
    room = Newsroom(tmp_path)
    room.environ["PATH"] = str(tmp_path / "empty")
    done = room.run("preview", "--open", "--out", str(tmp_path / "look"))
    assert done.code == 0
    assert f"no browser here: open {tmp_path / 'look' / 'index.html'}" in done.err


def test_sizes_are_a_table_that_adds_up_to_the_letter(tmp_path):
    room = crowded(Newsroom(tmp_path))
    done = room.run("preview", "--sizes", "--out", str(tmp_path / "look"))
    assert done.code == 0
    rows = {}
    for line in done.out.partition("\n\n")[0].splitlines()[1:]:
        name, numbers = re.fullmatch(
            r"([a-z ]+?)\s+((?:[\d,]+|-)(?:\s+[\d,]+|\s+-)*)", line
        ).groups()
        rows[name] = [int(n.replace(",", "").replace("-", "0")) for n in numbers.split()]
    parts = rows.pop("parts")
    assert {"styles", "head", "contents", "headings", "line", "more", "foot"} <= rows.keys()
    assert [sum(row[column] for row in rows.values()) for column in (1, 2, 3, 4)] == parts
    raw = (tmp_path / "look" / "letter.eml").read_bytes()
    assert parts[0] == len(parts_of(raw)["html"]) <= 96_000
    assert f"whole letter {len(raw):,}" in done.out
    assert "of 96,000; Gmail clips past 102,400" in done.out


def test_json_has_sizes_and_what_each_paper_was_shortened_to(tmp_path):
    room = crowded(Newsroom(tmp_path))
    facts = room.run("preview", "--json", "--out", str(tmp_path / "look")).json
    raw = (tmp_path / "look" / "letter.eml").read_bytes()
    sizes = facts["sizes"]
    assert (sizes["budget"], sizes["gmail_clips"], sizes["letter"]) == (96_000, 102_400, len(raw))
    assert sum(b["html"]["decoded"] for b in sizes["blocks"]) == sizes["html"]["decoded"]
    assert sizes["html"]["decoded"] == len(parts_of(raw)["html"])
    shown = {form: len(papers) for form, papers in facts["shown"].items()}
    assert facts["shortened"] == (
        f"{shown['full']} full, {shown['brief']} brief, {shown['line']} in a line, "
        f"{shown['online']} only online"
    )
    assert sum(shown.values()) == 300
    assert min(shown["full"], shown["line"], shown["online"]) > 0
    assert {"id", "title"} == facts["shown"]["full"][0].keys()
    assert facts["preheader"]
    # What programs have read before the tool grew.
    assert (facts["edition"], facts["papers"]) == (DAY, 300 - shown["online"])
    assert facts["subject"] == str(parse_letter(raw)["Subject"])
    for name, file in (("html_bytes", "letter.html"), ("text_bytes", "letter.txt")):
        assert facts[name] == (tmp_path / "look" / file).stat().st_size
    assert facts["letter_bytes"] == len(raw)


def test_a_finding_is_a_line_and_fails_only_a_check(tmp_path):
    """A text in light grey on white, as an editor may write it."""
    room = Newsroom(tmp_path)
    pale = '<tr><td><p style="color:#cccccc">Pale words</p></td></tr>'
    masthead = f"{{% block masthead %}}{pale}{{% endblock %}}"
    room.write("templates/lab/letter.mjml.j2", SET + masthead)
    room.configure(templates="lab")
    done = room.run("preview", "--json")
    assert done.code == 0
    wrong = [f for f in done.json["findings"] if f["check"] == "contrast"]
    assert wrong[0]["severity"] == "error"
    assert {"where", "words", "times"} <= wrong[0].keys()
    (line,) = [line for line in done.lines if line.startswith("error: contrast: ")]
    assert wrong[0]["words"] in line
    checked = room.run("preview", "--check")
    assert checked.code == 1
    assert line in checked.lines
    assert room.run("preview", "--check", "--to", "eve@example.org").code == 1
    assert room.outbox() == []
    page = (room.state / "preview" / DAY / "index.html").read_text()
    assert "Pale words" in page
    room.configure(templates="daily")
    assert room.run("preview", "--check").code == 0


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--watch", "--to", "eve@example.org"), "--watch goes with"),
        (("--watch", "--json"), "--watch goes with"),
        (("--watch", "--screenshots"), "--watch goes with"),
        (("--port", "8000"), "only --watch serves a page"),
        (("--watch", "--check"), "--watch goes with --date, --as, --open and --port alone"),
        (("--watch", "--out", "here"), "--watch goes with --date, --as, --open and --port alone"),
        (("--watch", "--port", "99999"), "--port 99999: a port is 1 to 65535"),
        (("--watch", "--port", "0"), "--port 0: a port is 1 to 65535"),
        (
            ("--date", "wednesday"),
            "is no day and no week; write YYYY-MM-DD, today or yesterday, or a week such as 2026",
        ),
        (("--date", "2026-W77"), "--date 2026-W77: is no day and no week"),
    ],
)
def test_words_that_do_not_go_together_are_refused(tmp_path, words, told):
    done = Newsroom(tmp_path).run("preview", *words)
    assert done.code == 2
    assert told in done.lines[-1]


def test_a_week_that_is_not_made_yet_says_when_and_how_it_is(tmp_path):
    room = Newsroom(tmp_path)
    assert room.run("run").code == 0
    done = room.run("preview", "--date", "2026-W48")
    assert done.code == 2
    makes = "`digest compose --date 2026-W48` makes it"
    when = "edition 2026-W48 is made on 2026-11-27 (edition.weekly_on), not before"
    assert done.lines[-1] == f"digest: {when}: {makes} then"
    room.later(days=4)
    done = room.run("preview", "--date", "2026-W48")
    assert done.code == 2
    assert done.lines[-1] == f"digest: edition 2026-W48 is not made yet: {makes}"


def test_the_help_of_whatever_takes_a_week_says_so(tmp_path):
    room = Newsroom(tmp_path)
    for name in ("preview", "compose", "send"):
        assert "or a week: 2026-W48" in " ".join(room.run(name, "--help").out.split())
    assert "2026-W48" not in room.run("run", "--help").out


def test_a_language_without_words_is_told_once(tmp_path):
    room = Newsroom(tmp_path)
    told = "no words for 'he': English ones are used; locale/he.po would hold yours"
    assert told not in room.run("preview").lines
    room.configure(newsletter={"language": "he"})
    assert room.run("preview").lines.count(told) == 1
    assert room.run("preview", "--json").lines.count(told) == 1


def test_files_of_an_earlier_preview_are_taken_away_and_no_others(tmp_path):
    room = Newsroom(tmp_path)
    room.write_readers([{"email": "bob@example.org", "format": "text"}])
    look = tmp_path / "look"
    assert room.run("preview", "--out", str(look)).code == 0
    for name in ("desktop-light.png", "phone-dark.png", "mine.png", "letter.md"):
        (look / name).write_bytes(b"earlier")
    done = room.run("preview", "--as", "bob@example.org", "--out", str(look))
    assert done.code == 0, done.err
    kept = {"mine.png", "letter.md"}
    assert {path.name for path in look.iterdir()} == (FILES - {"letter.html"}) | kept


def test_a_link_in_the_folder_is_replaced_and_not_followed(tmp_path):
    room = Newsroom(tmp_path)
    look, other = tmp_path / "look", tmp_path / "precious"
    look.mkdir()
    other.write_text("precious")
    for name in FILES:
        (look / name).symlink_to(other)
    assert room.run("preview", "--out", str(look)).code == 0
    assert other.read_text() == "precious"
    assert not any(path.is_symlink() for path in look.iterdir())
    assert {path.name for path in look.iterdir()} == FILES


def test_a_relay_that_is_down_is_one_line_with_what_to_do(tmp_path):
    room = Newsroom(tmp_path)
    with mail_server() as server:
        port = server.port
    room.mail_by(port)
    done = room.run("preview", "--to", "eve@example.org")
    assert done.code == 1
    (line,) = [line for line in done.lines if line.startswith("digest: ")]
    assert f"{port}" in line
    assert "(is delivery.smtp.host right? `digest doctor` tries it; nothing was sent)" in line


def test_one_paper_is_no_papers(tmp_path):
    room = Newsroom(tmp_path)
    room.write_papers([paper(1)])
    assert "Desk is fresh: 1 paper from 1 file" in room.run("preview").lines


def test_it_works_before_there_is_a_reader(tmp_path):
    room = Newsroom(tmp_path)
    (room.folder / "readers.yaml").unlink()
    done = room.run("preview", "--json", "--out", str(tmp_path / "look"))
    assert (done.code, done.json["papers"]) == (0, 3)


def test_a_frozen_edition_and_a_week_are_shown_and_the_ledger_stays_as_it_is(tmp_path):
    room = Newsroom(tmp_path)
    assert room.run("run").code == 0
    before = room.status(DAY)
    assert room.run("preview", "--check").code == 0
    room.later(days=6)
    room.write_papers([])
    assert room.run("compose", "--date", "2026-W48").code == 0
    week = room.run("preview", "--date", "2026-W48", "--json", "--out", str(tmp_path / "week"))
    assert (week.code, week.json["edition"], week.json["papers"]) == (0, "2026-W48", 3)
    assert {p.name for p in (tmp_path / "week").iterdir()} == FILES
    assert room.status(DAY) == before
    assert len(room.outbox()) == 1


@pytest.mark.parametrize("spoil", ["look", "template", "settings"])
def test_a_frozen_edition_is_shown_as_it_is_mailed(tmp_path, spoil):
    """Although the look, a template or the newsletter is another by now."""
    room = Newsroom(tmp_path)
    assert room.run("preview", "--json").json["frozen"] is False
    assert room.run("run").code == 0
    (mailed,) = (room.state / "outbox" / "new").glob("*")
    if spoil == "look":
        room.write("templates/daily/subject.txt.j2", "Another subject")
    elif spoil == "template":
        room.write("templates/daily/letter.mjml.j2", "{{ unclosed")
    else:
        room.configure(newsletter={"name": "Evening Papers"})
    room.write_readers([{"email": "ada@example.org", "keywords": ["study 001"]}])
    note = f"edition {DAY} is frozen: this is what is mailed"
    done = room.run("preview", "--as", "ada@example.org", "--json", "--out", str(tmp_path / "as"))
    assert done.code == 0, done.err
    assert done.json["frozen"] is True
    assert note in done.lines
    # An outbox gets 8bit and LF where the preview is quoted, with CRLF: the words are compared.
    hers = parse_letter((tmp_path / "as" / "letter.eml").read_bytes())
    sent = parse_letter(mailed.read_bytes())
    for name in ("From", "To", "Subject", "Date", "Message-ID", "List-Unsubscribe"):
        assert hers[name] == sent[name]
    assert (html_of(hers), text_of(hers)) == (html_of(sent), text_of(sent))
    done = room.run("preview", "--out", str(tmp_path / "any"))
    assert done.code == 0, done.err
    assert note in done.lines
    shown = parse_letter((tmp_path / "any" / "letter.eml").read_bytes())
    assert shown["Subject"] == parse_letter(mailed.read_bytes())["Subject"]


def test_who_was_not_among_the_frozen_readers_gets_the_choice_made_now(tmp_path):
    room = Newsroom(tmp_path)
    assert room.run("run").code == 0
    room.write_readers([{"email": "eve@example.org", "keywords": ["study 001"], "format": "text"}])
    done = room.run("preview", "--as", "eve@example.org", "--json")
    assert (done.code, done.json["papers"], done.json["frozen"]) == (0, 1, True)
    assert done.json["html_bytes"] == 0


def test_a_letter_that_is_mailed_writes_files_only_where_they_are_asked_for(tmp_path):
    room = Newsroom(tmp_path)
    with mail_server() as server:
        room.mail_by(server.port)
        assert room.run("preview", "--to", "eve@example.org").code == 0
        assert not (room.state / "preview").exists()
        done = room.run("preview", "--to", "eve@example.org", "--out", str(tmp_path / "look"))
        assert done.code == 0
    assert {p.name for p in (tmp_path / "look").iterdir()} == FILES
    assert [to for to, _ in server.letters] == ["eve@example.org"] * 2


@pytest.mark.parametrize(
    ("environ", "code", "told"),
    [
        ({"PATH": "/nowhere"}, 2, "pictures need Chromium: install it"),
        ({"DIGEST_BROWSER": "/nowhere/chromium"}, 2, "is no program; name a Chromium"),
        ({"DIGEST_BROWSER": "/bin/false"}, 1, "/bin/false: does not start"),
    ],
)
def test_without_a_browser_pictures_are_one_clear_line(tmp_path, environ, code, told):
    room = Newsroom(tmp_path)
    room.environ |= environ
    done = room.run("preview", "--screenshots")
    assert done.code == code
    assert told in done.lines[-1]
