"""A reader sees and changes her own choices by the link in each of her letters."""

from __future__ import annotations

import pytest
import yaml

from digest.app.wishes import Wishes
from digest.model import EmailAddress
from digest.storage.secret_key import rotate_keys
from tests.support.reader_site import ONE_CLICK, reader_site

ADA = "ada@example.org"
HERS = {
    "email": "Ada@Example.org",
    "name": "Ada Example",
    "themes": ["Birds"],
    "keywords": ["owls"],
    "tags": ["lab"],
    "interests": ["arxiv:2403.01234"],
    "send_at": "07:15",
}
EVE = {"email": "eve@example.org", "paused_until": "further notice"}
FORM = {
    "themes": ["Birds", "Speech & Audio"],
    "keywords": "owls; cats",
    "frequency": "weekdays",
    "paused_until": "2026-12-24",
    "send_at": "06:00",
    "timezone": "Asia/Tokyo",
    "format": "text",
}


@pytest.fixture
def site(tmp_path):
    with reader_site(tmp_path) as served:
        served.newsroom.write_readers([{"email": "first@example.org"}, HERS, EVE])
        yield served


def rows(site) -> list[dict[str, object]]:
    return yaml.load((site.newsroom.folder / "readers.yaml").read_text(), yaml.BaseLoader)


def test_the_page_shows_her_choices_and_to_look_changes_nothing(site):
    before = (site.newsroom.folder / "readers.yaml").read_bytes()
    page = site.ask("GET", site.preferences(ADA))
    assert page.status == 200
    assert all(f'value="{value}"' in page.text for value in ("Birds", "owls", "07:15"))
    assert "2403.01234" not in page.text
    assert site.ask("POST", site.preferences(ADA), "").status == 400
    assert site.ask("POST", site.preferences(ADA), ONE_CLICK).status == 400
    assert (site.newsroom.folder / "readers.yaml").read_bytes() == before


def test_what_she_chooses_stands_in_her_row_and_nothing_else_moves(site):
    answer = site.post(site.preferences(ADA), **FORM)
    assert answer.status == 200
    first, hers, eve = rows(site)
    assert (first, eve) == ({"email": "first@example.org"}, EVE)
    assert hers == {
        **HERS,
        "themes": ["Birds", "Speech & Audio"],
        "keywords": ["owls", "cats"],
        "frequency": "weekdays",
        "paused_until": "2026-12-24",
        "send_at": "06:00",
        "timezone": "Asia/Tokyo",
        "format": "text",
    }
    assert site.newsroom.run("subscribers", "check").code == 0


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("themes", "Nonsense"),
        ("keywords", "=1"),
        ("frequency", "never"),
        ("paused_until", "tomorrow"),
        ("send_at", "noon"),
        ("timezone", "Paris"),
        ("format", "x"),
    ],
)
def test_a_wrong_value_is_told_at_its_field_and_writes_nothing(site, field, value):
    before = rows(site)
    answer = site.post(site.preferences(ADA), **FORM | {field: value})
    assert answer.status == 422
    assert f'id="{field}-wrong"' in answer.text
    assert rows(site) == before


def test_a_form_never_writes_paths_or_tags(site):
    site.post(site.preferences(ADA), **FORM, interests="/etc/passwd", tags="x", email="x@x.org")
    hers = rows(site)[1]
    assert {name: hers[name] for name in ("email", "tags", "interests")} == {
        name: HERS[name] for name in ("email", "tags", "interests")
    }


def test_a_pause_without_an_end_stays_while_no_day_is_given(site):
    site.post(site.preferences("eve@example.org"), frequency="daily", format="html", send_at="")
    assert rows(site)[2]["paused_until"] == "further notice"


@pytest.mark.both
def test_a_pause_holds_for_letters_that_no_run_has_begun(site):
    site.freeze("ada", "first")
    site.post(site.preferences(ADA), **FORM)
    states = "SELECT address, state FROM delivery ORDER BY address"
    assert site.rows(states) == [(ADA, "skipped"), ("first@example.org", "pending")]


def test_a_day_before_the_edition_skips_nothing(site):
    site.freeze("ada")
    site.post(site.preferences(ADA), **FORM | {"paused_until": "2026-11-23"})
    assert site.rows("SELECT state FROM delivery") == [("pending",)]


def test_who_has_left_or_is_on_no_list_sees_no_choices(site):
    assert site.ask("GET", site.preferences("nobody@example.org")).status == 410
    assert site.ask("POST", site.unsubscribe(ADA), ONE_CLICK).status == 200
    for answer in (
        site.ask("GET", site.preferences(ADA)),
        site.post(site.preferences(ADA), **FORM),
    ):
        assert answer.status == 410
        assert "You are not subscribed" in answer.text
    assert rows(site)[1] == HERS


def test_nothing_is_called_saved_whose_row_went_while_she_chose(site):
    preferences = site.room.preferences
    found = preferences.find(site.house.reader_id(EmailAddress.parse(ADA)))
    site.newsroom.write_readers([{"email": "first@example.org"}])
    wishes = Wishes(fields={"frequency": "weekly"}, values={"frequency": "weekly"})
    assert preferences.change("any", found, wishes) is False
    assert rows(site) == [{"email": "first@example.org"}]


def test_the_way_out_of_the_page_is_the_link_that_only_leaves(site):
    assert f'href="{site.unsubscribe(ADA)}"' in site.ask("GET", site.preferences(ADA)).text


