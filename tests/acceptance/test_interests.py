"""Readers who name papers they like get those that are near, and can be told why."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.newsroom import Newsroom, html_of, paper, text_of

DAY = "2026-11-23"
FOLDER = Path(__file__).parents[1] / "data" / "labelled"
ROWS = [json.loads(line) for line in (FOLDER / "iccv2025_day.jsonl").read_text().splitlines()]
DRIVING = [row for row in ROWS if row["label"] == "Autonomous Driving"]
LIKED, HIDDEN = DRIVING[:5], DRIVING[5:]
PAGES = "https://journal.example.org/papers"
# Of 300 papers, how a letter shows the paper with that number.
FULL = (
    (0, "full", "gets it in full"),
    (50, "line", "gets it in a line"),
    (299, "online", "gets it only online, the letter is full"),
)


def bibtex(rows: list[dict[str, Any]]) -> str:
    def plain(text: str) -> str:
        return text.replace("%", "\\%").replace("{", "").replace("}", "")

    return "\n".join(
        f"@article{{key{n},\n  title = {{{plain(row['title'])}}},\n"
        f"  abstract = {{{plain(row['abstract'])}}},\n  keywords = {{to read}}\n}}\n"
        for n, row in enumerate(rows)
    )


def ris(rows: list[dict[str, Any]]) -> str:
    return "".join(
        f"TY  - CONF\nTI  - {row['title']}\nAB  - {row['abstract']}\nER  - \n\n" for row in rows
    )


def zotero_csv(rows: list[dict[str, Any]]) -> str:
    names = "Key", "Item Type", "Publication Year", "Author", "Title", "Abstract Note", "Tags"
    lines = [",".join(f'"{name}"' for name in names)]
    for n, row in enumerate(rows):
        cells = (
            f"K{n}",
            "conferencePaper",
            "2025",
            "Doe, J",
            row["title"],
            row["abstract"],
            "a; b",
        )
        lines.append(",".join('"' + cell.replace('"', '""') + '"' for cell in cells))
    return "\ufeff" + "\n".join(lines) + "\n"


def csl_json(rows: list[dict[str, Any]]) -> str:
    items = [
        {
            "id": f"http://zotero.org/users/1/items/{n}",
            "type": "paper-conference",
            "title": row["title"],
            "abstract": row["abstract"],
            "author": [{"family": "Doe", "given": "J"}],
            "issued": {"date-parts": [["2025", 10]]},
        }
        for n, row in enumerate(rows)
    ]
    return json.dumps(items)


def titles(rows: list[dict[str, Any]]) -> str:
    return "\n".join(f"@misc{{t{n}, title = {{{row['title']}}}}}" for n, row in enumerate(rows))


EXPORTS = {
    "liked.bib": bibtex,
    "liked.ris": ris,
    "My Library.csv": zotero_csv,
    "library.json": csl_json,
}


@pytest.fixture
def room(tmp_path) -> Newsroom:
    """A newsletter with a real day's papers, which nobody voted on."""
    room = Newsroom(tmp_path)
    fields = ("id", "title", "abstract", "authors")
    room.write_papers([{name: row[name] for name in fields} for row in ROWS])
    room.configure(edition={"max_papers": 200, "lead": 0}, themes={"discover": True})
    return room


def letter(room: Newsroom, *words: str) -> str:
    done = room.run("preview", "--as", "ada@example.org", "--out", str(room.folder / "out"), *words)
    assert done.code == 0, done.err
    return " ".join((room.folder / "out" / "letter.txt").read_text().split())


def found(text: str, rows: list[dict[str, Any]]) -> int:
    return sum(" ".join(row["title"].split()) in text for row in rows)


@pytest.mark.parametrize("name", EXPORTS)
def test_an_export_of_five_papers_finds_the_others_of_their_theme(room, name):
    room.write(f"lists/{name}", EXPORTS[name](LIKED))
    room.write("lists/readers.yaml", f'- email: ada@example.org\n  interests: ["{name}"]\n')
    room.configure(subscribers={"lists": ["lists/readers.yaml"]})
    text = letter(room)
    assert "10 papers" in text
    assert found(text, HIDDEN) == len(HIDDEN)
    assert found(text, LIKED) == 0, "she has read them"


