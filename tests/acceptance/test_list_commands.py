"""A list owner does everything with her list by command, and cannot hurt it."""

from __future__ import annotations

import os
import pty
import select
import sys
import time
from pathlib import Path

import pytest

from tests.support.newsroom import Newsroom
from tests.support.terminal import Terminal

LIST = """\
# Our readers
- email: ada@example.org   # the first
  name: 'Ada'
  tags: [lab]
  frequency: weekly

- {email: bo@example.org, themes: [Robotics*]}
- cy@example.org
"""


@pytest.fixture
def room(tmp_path: Path) -> Newsroom:
    room = Newsroom(tmp_path)
    room.write("readers.yaml", LIST)
    return room


@pytest.fixture
def digest(room: Newsroom, monkeypatch, capsys) -> Terminal:
    monkeypatch.delenv("VISUAL", raising=False)
    return Terminal(room, monkeypatch, capsys)


def lists(digest: Terminal) -> str:
    return (digest.room.folder / "readers.yaml").read_text()


def test_a_pause_keeps_what_she_had_and_resume_gives_it_back(digest: Terminal):
    done = digest("subscribers", "pause", "ada@example.org", "--until", "2026-12-24")
    assert done.code == 0, done.err
    assert "  frequency: weekly\n  paused_until: 2026-12-24\n" in lists(digest)
    paused = digest("subscribers", "list", "--paused")
    assert paused.out.startswith("ada@example.org\tAda\tpaused until 2026-12-24\t")
    assert len(paused.out.splitlines()) == 1
    assert digest("subscribers", "resume", "ada@example.org").code == 0
    assert lists(digest) == LIST


def test_a_pause_without_a_day_lasts_until_further_notice(digest: Terminal):
    digest("subscribers", "pause", "cy@example.org")
    assert lists(digest).endswith("- email: cy@example.org\n  paused_until: further notice\n")
    assert digest("subscribers", "list", "--paused", "--json").json[0]["email"] == "cy@example.org"


def test_who_was_paused_by_frequency_gets_letters_again(digest: Terminal):
    digest("subscribers", "edit", "bo@example.org", "--set", "frequency=paused")
    done = digest("subscribers", "resume", "bo@example.org")
    assert "she gets every edition" in done.err
    assert lists(digest) == LIST


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["pause", "ada@example.org", "--until", "2026-11-23"], "is not after today"),
        (["pause", "ada@example.org", "--until", "soon"], "is no day"),
        (["pause", "no@example.org"], "is on none of the lists"),
        (["edit", "ada@example.org", "--set", "frequency=hourly"], "unknown frequency"),
        (["edit", "ada@example.org", "--set", "nick=A"], "unknown field nick"),
        (["edit", "ada@example.org", "--set", "nick"], "field=value"),
        (["edit", "--set", "name=A"], "whose?"),
        (["restore", "readers.yaml", "3"], "no backup"),
        (["diff", "readers.yaml", "gone.csv"], "does not exist"),
        (["show", "no@example.org"], "nothing is known"),
        (["remove", "no@example.org"], "is on none"),
        (["merge", "gone.yaml", "--into", "new.yaml"], "does not exist"),
    ],
)
def test_what_cannot_be_is_one_line_and_changes_nothing(digest: Terminal, words, says):
    done = digest("subscribers", *words)
    assert done.code == 2
    assert says in done.err
    assert len(done.lines) == 1
    assert lists(digest) == LIST


def test_a_script_sets_fields_and_all_else_stays(digest: Terminal):
    done = digest(
        "subscribers", "edit", "Ada@example.org", "--set", "name=Ada E", "--clear", "frequency",
        "--set", "tags=lab;board",
    )  # fmt: skip
    assert done.code == 0, done.err
    assert "name: Ada -> Ada E" in done.err
    wanted = LIST.replace("'Ada'", "'Ada E'").replace("[lab]", "[lab, board]")
    assert lists(digest) == wanted.replace("  frequency: weekly\n", "")


DRY = {
    "add": (["add", "new@example.org"], "+- new@example.org"),
    "remove": (["remove", "bo@example.org"], "-- {email: bo@example.org, themes: [Robotics*]}"),
    "edit": (["edit", "ada@example.org", "--set", "name=B"], "+  name: 'B'"),
    "pause": (["pause", "cy@example.org"], "+  paused_until: further notice"),
    "resume": (["resume", "cy@example.org"], None),
}


