# ruff: noqa: E501
"""`digest subscribers check` tells every problem at once: where, what, how to mend."""

from __future__ import annotations

import pytest

from tests.support.newsroom import Newsroom
from tests.support.terminal import Terminal

# name -> (file, content, the line told, exit code)
PROBLEMS = {
    "malformed": ("a.csv", "email\nada@@x.org\n", "a.csv:2:1: email: 'ada@@x.org' is no address", 2),
    "two addresses": ("a.csv", 'email\n"a@x.org; b@x.org"\n', "(one row for each)", 2),
    "case": ("a.csv", "email\na@x.org\nA@X.org\n", "a.csv:3:1: warning: email: A@x.org is already at a.csv:2", 0),
    "IDN twin": ("a.csv", "email\na@bücher.example\na@XN--BCHER-KVA.example\n", "a.csv:3:1: warning: email: a@xn--bcher-kva.example is already at a.csv:2", 0),
    "slip": ("a.yaml", "- a@gmial.com\n", "a.yaml:1:3: warning: email: gmial.com may be a slip (did you mean gmail.com?)", 0),
    "unknown column": ("a.csv", "email,nmae\na@x.org,A\n", "a.csv:1:7: warning: nmae: unknown column, not read (did you mean name?)", 0),
    "unknown key": ("a.yaml", "- email: a@x.org\n  nmae: A\n", "a.yaml:2:3: nmae: unknown key (did you mean name?)", 2),
    "unknown theme": ("a.yaml", "- email: a@x.org\n  themes: [x, Robotcs & Embodied AI]\n", "no rule and no edition has had a theme 'Robotcs & Embodied AI' (did you mean Robotics & Embodied AI?)", 0),
    "time zone": ("a.yaml", "- email: a@x.org\n  timezone: Europe/Pari\n", "a.yaml:2:13: timezone: unknown time zone 'Europe/Pari' (did you mean Europe/Paris?)", 2),
    "hour": ("a.csv", "email,send_at\na@x.org,25:00\n", "a.csv:2:9: send_at: '25:00' is not a time of day", 2),
    "day": ("a.csv", "email,paused_until\na@x.org,soon\n", "a.csv:2:9: paused_until: 'soon' is no day", 2),
    "duplicate key": ("a.yaml", "- email: a@x.org\n  name: A\n  name: B\n", "a.yaml:3:3: name: this key is here twice", 2),
    "alias": ("a.yaml", "- &a\n  email: a@x.org\n- *a\n", "a.yaml:3:3: the alias is not taken here", 2),
    "tag": ("a.yaml", "- email: !!python/name:os.system\n", "a.yaml:1:10: email: the tag", 2),
    "tab": ("a.yaml", "- email: a@x.org\n\tname: A\n", "indent with spaces, not tabs", 2),
    "open quote": ("a.csv", 'email,name\na@x.org,"A\nb@x.org,B\n', "a.csv:2:9: the quote opened here is never closed", 2),
    "ragged": ("a.csv", "email,name\na@x.org,A,B\n", "a.csv:2:11: has 3 cells, the header has 2", 2),
    "cut off": ("a.csv", "email,name\na@x.org", "a.csv:2: the last row is cut off", 2),
    "mixed encodings": ("a.csv", "email,name\na@x.org,é\n".encode() + "b@x.org,é\n".encode("cp1252"), "a.csv:3:9: mixes UTF-8 with another encoding", 2),
    "another encoding": ("a.csv", "email,name\nb@x.org,é\n".encode("cp1252"), "a.csv:2:9: warning: is not UTF-8, so it is read as Windows-1252", 0),
    "formula": ("a.csv", "email,name\na@x.org,=1+1\n", "a.csv:2:9: name: is a spreadsheet formula (paste its value instead)", 2),
    "formula for an address": ("a.csv", "email\n#REF!\n", "a.csv:2:1: email: is a spreadsheet formula", 2),
    "empty": ("a.yaml", "", "a.yaml:1: is empty", 2),
}  # fmt: skip


@pytest.fixture
def digest(tmp_path, monkeypatch, capsys) -> Terminal:
    return Terminal(Newsroom(tmp_path), monkeypatch, capsys)


@pytest.mark.parametrize("case", PROBLEMS)
def test_a_problem_is_told_with_its_place_and_the_way_out(digest: Terminal, case: str):
    name, content, line, code = PROBLEMS[case]
    digest.room.write(name, content)
    done = digest("subscribers", "check", name)
    assert done.code == code
    assert line in done.out


def test_all_are_told_at_once_and_programs_get_them_as_json(digest: Terminal):
    rows = [row for name, row, _, _ in PROBLEMS.values() if name == "a.csv" and type(row) is str]
    bad = [row.split("\n")[1] for row in rows if row.startswith("email\n") and "x.org" in row]
    digest.room.write("all.csv", "\n".join(["email", *bad, "good@x.org", ""]))
    digest.room.configure(subscribers={"lists": ["all.csv"]})
    done = digest("subscribers", "check", "--json")
    assert done.code == 2
    told = done.json["problems"]
    assert {p["line"] for p in told if not p["warning"]} == {2, 3}
    assert all(p["file"] == "all.csv" and p["column"] and p["what"] for p in told)
    assert done.json["rows"] == len(bad) + 1


def test_what_is_no_problem_is_not_told(digest: Terminal):
    """YAML's `NO` and `8:30` are text; +tags keep two readers apart; a pattern may wait."""
    digest.room.write(
        "a.yaml",
        "- {email: a@x.org, name: NO, send_at: 8:30, themes: ['Tomorrow*']}\n"
        "- {email: a+lab@x.org, name: 1e3, themes: [Other, robotics & embodied ai]}\n"
        "- {email: a@mail.com}\n- {email: a@gmx.de}\n",
    )
    done = digest("subscribers", "check", "a.yaml")
    assert (done.code, done.out) == (0, "")
    digest.room.configure(subscribers={"lists": ["a.yaml"]})
    first, second, *_ = digest("subscribers", "list", "--json").json
    assert (first["name"], first["send_at"], second["name"]) == ("NO", "08:30", "1e3")
    assert second["email"] == "a+lab@x.org"


def test_a_theme_that_an_edition_had_is_known_and_one_told_once_counts_the_others(digest: Terminal):
    digest.room.configure(themes={"rules": [{"name": "Desk & Chair", "keywords": ["study"]}]})
    assert digest.room.run("compose").code == 0
    digest.room.configure(themes={"rules": []})
    digest.room.write("a.csv", "email,themes\n" + "".join(
        f"n{n}@x.org,Desk & Chair;Nobodys\n" for n in range(3)))  # fmt: skip
    (line,) = digest("subscribers", "check", "a.csv").out.splitlines()
    assert line.startswith("a.csv:2:10: warning: themes: no rule and no edition has had a theme")
    assert "'Nobodys', and 2 more rows" in line