def test_titles_alone_find_most_of_them(room):
    room.write("liked.bib", titles(LIKED))
    room.write_readers([{"email": "ada@example.org", "interests": ["liked.bib"]}])
    assert found(letter(room), HIDDEN) >= len(HIDDEN) - 2


def test_ids_of_the_day_and_of_the_archive_do_as_well(room):
    room.write_papers(
        [
            {
                "title": row["title"],
                "abstract": row["abstract"],
                "url": f"https://arxiv.org/abs/{n}",
            }
            for n, row in zip(("2403.00001", "2403.00002", "2403.00003"), LIKED[:3], strict=True)
        ]
    )
    assert room.run("send").code == 0
    room.later(days=1)
    fields = ("id", "title", "abstract")
    rest = [row for row in ROWS if row not in LIKED[:3]]
    room.write_papers([{name: row[name] for name in fields} for row in rest])
    ids = ["2403.00001", "https://huggingface.co/papers/2403.00002", "arxiv:2403.00003v2"]
    ids += [row["id"] for row in LIKED[3:]]
    room.write("readers.csv", f"email,interests\nada@example.org,{';'.join(ids)}\n")
    room.write_readers([])
    room.configure(subscribers={"lists": ["readers.yaml", "readers.csv"]})
    assert found(letter(room), HIDDEN) == len(HIDDEN)
    assert room.run("subscribers", "check").code == 0


BROKEN = {
    "none.bib": (None, "does not exist"),
    "folder.bib": ("folder", "is not a file"),
    "empty.bib": (b"", "holds no paper"),
    "garbage.ris": (bytes(range(256)) * 20, "holds no paper"),
    "page.json": (b"<html><p>Sign in</p></html>", "holds no paper"),
    "empty.json": (b"[]", "holds no paper"),
    "untitled.csv": (b"a,b\n1,2\n", "holds no paper"),
    "huge.bib": (b" " * 20_000_001, "is larger than"),
    "library.pdf": (b"%PDF-1.7", "is no kind of file"),
    "bad.bib.gz": (b"\x1f\x8b\x08junk", "holds no paper"),
}


def put_broken(room: Newsroom, name: str) -> str:
    """Put that thing of `BROKEN` beside the list; the words that are said of it."""
    content, words = BROKEN[name]
    if content == "folder":
        (room.folder / name).mkdir()
    elif content is not None:
        room.write(name, content)
    return words


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_one_line_with_its_place_and_nothing_is_sent(tmp_path, name):
    room = Newsroom(tmp_path)
    words = put_broken(room, name)
    room.write(
        "readers.yaml", f"- ben@example.org\n- email: ada@example.org\n  interests: {name}\n"
    )
    told = room.run("subscribers", "check")
    assert told.code == 2
    (line,) = told.out.splitlines()
    assert line.startswith(f"readers.yaml:3:14: interests: {name}: {words}"), line
    sent = room.run("run")
    assert sent.code == 2
    assert line in sent.err
    assert room.outbox() == []
    shown = room.run("preview", "--as", "ada@example.org")
    assert (shown.code, len(shown.out)) == (2, 0)
    assert f"readers.yaml:2: interests: {name}: {words}" in shown.err
    left = room.run("run", "--skip-bad-rows")
    assert left.code == 0
    assert [str(each["To"]) for each in room.outbox()] == ["ben@example.org"]


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_refused_where_a_reader_is_added(tmp_path, name):
    room = Newsroom(tmp_path)
    words = put_broken(room, name)
    before = (room.folder / "readers.yaml").read_bytes()
    done = room.run("subscribers", "add", "ben@example.org", "--interest", name)
    assert done.code == 2
    (line,) = done.lines
    assert f"interests: {name}: {words}" in line
    assert (room.folder / "readers.yaml").read_bytes() == before