@pytest.mark.parametrize("what", DRY)
def test_a_dry_run_prints_a_diff_and_writes_nothing(digest: Terminal, what: str):
    words, line = DRY[what]
    done = digest("subscribers", *words, "--dry-run")
    assert done.code == 0, done.err
    if line:
        assert done.out.startswith("--- readers.yaml\n+++ readers.yaml\n@@ ")
        assert line in done.out.splitlines()
    assert lists(digest) == LIST
    assert not (digest.room.folder / ".backups").exists()


def test_every_edit_leaves_a_backup_that_diff_and_restore_reach(digest: Terminal):
    digest("subscribers", "remove", "ada@example.org")
    digest("subscribers", "edit", "bo@example.org", "--set", "name=Bo")
    digest("subscribers", "add", "new@example.org")
    assert len(digest("subscribers", "restore", "readers.yaml", "--json").json) == 3
    since = digest("subscribers", "diff", "readers.yaml", "1", "--json").json
    assert [r["email"] for r in since["added"]] == ["new@example.org"]
    assert [r["email"] for r in since["removed"]] == ["ada@example.org"]
    assert since["changed"] == [
        {"email": "bo@example.org", "fields": {"name": {"old": "", "new": "Bo"}}}
    ]
    newest = digest("subscribers", "diff", "readers.yaml")
    assert newest.out == "+ new@example.org\n"
    assert digest("subscribers", "restore", "readers.yaml", "1").code == 0
    assert lists(digest) == LIST
    # No pattern for lists takes a backup for a list, and the restored list's own is kept too.
    digest.room.configure(subscribers={"lists": ["**/*.yaml", "**/*.csv", "**/.*.yaml"]})
    assert len(digest("subscribers", "restore", "readers.yaml", "--json").json) == 4


def test_the_newest_twenty_backups_are_kept(digest: Terminal):
    for number in range(23):
        digest("subscribers", "edit", "bo@example.org", "--set", f"name=Bo {number}")
    known = digest("subscribers", "restore", "readers.yaml", "--json").json
    assert [each["number"] for each in known] == list(range(4, 24))
    now = digest("subscribers", "diff", "readers.yaml", "4").out
    assert now == "~ bo@example.org\tname: Bo 2 -> Bo 22\n"


def test_lists_are_merged_each_reader_once_and_it_is_said_which_row_wins(digest: Terminal):
    room = digest.room
    room.write("sub/b.csv", "email;name;tags;interests\nADA@example.org;;board;\n"
               "cy@example.org;Cy;;\nnew@example.org;New;;liked.bib\n")  # fmt: skip
    room.write("sub/liked.bib", "@article{a, title={A study}}")
    done = digest("subscribers", "merge", "sub/b.csv", "--into", "readers.yaml")
    assert done.code == 0, done.err
    assert "ada@example.org: readers.yaml:2 wins over sub/b.csv:2" in done.err
    wanted = LIST.replace("[lab]", "[lab, board]").replace(
        "- cy@example.org\n", "- email: cy@example.org\n  name: Cy\n"
    )
    wanted += "- email: new@example.org\n  name: New\n  interests: [sub/liked.bib]\n"
    assert lists(digest) == wanted
    assert digest("subscribers", "merge", "readers.yaml", "--into", "all.csv").code == 0
    assert digest("subscribers", "diff", "readers.yaml", "all.csv").out == ""


BOARD = """\
email,name,themes,note
dan@example.org,Dan,,x
eve@example.org,,none,y
fay@example.org,,Robotics*,z
"""


@pytest.fixture
def board(digest: Terminal) -> Terminal:
    """A list that chooses for its readers, beside one that does not."""
    digest.room.write("board.csv", BOARD)
    chosen = {"path": "board.csv", "themes": ["Vision"], "frequency": "weekdays", "tags": ["board"]}
    digest.room.configure(subscribers={"lists": ["readers.yaml", chosen]})
    return digest


def choices(digest: Terminal, *words: str) -> dict[str, tuple[object, ...]]:
    names = ("themes", "frequency", "tags", "max_papers", "format")
    found = digest("subscribers", "list", "--json", *words).json
    return {each["email"]: tuple(each[name] for name in names) for each in found}


def test_one_list_is_shown_with_what_it_chooses_for_its_readers(board: Terminal):
    everybody = choices(board)
    assert everybody["dan@example.org"][:3] == (["Vision"], "weekdays", ["board"])
    assert everybody["eve@example.org"][:3] == ([], "weekdays", ["board"]), "she said none"
    alone = choices(board, "--list", "board.csv")
    assert alone == {who: everybody[who] for who in alone}
    assert board("subscribers", "diff", "board.csv", "board.csv").out == ""


