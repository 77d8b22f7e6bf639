"""Adding or removing one reader leaves every other byte of a list as it was."""

from __future__ import annotations

import fcntl
import multiprocessing
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.errors import ListError, LockHeld, StorageError, UsageError
from digest.model.address import EmailAddress
from digest.model.subscriber import Subscriber
from digest.storage.lists import add_subscriber, load_subscribers, remove_subscriber
from digest.storage.lists.safe_write import lock_list
from tests.support.lists import config_for

NEW = EmailAddress.parse("new@example.org")
FIELDS = {"email": "new@example.org", "name": "Zoë, N", "themes": "A; B & C", "send_at": "8:30"}

LISTS = {
    "block.yaml": b"# top\n- email: a@x.org\n  name: 'A'  # first\n\n# second\n"
    b"- email: b@x.org\n# end\n",
    "crlf.yaml": b"- email: a@x.org\r\n  name: A\r\n",
    "open.yaml": b"- email: a@x.org\n  name: A",
    "flow.yaml": b"  - {email: a@x.org}\n  - {email: b@x.org, themes: [A,\n      B]}\n",
    "words.yaml": b"- a@x.org\n- b@x.org # b\n",
    "keyed.yaml": b"subscribers:\n  - email: a@x.org\n    themes:\n      - A\n      - B\n\n",
    "marked.yaml": b"\xef\xbb\xbf- email: a@x.org\n",
    "folded.yaml": b"- email: a@x.org\n  name: >-\n    A\n    B\n\n# end\n",
    "dash.yaml": b"-\n  email: a@x.org\n",
    "nobody.yaml": b"# nobody yet\n[]\n",
    "keyed_nobody.yaml": b"subscribers: []\n",
    "ended.yaml": b"---\n- email: a@x.org\n...\n",
    "brackets.yaml": b"[a@x.org, b@x.org]  # all\n",
    "objects.yaml": b"subscribers: [\n  {email: a@x.org, name: A},\n  {email: b@x.org},\n]\n",
    "comma.csv": b"email,name,themes,send_at,note\na@x.org,A,,,keep\n",
    "semicolon.csv": b"# c\nname;email;themes;send_at\nA;a@x.org;;\n\n",
    "tab.csv": b"email\tname\tthemes\tsend_at\na@x.org\tA\t\t\n",
    "quoted.csv": b'"email","name","themes","send_at"\r\n"a@x.org","A\r\nB","",""\r\n',
    "open.csv": b"email,name,themes,send_at\na@x.org,A,,",
    "header.csv": b"email,name,themes,send_at",
    "marked.csv": b"\xef\xbb\xbfemail,name,themes,send_at\na@x.org,A,,\n",
    "legacy.csv": "email,name,themes,send_at\na@x.org,Jörg,,\n".encode("cp1252"),
    "wide.csv": "\ufeffemail,name,themes,send_at\na@x.org,A,,\n".encode("utf-16-le"),
    "wide_open.csv": "\ufeffemail,name,themes,send_at\na@x.org,A,,".encode("utf-16-be"),
    "cr.csv": b"email,name,themes,send_at\ra@x.org,A,,\r",
}


def load(path: Path) -> tuple[Subscriber, ...]:
    return load_subscribers(config_for(path.parent, path.name)).subscribers