def test_a_reader_is_added_with_a_file_beside_the_list_and_an_id_that_nobody_knows(room):
    room.write("lists/liked.bib", bibtex(LIKED))
    room.write("lists/readers.yaml", "- ben@example.org\n")
    room.configure(subscribers={"lists": ["lists/readers.yaml"]})
    wishes = ("--interest", "liked.bib", "--interest", "arxiv:1001.00001")
    done = room.run("subscribers", "add", "ada@example.org", *wishes)
    assert done.code == 0
    added, warning = done.lines
    assert added.startswith("ada@example.org added to ")
    assert warning.startswith("warning: interests: arxiv:1001.00001: no edition has had a paper")
    assert found(letter(room), HIDDEN) == len(HIDDEN)


def test_a_broken_file_that_many_rows_share_is_told_once(tmp_path):
    room = Newsroom(tmp_path)
    rows = [{"email": f"r{n}@example.org", "interests": ["none.bib"]} for n in range(1000)]
    room.write_readers(rows)
    told = room.run("subscribers", "check")
    (line,) = told.out.splitlines()
    assert line.startswith("readers.yaml:3:")
    assert "none.bib: does not exist, and 999 more rows (looked for " in line
    assert told.code == 2
    assert room.run("run").lines == [f"digest: {line}"]


def test_nothing_is_frozen_where_every_row_was_left_out(tmp_path):
    room = Newsroom(tmp_path)
    room.write_readers(
        [{"email": f"r{n}@example.org", "interests": ["none.bib"]} for n in range(3)]
    )
    for words in (("run", "--dry-run"), ("run",), ("send",)):
        done = room.run(*words, "--skip-bad-rows")
        assert done.code == 2, words
        assert "all 3 rows were left out, so nobody would get a letter" in done.lines[-1]
    room.write_readers([{"email": "ada@example.org"}])
    assert room.run("run").code == 0
    assert [str(each["To"]) for each in room.outbox()] == ["ada@example.org"]


def test_a_list_of_nobody_is_no_mistake(tmp_path):
    room = Newsroom(tmp_path)
    room.write("readers.yaml", "[]\n")
    assert room.run("run", "--skip-bad-rows").code == 0


def test_an_id_that_nobody_knows_is_a_warning_and_stops_nothing(room):
    strange = ["arxiv:1001.00001", "n" * 5000, "https://example.org/x.bib"]
    room.write_readers([{"email": "ada@example.org", "interests": strange}])
    sent = room.run("run")
    assert sent.code == 0
    line, *others = sent.lines
    assert len(others) == 2
    assert all("warning: interests: " in other for other in others)
    assert line.startswith("readers.yaml:3:3: warning: interests: arxiv:1001.00001: no edition")
    assert "10 papers" in text_of(room.outbox()[0])


def test_entries_that_cannot_be_read_are_a_warning(room):
    room.write("liked.bib", bibtex(LIKED) + "@article{open, title = {Never closed\n")
    room.write_readers([{"email": "ada@example.org", "interests": ["liked.bib"]}])
    told = room.run("subscribers", "check")
    assert told.code == 0
    assert "warning: interests: liked.bib: 1 of its entries cannot be read" in told.out
    assert found(letter(room), HIDDEN) == len(HIDDEN)


def test_readers_without_interests_do_not_wait_for_numbers(room):
    """A plan for them loads neither numpy nor the space of words."""
    assert room.run("compose").code == 0
    look = "import sys; from digest.cli.root import run; run(['send', '--dry-run']);"
    look += "print('numpy' in sys.modules)"
    assert room.run(python=("-c", look), command="digest").out.splitlines()[-1] == "False"
    room.write_readers([{"email": "ada@example.org", "interests": [LIKED[0]["id"]]}])
    assert room.run(python=("-c", look), command="digest").out.splitlines()[-1] == "True"


def test_exclude_wins_over_interests(room):
    room.write("liked.bib", bibtex(LIKED))
    reader = {"email": "ada@example.org", "interests": ["liked.bib"], "exclude": ["driving"]}
    room.write_readers([reader])
    text = letter(room)
    assert "10 papers" in text
    driving = [r for r in ROWS if "driving" in f"{r['title']} {r['abstract']}".lower()]
    assert found(text, driving) == 0


