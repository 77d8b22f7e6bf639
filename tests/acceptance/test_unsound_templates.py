"""A template set that would mislead every reader stops a run before the first letter."""

from __future__ import annotations

import pytest

from tests.support.newsroom import Newsroom, paper

HTML = '{% extends "daily/letter.mjml.j2" %}\n'
TEXT = '{% extends "daily/letter.txt.j2" %}\n'


def _block(name: str, content: str) -> str:
    return "{% block " + name + " %}" + content + "{% endblock %}"


MASTHEAD = "<tr><td><p>{}</p></td></tr>"
#: File of the set, its text, and what is said of it behind the file.
FAULTS = {
    "a field in a filter, in the subject": (
        "subject.txt.j2",
        "{{ edition.short_day }}: {{ field.papers | upper }}",
        "1: a merge field in the block 'subject' is changed on its way",
    ),
    "a field in a filter, in the page": (
        "letter.mjml.j2",
        HTML + _block("masthead", MASTHEAD.format("{{ field.papers | upper }}")),
        "2: a merge field in the block 'head' is changed on its way",
    ),
    "a field that is cut": (
        "letter.txt.j2",
        TEXT + "\n" + _block("masthead", "{{ field.papers | truncate(12) }}\n"),
        "3: a merge field in the block 'head' is changed on its way",
    ),
    "no way to leave in the page": (
        "letter.mjml.j2",
        HTML + _block("foot", "<tr><td>Bye</td></tr>"),
        "2: there is no unsubscribe link",
    ),
    "no way to leave in the text": (
        "letter.txt.j2",
        TEXT + _block("foot", "Bye\n"),
        "2: there is no unsubscribe link",
    ),
    "a script": (
        "letter.mjml.j2",
        HTML + _block("masthead", MASTHEAD.format("<script>alert(1)</script>")),
        "2: in the block 'head' there is a script",
    ),
    "a script in an attribute": (
        "letter.mjml.j2",
        HTML + _block("masthead", MASTHEAD.format('<b title="on" onclick="alert(1)">Hi</b>')),
        "2: in the block 'head' there is a script",
    ),
    "an empty subject": ("subject.txt.j2", "  ", "1: the subject is empty"),
    "titles let through": (
        "letter.mjml.j2",
        HTML + _block("contents", "{{ super() }}<tr><td>{{ leads[1].title | safe }}</td></tr>"),
        "2: the markup in a title is not escaped",
    ),
    "a block that is not closed": (
        "letter.mjml.j2",
        HTML + _block("more", "<tr><td>More</td></tr></table><table>"),
        "the block 'more' is not balanced",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_nothing_is_frozen_or_mailed_and_its_line_is_told(tmp_path, fault):
    file, text, told = FAULTS[fault]
    room = Newsroom(tmp_path)
    room.write_papers([paper(n) for n in range(8)])
    room.write(f"templates/lab/{file}", text)
    room.configure(templates="lab")
    others = (("send", "--date", "2026-11-23"), ("preview",)) if fault == "a script" else ()
    for words in (("run",), *others):
        done = room.run(*words)
        assert done.code == 2, done.err
        (line,) = [line for line in done.lines if line.startswith("digest: ")]
        assert line.startswith(f"digest: templates/lab/{file}:")
        assert told in line
    assert room.outbox() == []
    assert room.status("2026-11-23")["total"] == 0
    assert not (room.state / "preview").exists()
    checked = room.run("templates", "check", "lab")
    assert checked.code == 2
    assert told.partition(": ")[2] in checked.err


def test_warnings_are_silent_in_a_run(tmp_path):
    room = Newsroom(tmp_path)
    foot = '<tr><td><a href="{{ field.unsubscribe_url }}">Leave</a></td></tr>'
    room.write("templates/lab/letter.mjml.j2", HTML + _block("foot", foot))
    room.configure(templates="lab")
    assert "there is no link to preferences" in room.run("templates", "check", "lab").err
    done = room.run("run")
    assert done.code == 0
    assert "preferences" not in done.err
    assert len(room.outbox()) == 1


def test_a_frozen_edition_is_mailed_whatever_became_of_the_templates(tmp_path):
    room = Newsroom(tmp_path)
    room.write_readers([{"email": "ada@example.org", "send_at": "09:00"}])
    assert room.run("run").code == 0
    assert room.outbox() == []
    room.write("templates/daily/subject.txt.j2", "  ")
    room.later(hours=3)
    assert room.run("run").code == 0
    (letter,) = room.outbox()
    assert str(letter["Subject"]).strip()


def test_paper_text_that_looks_like_markup_or_handlers_stops_nothing(tmp_path):
    room = Newsroom(tmp_path)
    title = "<script>x</script> </td></table> \"onclick='x'> a<b &amp; {{7*7}} <!-- "
    room.write_papers([paper(n, f"{title}{n}", abstract=title) for n in range(3)])
    done = room.run("run")
    assert done.code == 0, done.err
    assert len(room.outbox()) == 1