@pytest.mark.parametrize(
    ("source", "target"), [("board.csv", "readers.yaml"), ("readers.yaml", "board.csv")]
)
def test_a_merge_changes_nobodys_letters_whatever_the_lists_choose(board, source, target):
    """Tags of a list apart: who is on it has them."""
    before = choices(board)
    assert board("subscribers", "merge", source, "--into", target).code == 0
    (board.room.folder / source).write_text("email\n" if source == "board.csv" else "[]\n")
    after = choices(board)
    assert after.keys() == before.keys()
    for who, (themes, frequency, tags, *rest) in before.items():
        assert after[who][:2] == (themes, frequency)
        assert set(tags) <= set(after[who][2]) <= {*tags, "board"}
        assert list(after[who][3:]) == rest


def test_an_export_of_a_list_with_defaults_gives_the_same_readers_anywhere(board: Terminal):
    before = choices(board, "--list", "board.csv")
    for kind in ("csv", "yaml"):
        out = board.room.folder / f"out.{kind}"
        assert board("subscribers", "export", "--list", "board.csv", "--out", str(out)).code == 0
        assert choices(board, "--list", f"out.{kind}") == before
        board.room.write("board.csv", out.read_text()) if kind == "csv" else None
        assert choices(board, "--list", "board.csv") == before


def test_a_list_that_was_deleted_is_put_back_as_it_was(digest: Terminal):
    path = digest.room.folder / "readers.yaml"
    path.chmod(0o640)
    digest("subscribers", "pause", "cy@example.org")
    path.unlink()
    told = digest("subscribers", "check")
    assert told.code == 2
    assert "digest subscribers restore readers.yaml" in told.out
    assert digest("subscribers", "diff", "readers.yaml").out.count("- ") == 3
    assert digest("subscribers", "restore", "readers.yaml").out.startswith("1\t")
    assert digest("subscribers", "restore", "readers.yaml", "1").code == 0
    assert lists(digest) == LIST
    assert path.stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize(
    "words", [["add", "new@example.org", "--list"], ["merge", "readers.yaml", "--into"]]
)
def test_readers_put_on_a_file_that_no_run_reads_are_told(digest: Terminal, words):
    done = digest("subscribers", *words, str(digest.room.folder / "typo.yaml"))
    assert done.code == 0
    assert "typo.yaml is not among subscribers.lists, so nobody on it is mailed" in done.err


def test_show_tells_everything_that_is_known(room: Newsroom, digest: Terminal):
    assert room.run("run").code == 0
    digest("subscribers", "suppress", "cy@example.org", "--reason", "asked by post")
    room.write("more.csv", "email,tags\ncy@example.org,lab\n")
    room.configure(subscribers={"lists": ["readers.yaml", "more.csv"]})
    known = digest("subscribers", "show", "CY@example.org", "--json").json
    assert [(row["file"], row["line"]) for row in known["rows"]] == [
        ("readers.yaml", 8),
        ("more.csv", 2),
    ]
    (why,) = known["suppressions"]
    assert (why["kind"], why["reason"], why["at"][:10]) == ("hand", "asked by post", "2026-11-23")
    assert [(each["edition"], each["state"]) for each in known["letters"]] == [
        ("2026-11-23", "sent")
    ]
    told = digest("subscribers", "show", "cy@example.org").out
    assert "list\treaders.yaml:8\tsuppressed\n" in told
    assert "suppressed\t2026-11-23\tasked by post (hand, command line)\n" in told
    assert [r["email"] for r in digest("subscribers", "list", "--suppressed", "--json").json] == [
        "cy@example.org"
    ]
    room.write("more.csv", "email,tags\ncy@example.org,lab\nbad,\n")
    assert len(digest("subscribers", "show", "cy@example.org", "--json").json["rows"]) == 2


def test_list_and_stats_count_by_what_readers_have(digest: Terminal):
    digest.room.write("more.csv", "email,tags,frequency\ndo@example.com,Lab;x,paused\n")
    digest.room.configure(subscribers={"lists": ["readers.yaml", "more.csv"]})
    tagged = digest("subscribers", "list", "--tag", "LAB", "--json").json
    assert [r["email"] for r in tagged] == ["ada@example.org", "do@example.com"]
    assert digest("subscribers", "list", "--list", "more.csv").out.count("\n") == 1
    facts = digest("subscribers", "stats", "--json").json
    assert (facts["readers"], facts["paused"], facts["everything"]) == (4, 1, 3)
    assert facts["list"] == {"readers.yaml": 3, "more.csv": 1}
    assert facts["domain"] == {"example.org": 3, "example.com": 1}
    assert facts["frequency"] == {"daily": 2, "weekly": 1, "paused": 1}
    assert facts["theme"] == {"Robotics*": 1}
    assert "domain\texample.org\t3\n" in digest("subscribers", "stats").out