def test_a_paper_is_explained_in_an_edition_and_for_a_reader(room):
    room.write("liked.bib", bibtex(LIKED))
    ada = {"email": "ada@example.org", "interests": ["liked.bib"], "max_papers": 2}
    ben = {"email": "ben@example.org", "keywords": ["driving"], "frequency": "weekly"}
    room.write_readers([ada, ben, {"email": "cyd@example.org", "exclude": ["driving"]}])
    edition = room.run("compose", "--json").json
    paper = HIDDEN[0]["id"]
    alone = room.run("explain", paper)
    assert alone.code == 0
    for words in (
        "place ",
        " of 132, score ",
        "theme ",
        "summary by extract",
        "from Desk",
        "number ",
    ):
        assert words in alone.out
    facts = room.run("explain", paper, "--as", "ada@example.org", "--json").json
    assert (facts["edition"], facts["in_edition"], facts["of"]) == (DAY, True, 132)
    assert facts["theme"] in {section["theme"] for section in edition["sections"]}
    hers = facts["reader"]
    assert hers["closest"] in {row["title"] for row in LIKED}
    assert (hers["room"], hers["interests_bring"]) == (2, 2)
    assert hers["gets"] == hers["brought_by_interests"] == (hers["place"] <= 2)
    assert 1 <= hers["relevance_place"] <= 10
    assert hers["mail"] == "is due from 2026-11-23 00:00 UTC"
    weekly = room.run("explain", paper, "--as", "ben@example.org").out
    assert "does not get it" in weekly
    assert "gets no letter on 2026-11-23, a Monday: weekly" in weekly
    assert "matches: driving" in weekly
    assert "excludes driving, which always wins" in room.run(
        "explain", paper, "--as", "cyd@example.org"
    ).out  # fmt: skip


def test_a_frozen_letter_is_what_counts(room):
    room.write_readers([{"email": "ada@example.org", "keywords": ["driving"]}])
    assert room.run("send").code == 0
    room.write_readers([{"email": "ada@example.org"}, {"email": "ben@example.org"}])
    facts = room.run("explain", HIDDEN[0]["id"], "--as", "ada@example.org", "--json").json
    assert facts["reader"]["mail"] == "has a frozen letter (sent)"
    other = next(r for r in ROWS if "driving" not in f"{r['title']} {r['abstract']}".lower())
    facts = room.run("explain", other["id"], "--as", "ada@example.org", "--json").json
    assert (facts["reader"]["gets"], facts["reader"]["chosen"]) == (False, True)
    late = room.run("explain", other["id"], "--as", "ben@example.org").out
    assert "was not among the readers when the edition was frozen" in late
    assert room.run("subscribers", "suppress", "ada@example.org").code == 0
    barred = room.run("explain", other["id"], "--as", "ada@example.org").out
    assert "is suppressed, so no mail goes there" in barred


def test_a_paper_that_is_not_there_is_explained_as_far_as_is_known(room):
    assert room.run("send").code == 0
    room.later(days=1)
    room.write_papers([{"title": f"Numbered study {n}", "votes": n} for n in range(9)])
    room.configure(edition={"max_papers": 5})
    assert room.run("compose").code == 0
    mailed = room.run("explain", ROWS[0]["id"], "--date", "2026-11-24")
    assert mailed.code == 0
    assert f"it is in edition {DAY}" in mailed.out
    cut = room.run("explain", "arxiv:2001.00001", "--date", "2026-11-24")
    assert cut.code == 2
    (line,) = cut.lines
    assert line.endswith(
        "no paper arxiv:2001.00001: max_papers cut 4 papers; which ones is not kept"
    )
    facts = room.run("explain", ROWS[0]["id"], "--date", "2026-11-24", "--json").json
    assert (facts["in_edition"], facts["editions"]) == (False, [DAY])


