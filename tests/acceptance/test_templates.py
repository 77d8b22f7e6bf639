"""`digest templates` from outside: which sets there are, a copy of one, what is wrong with it."""

from __future__ import annotations

import pytest

from tests.support.newsroom import Newsroom, html_of, paper, text_of

EXTENDS = '{% extends "daily/letter.mjml.j2" %}\n'


def test_the_list_says_where_each_set_comes_from_and_what_it_serves(tmp_path):
    room = Newsroom(tmp_path)
    room.write("templates/lab/style.css.j2", "p{margin:0}")
    room.write("templates/daily/subject.txt.j2", "{{ field.lead_title }}")
    room.configure(templates={"daily": "lab"})
    lines = room.run("templates", "list").out.splitlines()
    assert "* lab\town\tthe dailies" in lines
    assert "  daily\town over shipped" in lines
    assert "* weekly\tshipped\tthe weekly edition" in lines
    told = {each["name"]: each for each in room.run("templates", "list", "--json").json}
    assert told["daily"]["own"] == ["subject.txt.j2"]
    assert told["lab"]["used_for"] == ["daily"]
    assert told["weekly"]["origin"] == "shipped"


def test_a_copy_is_whole_sound_and_used_when_the_config_says_so(tmp_path):
    room = Newsroom(tmp_path)
    done = room.run("templates", "copy", "weekly", "friday")
    assert done.code == 0, done.err
    made = {path.name for path in (tmp_path / "templates/friday").iterdir()}
    assert {"letter.mjml.j2", "letter.txt.j2", "paper.mjml.j2", "style.css.j2"} <= made
    assert len(done.out.splitlines()) == len(made)
    assert "digest templates check friday" in done.err
    assert room.run("templates", "check", "friday").code == 0
    room.configure(templates={"weekly": "friday"})
    assert "* friday\town\tthe weekly edition" in room.run("templates", "list").out


@pytest.mark.parametrize(
    ("words", "used", "hint", "setting"),
    [
        (("daily", "x"), None, "may be deleted: it then comes from the shipped daily", "x"),
        (("daily",), None, "may be deleted: it then comes from the shipped daily", ""),
        (("weekly", "x"), None, "keep all files: what is missing comes from the", "{weekly: x}"),
        (("weekly",), None, "may be deleted: it then comes from the shipped weekly", ""),
        (("plain", "x"), None, "keep all files: what is missing comes from the shipped daily", "x"),
        (("weekly", "x"), "plain", "keep all files", "{daily: plain, weekly: x}"),
        (("daily", "x"), {"weekly": "plain"}, "may be deleted", "{daily: x, weekly: plain}"),
        (
            ("pages", "x"),
            None,
            "may be deleted: it then comes from the shipped pages",
            "{pages: x}",
        ),
        (("pages", "x"), "plain", "may be deleted", "{daily: plain, pages: x}"),
    ],
)
def test_a_copy_says_truly_what_may_be_deleted_and_what_to_write(
    tmp_path, words, used, hint, setting
):
    room = Newsroom(tmp_path)
    if used:
        room.configure(templates=used)
    told = room.run("templates", "copy", *words).err
    assert hint in told
    line = "to use it, write into config.yaml"
    assert f"{line} `templates: {setting}`\n" in told if setting else line not in told


def test_a_set_of_one_file_dresses_the_weekly_letter(tmp_path):
    room = Newsroom(tmp_path)
    style = "{% block style %}{{ super() }}.first{color:#7a1fa2}{% endblock %}"
    room.write("templates/friday/letter.mjml.j2", '{% extends "weekly/letter.mjml.j2" %}\n' + style)
    done = room.run("templates", "check", "friday")
    assert (done.code, done.err) == (0, "template set friday is fine\n")


def test_a_set_of_pages_is_checked_as_pages(tmp_path):
    room = Newsroom(tmp_path)
    room.configure(templates={"pages": "lab"})
    room.write("templates/lab/style.css.j2", "p{margin:0}")
    assert room.run("templates", "check", "lab").err == "template set lab is fine\n"
    page = '{% extends "pages/message.html.j2" %}{% block main %}<p style="x">{{ title | safe }}'
    room.write("templates/lab/message.html.j2", page + "{% endblock %}")
    told = room.run("templates", "check", "lab")
    assert told.code == 2
    where = "digest: templates/lab/message.html.j2"
    assert told.err.splitlines() == [
        f"{where}: the markup in a fact is not escaped (take |safe away, and quote attributes)",
        f"{where}: has a style that is no file (write it into style.css.j2)",
    ]
    assert "* lab\town\tthe pages" in room.run("templates", "list").out