def test_every_wrong_link_gets_one_and_the_same_answer(site):
    good = site.preferences(ADA)
    answers = [
        site.ask(method, path + more, body).telling
        for method, body in (("GET", None), ("POST", "frequency=daily"))
        for path in (good[:-1], f"/p/{'A' * 22}.{'A' * 22}", "/p/x", f"/confirm{good[2:]}")
        for more in (("", "/delete") if path.startswith("/p/") else ("",))
    ]
    assert answers[0][0] == 404
    assert all(answer == answers[0] for answer in answers)


@pytest.mark.both
def test_deleting_her_takes_her_off_every_list_and_out_of_the_ledger(site):
    site.newsroom.configure(subscribers={"lists": ["readers.yaml"]})
    site.newsroom.write("web.csv", f"email,name\n{ADA},Ada\nbob@example.org,Bob\n")
    site.freeze("ada", "bob")
    link = f"{site.preferences(ADA)}/delete"
    page = site.ask("GET", link)
    assert "Ada@example.org" in page.text
    for body in ("", "x=y", "delete="):
        assert site.ask("POST", link, body).status == 400, "it is not the page's button"
    assert len(rows(site)) == 3, "to look changes nothing"
    assert 'name="delete"' in page.text
    assert site.post(link, delete="yes").status == 200
    assert [row["email"] for row in rows(site)] == ["first@example.org", "eve@example.org"]
    assert (site.newsroom.folder / "web.csv").read_text() == "email,name\nbob@example.org,Bob\n"
    hers = site.reader_id(ADA)
    assert site.suppressed()[0][:3] == ("", hers, "unsubscribe")
    ledger = "SELECT address_key, address, name, state FROM delivery ORDER BY address"
    assert site.rows(ledger) == [
        (f"deleted:{hers}", "", "", "suppressed"),
        ("bob@example.org", "bob@example.org", "Bob", "pending"),
    ]
    if not site.house.database.is_shared:
        site.house.drop_database()
        assert b"ada@example" not in (site.newsroom.state / "digest.db").read_bytes()
    assert site.post(link, delete="yes").status == 200, "twice is as once"
    assert len(site.suppressed()) == 1


def test_who_had_herself_deleted_stays_out_of_an_edition_although_an_old_list_comes_back(site):
    assert site.post(f"{site.preferences(ADA)}/delete", delete="yes").status == 200
    site.newsroom.write_readers([{"email": "first@example.org"}, HERS])
    assert site.newsroom.run("run").code == 0
    assert [str(mail["To"]) for mail in site.newsroom.outbox()] == ["first@example.org"]


def test_a_rotated_key_signs_at_once_and_old_links_go_on_working(site):
    old = site.preferences(ADA)
    rotate_keys(site.newsroom.state, None)
    assert site.preferences(ADA) != old, "the site has the new key"
    assert site.ask("GET", old).status == site.ask("GET", site.preferences(ADA)).status == 200
    assert f'action="{site.preferences(ADA)}"' in site.ask("GET", old).text


def test_while_a_list_cannot_be_read_nobody_is_told_that_she_is_on_none(site):
    good = (site.newsroom.folder / "readers.yaml").read_bytes()
    site.newsroom.write("readers.yaml", good + b"- email: [\n")
    assert site.ask("GET", site.preferences(ADA)).status == 503
    assert site.post(site.preferences(ADA), **FORM).status == 503
    site.newsroom.write("readers.yaml", good)
    assert site.ask("GET", site.preferences(ADA)).status == 200


def test_a_fault_is_told_in_the_log_without_the_link(site, caplog):
    site.newsroom.write("templates/pages/preferences.html.j2", "{{ 1 / 0 }}")
    site.house.__dict__.pop("page_templates")
    answer = site.ask("GET", site.preferences(ADA))
    assert answer.status == 500
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    [record] = caplog.records
    assert record.getMessage().startswith("GET /p/...: TemplateError: ")
    assert site.preferences(ADA)[3:] not in caplog.text


@pytest.fixture
def board(tmp_path):
    """A site whose one list chooses for its readers."""
    chosen = {"path": "readers.yaml", "themes": ["Birds"], "send_at": "7:30", "frequency": "weekly"}
    with reader_site(tmp_path, subscribers={"lists": [chosen]}) as served:
        served.newsroom.write_readers([{"email": ADA, "keywords": ["red, green"]}, EVE])
        yield served


SHOWN = {
    "themes": "Birds",
    "keywords": "red, green",
    "frequency": "weekly",
    "paused_until": "",
    "send_at": "07:30",
    "timezone": "",
    "format": "html",
}


def effective(site) -> dict[str, object]:
    return next(
        row
        for row in site.newsroom.run("subscribers", "list", "--json").json
        if row["email"] == ADA
    )


def test_what_she_did_not_touch_on_the_page_stays_as_the_list_has_it(board):
    before = rows(board)
    assert board.post(board.preferences(ADA), **SHOWN).status == 200
    assert rows(board) == before
    board.post(board.preferences(ADA), **SHOWN | {"format": "text"})
    assert rows(board)[0] == before[0] | {"format": "text"}


def test_what_her_list_chose_can_be_chosen_away_on_the_page(board):
    """No theme ticked and no word typed is every paper, as the page says, on any list."""
    board.post(
        board.preferences(ADA),
        **SHOWN | {"themes": [], "keywords": "", "frequency": "daily", "send_at": ""},
    )
    assert rows(board)[0] == {
        "email": ADA,
        "themes": ["none"],
        "send_at": "none",
        "frequency": "daily",
    }
    hers = effective(board)
    assert (hers["themes"], hers["keywords"], hers["send_at"]) == ([], [], None)
    assert hers["frequency"] == "daily"
    assert 'value="none"' not in board.ask("GET", board.preferences(ADA)).text
    assert board.newsroom.run("subscribers", "check").code == 0