def test_a_paper_of_a_later_day_was_not_mailed_before(room):
    room.write_papers([{"id": "mine", "title": "A paper of Tuesday", "url": f"{PAGES}/0"}])
    room.now = "2026-11-24T07:00:00+00:00"
    assert room.run("send").code == 0
    room.now = "2026-11-23T07:00:00+00:00"
    room.write_papers([{"title": "A paper of Monday", "url": f"{PAGES}/1"}])
    ben = {"email": "ben@example.org", "frequency": "weekly"}
    room.write_readers([{"email": "ada@example.org"}, ben])
    assert room.run("compose").code == 0
    words = ("explain", f"{PAGES}/0", "--date", DAY, "--as")
    hers = room.run(*words, "ada@example.org")
    assert hers.code == 0
    assert "it was mailed later, on 2026-11-24" in hers.out
    assert "before" not in hers.out
    assert "ada@example.org is due from 2026-11-23 00:00 UTC" in hers.out
    facts = room.run(*words, "ben@example.org", "--json").json
    assert facts["because"][0] == "it was mailed later, on 2026-11-24"
    none = f"gets no letter on {DAY}, a Monday: weekly"
    assert facts["reader"] == {"email": "ben@example.org", "gets": False, "mail": none}
    unknown = room.run("explain", "arxiv:2001.00001", "--date", DAY, "--as", "ben@example.org")
    assert unknown.code == 2
    assert unknown.lines[0].endswith(f"no source gave it that day; ben@example.org {none}")
    after = room.run("explain", f"{PAGES}/1", "--date", "2026-11-24")
    assert "it is in edition 2026-11-23" in after.out
    assert room.run("send", "--date", DAY).code == 0
    after = room.run("explain", f"{PAGES}/1", "--date", "2026-11-24")
    assert "it was mailed before, first on 2026-11-23 (edition.repeat)" in after.out


def test_a_paper_is_found_by_its_own_address(room):
    room.write_papers([{"title": f"Study {n}", "url": f"{PAGES}/{n}"} for n in range(3)])
    assert room.run("compose").code == 0
    done = room.run("explain", "http://www.journal.example.org/papers/1/?utm_source=mail#top")
    assert done.code == 0
    assert "Study 1" in done.out


def test_a_paper_that_a_full_letter_leaves_to_the_page_is_told_as_such(room):
    many = [paper(n, abstract=f"We look into matter {n}. " * 40) for n in range(300)]
    room.write_papers(many)
    room.configure(edition={"max_papers": 300, "lead": 3}, themes={"discover": False})
    assert room.run("compose").code == 0
    for n, _, words in FULL:
        done = room.run("explain", f"desk-{n}", "--as", "ada@example.org")
        assert f"  {words}\n" in done.out, (n, done.out)
    assert room.run("send").code == 0
    room.write_readers([{"email": "ada@example.org", "format": "text"}])
    for n, shown, _ in FULL:
        hers = room.run("explain", f"desk-{n}", "--as", "ada@example.org", "--json").json["reader"]
        assert (hers["shown"], hers["gets"]) == (shown, shown != "online")
    (mail,) = room.outbox()
    for n, shown, _ in FULL:
        assert (f"Numbered study {n:03d}" in text_of(mail)) == (shown != "online")


def test_letters_tell_why_where_the_config_asks_for_it(room):
    room.write("liked.bib", bibtex(LIKED))
    ada = {"email": "ada@example.org", "interests": ["liked.bib"], "max_papers": 4}
    ben = {"email": "ben@example.org", "keywords": ["lane detection", "driving"], "max_papers": 4}
    room.write_readers([ada, ben, {"email": "cyd@example.org"}])
    room.configure(edition={"why": True})
    assert room.run("send").code == 0
    hers, his, all_of_it = room.outbox()
    assert [text_of(each).count("close to: ") for each in (hers, his, all_of_it)] == [4, 0, 0]
    assert [html_of(each).count("matches: ") for each in (hers, his, all_of_it)] == [0, 4, 0]
    assert "matches: driving" in html_of(his)
    assert any(f"close to: {row['title'][:30]}" in text_of(hers) for row in LIKED)
    assert "because" not in text_of(all_of_it).split("You get this")[0]