@pytest.mark.parametrize("name", LISTS)
def test_what_is_added_is_read_back_and_removed_without_a_trace(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(LISTS[name])
    before = load(path)
    added = add_subscriber(path, FIELDS)
    *rest, last = load(path)
    assert tuple(rest) == before
    assert (last.address, last.name, last.themes) == (NEW, "Zoë, N", ("A", "B & C"))
    assert str(last.send_at) == "08:30:00"
    assert added.line == last.line
    assert [r.line for r in remove_subscriber([path], NEW)] == [last.line]
    assert path.read_bytes() == LISTS[name]


@pytest.mark.parametrize("name", [n for n in LISTS if b"a@x.org" in LISTS[n].replace(b"\0", b"")])
def test_the_first_reader_goes_and_the_others_stay(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(LISTS[name])
    others = [s.address for s in load(path)][1:]
    assert len(remove_subscriber([path], EmailAddress.parse("A@x.org"))) == 1
    assert [s.address for s in load(path)] == others


def test_removal_keeps_comments_and_the_rest(tmp_path: Path) -> None:
    path = tmp_path / "block.yaml"
    path.write_bytes(LISTS["block.yaml"])
    remove_subscriber([path], EmailAddress.parse("b@x.org"))
    assert path.read_bytes() == LISTS["block.yaml"].replace(b"- email: b@x.org\n", b"")


def test_removal_takes_every_row_of_an_address_in_every_list(tmp_path: Path) -> None:
    one, two = tmp_path / "a.csv", tmp_path / "b.yaml"
    one.write_text("email\nnew@example.org\na@x.org\nNEW@example.org\n")
    two.write_text("- a@x.org\n- new@example.org\n")
    gone = remove_subscriber([one, two], NEW)
    assert [(r.path.name, r.line) for r in gone] == [("a.csv", 2), ("a.csv", 4), ("b.yaml", 2)]
    assert one.read_text() == "email\na@x.org\n"
    assert two.read_text() == "- a@x.org\n"
    assert remove_subscriber([one, two], NEW) == ()


def test_rows_beside_each_other_go_with_their_commas(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("[new@example.org, NEW@example.org, a@x.org, new@example.org]\n")
    assert len(remove_subscriber([path], NEW)) == 3
    assert path.read_text() == "[a@x.org]\n"


@pytest.mark.parametrize("name", ["new.yaml", "new.csv"])
def test_a_list_that_is_not_there_is_made(name: str, tmp_path: Path) -> None:
    add_subscriber(tmp_path / name, FIELDS)
    assert [s.address for s in load(tmp_path / name)] == [NEW]
    remove_subscriber([tmp_path / name], NEW)
    assert load(tmp_path / name) == ()


UNTOUCHED = {
    "known already": ("a.csv", "email\nNEW@Example.ORG\n", "on this list already"),
    "with problems": ("a.csv", "email\nbad\n", "no address"),
    "cut off": ("a.csv", 'email\n"a@x.org\n', "never closed"),
    "no letter for it": ("a.csv", "email,name,themes,send_at\na@x.org,\xf6,,\n", "encoding"),
    "problems in YAML": ("a.yaml", "- emial: a@x.org\n", "unknown key"),
    "empty": ("a.yaml", "", "is empty"),
}


@pytest.mark.parametrize("case", UNTOUCHED)
def test_what_cannot_be_changed_safely_is_left_alone(case: str, tmp_path: Path) -> None:
    name, content, words = UNTOUCHED[case]
    path = tmp_path / name
    raw = content.encode("cp1252")
    path.write_bytes(raw)
    fields = FIELDS | ({"name": "千代"} if case == "no letter for it" else {})
    with pytest.raises(ListError, match=words):
        add_subscriber(path, fields)
    assert path.read_bytes() == raw
    assert [p.name for p in tmp_path.iterdir() if p.suffix == ".tmp"] == []


def test_another_list_may_refuse_her(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("email\nnew@example.org\n")
    with pytest.raises(ListError, match="already"):
        add_subscriber(tmp_path / "b.yaml", {"email": str(NEW)}, others=[tmp_path / "a.csv"])
    assert not (tmp_path / "b.yaml").exists()


@pytest.mark.parametrize(
    "fields", [{"email": "bad"}, {"email": "a@x.org", "nick": "A"}, {"name": "A"}]
)
def test_wrong_fields_are_refused_before_the_list_is_opened(fields, tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        add_subscriber(tmp_path / "list.yaml", fields)
    assert list(tmp_path.iterdir()) == []


def test_the_mode_and_a_symbolic_link_are_kept(tmp_path: Path) -> None:
    real, link = tmp_path / "real.csv", tmp_path / "link.csv"
    real.write_text("email\na@x.org\n")
    real.chmod(0o640)
    link.symlink_to(real)
    add_subscriber(link, {"email": str(NEW)})
    assert link.is_symlink()
    assert real.stat().st_mode & 0o777 == 0o640
    assert real.read_text() == "email\na@x.org\nnew@example.org\n"


def test_a_lock_that_is_held_means_try_again(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    with (tmp_path / ".list.csv.lock").open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(LockHeld), lock_list(path, patience=0.05):
            pass


def test_a_folder_that_is_not_there_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="cannot be made"):
        add_subscriber(tmp_path / "gone" / "list.csv", {"email": str(NEW)})


def _add_many(path: Path, writer: int) -> None:
    for number in range(10):
        add_subscriber(path, {"email": f"w{writer}n{number}@example.org"})


def test_writers_at_once_lose_nobody(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("email\n")
    fork = multiprocessing.get_context("fork")
    writers = [fork.Process(target=_add_many, args=(path, n)) for n in range(3)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(30)
    assert {s.address.local for s in load(path)} == {
        f"w{w}n{n}" for w in range(3) for n in range(10)
    }


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


@settings(max_examples=120, deadline=None)
@given(
    name=TEXT.filter(lambda t: not t.startswith(("=", "#"))),
    themes=TEXT.filter(lambda t: "=" not in t and "#" not in t),
    kind=st.sampled_from([n for n in LISTS if n != "legacy.csv"]),
)
def test_any_value_survives_the_way_through_a_file(name, themes, kind, tmp_path_factory) -> None:
    """add then load gives the same reader; remove then gives the same bytes."""
    path = tmp_path_factory.mktemp("lists") / kind
    path.write_bytes(LISTS[kind])
    added = add_subscriber(path, {"email": str(NEW), "name": name, "themes": themes})
    assert load(path)[-1] == Subscriber(
        address=NEW, name=added.name, themes=added.themes, file=path.name, line=added.line
    )
    remove_subscriber([path], NEW)
    assert path.read_bytes() == LISTS[kind]
    os.unlink(path)