def editor(room: Newsroom, monkeypatch, script: str) -> None:
    """An editor that does what `script` (Python, with `text` and `path`) says."""
    path = room.write(
        "editor.py",
        "import sys, pathlib\npath = pathlib.Path(sys.argv[-1])\ntext = path.read_text()\n"
        f"{script}\npath.write_text(text)\n",
    )
    monkeypatch.setenv("EDITOR", f"{sys.executable} {path}")


def drafts(room: Newsroom) -> list[Path]:
    return sorted(room.folder.glob(".readers.draft-*"))


def test_what_an_editor_leaves_well_is_saved(digest: Terminal, room: Newsroom, monkeypatch):
    editor(room, monkeypatch, "text += '- new@example.org\\n'")
    assert digest("subscribers", "edit").code == 0
    assert lists(digest) == LIST + "- new@example.org\n"
    assert drafts(room) == []
    assert len(digest("subscribers", "restore", "readers.yaml", "--json").json) == 1


def test_what_an_editor_did_not_change_is_not_written(digest: Terminal, room, monkeypatch):
    editor(room, monkeypatch, "")
    before = (room.folder / "readers.yaml").stat()
    done = digest("subscribers", "edit", "bo@example.org")
    assert (done.code, done.err) == (0, "readers.yaml: nothing was changed\n")
    after = (room.folder / "readers.yaml").stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    monkeypatch.setenv("EDITOR", "false")
    assert digest("subscribers", "edit").code == 1
    monkeypatch.setenv("EDITOR", "/no/such/editor")
    assert digest("subscribers", "edit").code == 2
    assert drafts(room) == []


def test_errors_keep_the_list_and_the_draft_where_nobody_can_be_asked(digest, room, monkeypatch):
    editor(room, monkeypatch, "text += '- bad\\n'")
    done = digest("subscribers", "edit")
    assert done.code == 2
    assert done.lines[0].startswith("readers.yaml:9:3: email: 'bad' is no address")
    (draft,) = drafts(room)
    assert str(draft) in done.lines[-1]
    assert draft.read_text() == LIST + "- bad\n"
    assert lists(digest) == LIST


def test_a_list_that_was_changed_meanwhile_is_not_overwritten(digest, room, monkeypatch):
    other = room.folder / "readers.yaml"
    editor(room, monkeypatch, f"text += '- mine@example.org\\n'\n"
           f"open({str(other)!r}, 'a').write('- theirs@example.org\\n')")  # fmt: skip
    done = digest("subscribers", "edit")
    assert done.code == 75
    assert "changed by someone else meanwhile" in done.err
    assert lists(digest) == LIST + "- theirs@example.org\n"
    assert [draft.read_text() for draft in drafts(room)] == [LIST + "- mine@example.org\n"]


@pytest.mark.parametrize(("answer", "code"), [("e", 0), ("k", 2), ("t", 0)])
def test_a_person_is_asked_whether_to_mend_to_keep_or_to_throw_away(
    room, monkeypatch, answer, code
):
    """The editor writes a bad row at first, a good one when it is opened again."""
    mend = "text.replace('- bad', '- good@example.org')"
    script = f"text = {mend} if text.endswith('bad\\n') else text + '- bad\\n'"
    editor(room, monkeypatch, script)
    pid, terminal = pty.fork()
    if pid == 0:
        environ = {"PATH": os.environ["PATH"], "EDITOR": os.environ["EDITOR"], "TERM": "dumb"}
        config = str(room.folder / "config.yaml")
        command = [sys.executable, "-m", "digest", "-c", config, "subscribers", "edit"]
        os.execve(sys.executable, command, environ)
    said = _answer(terminal, answer)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == code, said
    text = (room.folder / "readers.yaml").read_text()
    assert text == (LIST + "- good@example.org\n" if answer == "e" else LIST)
    assert len(drafts(room)) == (1 if answer == "k" else 0)


def _answer(terminal: int, answer: str) -> str:
    """Type an answer as soon as it is asked for; gives all that was printed."""
    said = b""
    deadline = time.monotonic() + 60
    asked = False
    while time.monotonic() < deadline:
        if not select.select([terminal], [], [], 1)[0]:
            continue
        try:
            said += os.read(terminal, 4096)
        except OSError:  # the other end is closed
            break
        if not asked and b"away? " in said:
            asked = True
            os.write(terminal, answer.encode() + b"\n")
    os.close(terminal)
    return said.decode()