def test_one_file_is_enough(tmp_path):
    room = Newsroom(tmp_path)
    done = room.run("templates", "copy", "daily", "--file", "style.css.j2")
    assert done.code == 0, done.err
    assert [p.name for p in (tmp_path / "templates/daily").iterdir()] == ["style.css.j2"]
    style = tmp_path / "templates/daily/style.css.j2"
    style.write_text(style.read_text("utf-8").replace("#0b57c2", "#7a1fa2"), "utf-8")
    assert room.run("run").code == 0
    assert "#7a1fa2" in html_of(room.outbox()[0])


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("daily", "../../etc"), 2, "is no name for a template set"),
        (("daily", ".hidden"), 2, "is no name for a template set"),
        (("dialy", "mine"), 2, "did you mean daily?"),
        (("daily", "mine", "--file", "stile.css.j2"), 2, "did you mean style.css.j2?"),
        (("daily", "taken"), 2, "taken/style.css.j2: is there already; nothing was copied"),
        (("daily", "linked"), 2, "linked: is a symbolic link; nothing was copied"),
        (("daily", "dangling"), 2, "subject.txt.j2: is a symbolic link; nothing was copied"),
        (("daily", "file"), 1, "cannot be written"),
    ],
)
def test_nothing_is_overwritten_and_no_link_is_followed(tmp_path, words, code, told):
    room = Newsroom(tmp_path / "news")
    room.write("templates/taken/style.css.j2", "mine")
    (tmp_path / "outside").mkdir()
    (tmp_path / "news/templates/linked").symlink_to(tmp_path / "outside")
    room.write("templates/dangling/x.css", "")
    (tmp_path / "news/templates/dangling/subject.txt.j2").symlink_to(tmp_path / "outside/nothing")
    room.write("templates/file", "not a folder")
    before = sorted(tmp_path.rglob("*"))
    done = room.run("templates", "copy", *words)
    assert done.code == code
    assert done.out == ""
    (line,) = done.lines
    assert line.startswith("digest: ")
    assert told in line
    assert sorted(tmp_path.rglob("*")) == before
    assert (tmp_path / "news/templates/taken/style.css.j2").read_text() == "mine"


def test_check_tells_every_fault_in_a_line_and_ends_with_2(tmp_path):
    room = Newsroom(tmp_path)
    foot = "{% block foot %}<tr><td>Bye</td></tr>{% endblock %}"
    room.write("templates/lab/letter.mjml.j2", EXTENDS + foot)
    done = room.run("templates", "check", "lab")
    assert done.code == 2
    assert "digest: templates/lab/letter.mjml.j2:2: there is no unsubscribe link" in done.err
    told = room.run("templates", "check", "lab", "--json")
    assert told.code == 2
    (checked,) = told.json
    assert checked["set"] == "lab"
    assert {(p["line"], p["warning"]) for p in checked["problems"]} == {(2, False), (2, True)}


def test_a_set_with_warnings_works_and_is_not_called_fine(tmp_path):
    room = Newsroom(tmp_path)
    room.write("templates/lab/lettr.mjml.j2", EXTENDS)
    room.write("templates/lab/subject.txt.j2", "Papers of\nthe day")
    done = room.run("templates", "check", "lab")
    assert done.code == 0
    *warnings, last = done.err.splitlines()
    assert last == "template set lab works, with 3 warnings"
    assert len(warnings) == 3
    assert all(": warning: " in line for line in warnings)
    assert "templates/lab/lettr.mjml.j2: warning: is used by no template of the set" in done.err


def test_check_and_doctor_look_at_all_sets_in_use(tmp_path):
    room = Newsroom(tmp_path)
    assert room.run("templates", "check").err.splitlines() == [
        "template set daily is fine",
        "template set weekly is fine",
        "template set pages is fine",
    ]
    room.write("templates/week/letter.txt.j2", "{{ unclosed")
    room.configure(templates={"weekly": "week"})
    assert room.run("templates", "check").code == 2
    told = room.run("doctor", "--offline")
    assert told.code == 1
    assert "set daily compiles, for the dailies" in told.out
    assert "set pages compiles, for the pages" in told.out
    assert "templates/week/letter.txt.j2:1" in told.out


@pytest.mark.parametrize(
    ("templates", "words"),
    [
        ("dialy", "config.yaml: templates.daily: 'dialy': is not a template set (did you mean"),
        (
            {"weekly": "weakly"},
            "templates.weekly: 'weakly': is not a template set (did you mean we",
        ),
        ({"weeekly": "daily"}, "did you mean weekly?"),
        (["daily"], "must be a template set's name, or a mapping of daily, weekly and pages"),
    ],
)
def test_a_set_that_is_not_there_is_told_with_the_nearest_name(tmp_path, templates, words):
    room = Newsroom(tmp_path)
    room.configure(templates=templates)
    told = room.run("doctor", "--offline")
    assert told.code in (1, 2)
    assert words in told.out + told.err


@pytest.mark.parametrize(
    ("templates", "daily", "weekly"),
    [
        (None, "2026", "The week in numbers"),
        ("lab", "Lab look", "The week in numbers"),
        ({"daily": "lab", "weekly": "lab"}, "Lab look", "Lab look"),
        ({"weekly": "lab"}, "2026", "Lab look"),
    ],
)
def test_the_config_names_a_set_for_days_and_one_for_weeks(tmp_path, templates, daily, weekly):
    room = Newsroom(tmp_path, now="2026-11-26T06:00:00+00:00")
    room.write(
        "templates/lab/letter.txt.j2",
        '{% extends "daily/letter.txt.j2" %}{% block masthead %}Lab look\n{% endblock %}',
    )
    if templates:
        room.configure(templates=templates)
    kinds = ("daily", "weekly")
    room.write_readers([{"email": f"{kind}@example.org", "frequency": kind} for kind in kinds])
    for day in (26, 27):  # Thursday, Friday
        papers = [paper(10 * day + n, title=f"Study {n} of {day}") for n in range(4)]
        room.write_papers(papers)
        assert room.run("run").code == 0
        room.later(days=1)
    last = {str(letter["To"]): text_of(letter) for letter in room.outbox()}
    assert daily in last["daily@example.org"]
    assert "The week in numbers" not in last["daily@example.org"]
    assert weekly in last["weekly@example.org"]
    shown = room.run("editions", "show", "2026-W48", "--json").json
    assert shown["template_set"] == ("lab" if weekly == "Lab look" else "weekly")
    assert [each["papers"] for each in shown["days"]] == [4, 4]
