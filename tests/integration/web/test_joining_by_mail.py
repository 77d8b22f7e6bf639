"""A reader joins by a form and a letter; the form tells nobody who is on a list."""

from __future__ import annotations

import pytest

from digest.model import EmailAddress
from digest.storage.suppressions import Kind, suppress_address
from tests.support.newsroom import html_of, text_of
from tests.support.reader_site import ONE_CLICK, link_of, reader_site

ADA, NEW = "ada@example.org", "new@example.org"
HEADER = (
    "email,name,themes,keywords,exclude,frequency,timezone,send_at,max_papers,format,tags,"
    "interests,paused_until\n"
)


@pytest.fixture
def site(tmp_path):
    with reader_site(tmp_path) as served:
        yield served


def web_list(site) -> str:
    path = site.newsroom.folder / "web.csv"
    return path.read_text() if path.exists() else ""


def asked(site, address: str = NEW, **fields) -> str:
    """The link that a sign-up brings."""
    before = len(site.newsroom.outbox())
    assert site.post("/subscribe", email=address, **fields).status == 200
    hers = [mail for mail in site.mails(before + 1) if mail["To"] == address]
    return link_of(max(hers, key=lambda mail: mail["Date"].datetime))


def suppress(site, address: str, kind: Kind) -> None:
    given = {"reason": "told", "source": "test", "at": site.house.clock(), "kind": kind}
    suppress_address(site.house.database, EmailAddress.parse(address), **given)


def test_a_form_and_a_letter_put_her_on_the_programs_own_list(site):
    link = asked(
        site,
        name="Nora Néw",
        themes=["Time Series & Tabular Data", "Speech & Audio"],
        keywords="cats, dogs; fish",
        frequency="weekly",
        send_at="08:30:00",
        timezone="Europe/Paris",
        format="text",
    )
    assert web_list(site) == "", "nothing is stored before she confirms"
    page = site.ask("GET", link)
    assert page.status == 200
    assert all(
        word in page.text
        for word in (NEW, "Time Series &amp; Tabular Data", "cats, dogs, fish", "Once a week")
    )
    assert site.ask("HEAD", link).status == 200
    for body in ("", "x=y", "confirm="):
        assert site.ask("POST", link, body).status == 400
    assert web_list(site) == "", "programs that try links look at them, and some post"
    assert 'name="confirm"' in page.text
    done = site.post(link, confirm="yes")
    assert done.status == 200
    themes, rest = "Time Series & Tabular Data;Speech & Audio", "weekly,Europe/Paris,08:30,,text,,,"
    assert web_list(site) == f"{HEADER}{NEW},Nora Néw,{themes},cats;dogs;fish,,{rest}\n"
    assert site.post(link, confirm="yes").telling == done.telling, "twice is as once"
    assert web_list(site).count(NEW) == 1
    assert site.newsroom.run("subscribers", "check").code == 0


def test_the_box_asks_for_an_address_alone(site):
    assert site.post(asked(site), confirm="yes").status == 200
    assert web_list(site) == f"{HEADER}{NEW},,,,,,,,,,,,\n"


def test_the_letter_answers_one_person_and_is_no_bulk_mail(site):
    asked(site)
    [mail] = site.mails(1)
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["From"] == "Daily Papers <papers@example.org>"
    assert mail["Subject"] == "Please confirm: Daily Papers"
    assert mail["Date"].datetime == site.house.clock()
    assert mail["Message-ID"].endswith("@example.org>")
    assert not any(name.startswith("List-") for name in mail)
    assert f'href="https://papers.example.org{link_of(mail)}"' in html_of(mail)
    assert "48 hours" in text_of(mail)
    assert "48 hours" in html_of(mail)


def test_the_page_says_the_same_whoever_is_on_a_list(site):
    """On a list, suppressed, unknown, over the limit, or a program that fills in everything."""
    suppress(site, "hand@example.org", Kind.HAND)
    suppress(site, "spam@example.org", Kind.COMPLAINT)
    whom = [ADA, NEW, "hand@example.org", "spam@example.org", *[ADA] * 4]
    answers = []
    for address in whom:
        answers.append(site.post("/subscribe", email=address).telling)
        site.posted()
        site.later(seconds=1)
    answers.append(site.post("/subscribe", email="bot@example.org", website="x").telling)
    assert answers[0][0] == 200
    assert all(answer == answers[0] for answer in answers)
    to = [str(mail["To"]) for mail in site.mails(4)]
    assert to == [ADA, ADA, ADA, NEW], "three letters a day to one address, and none to the others"


def test_who_is_on_a_list_already_is_told_so_by_mail(site):
    link = asked(site, ADA)
    assert link.startswith("/p/")
    assert ADA in site.ask("GET", link).text
    assert web_list(site) == ""


def test_a_network_that_asks_too_often_is_told_to_wait(tmp_path):
    web = {"list": "web.csv", "forms_per_network": 3}
    with reader_site(tmp_path, web=web) as site:
        of = {"X-Forwarded-For": "203.0.113.7"}
        body = "email=n%40example.org"
        assert [site.ask("POST", "/subscribe", body, of).status for _ in range(5)] == [
            *(200, 200, 200, 429, 429)
        ]
        same = {"X-Forwarded-For": "198.51.100.1, 203.0.113.200"}
        assert site.ask("POST", "/subscribe", body, same).status == 429
        other = {"X-Forwarded-For": "198.51.100.1"}
        assert site.ask("POST", "/subscribe", body, other).status == 200


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", ""),
        ("email", "nobody"),
        ("email", "a@example.org, b@example.org"),
        ("email", "a@example.org\r\nBcc: b@example.org"),
        ("email", "=cmd@example.org"),
        ("email", '"a b"@example.org'),
        ("name", "Nora\r\nBcc: b@example.org"),
        ("name", "=HYPERLINK(1)"),
        ("name", "x;=cmd|' /C calc'!A0"),  # a cell of its own, where semicolons part cells
        ("name", "x" * 300),
        ("themes", "No such theme"),
        ("keywords", "+1; cats"),
        ("keywords", ";".join("abcdefghijklmnopqrstuvwxyz0123456789")),
        ("frequency", "hourly"),
        ("frequency", "paused"),
        ("send_at", "25:00"),
        ("timezone", "Mars/Olympus"),
        ("format", "pdf"),
    ],
)
def test_a_wrong_value_is_told_at_its_field_and_mails_nobody(site, field, value):
    answer = site.post("/subscribe", **{"email": NEW, field: value})
    assert answer.status == 422
    assert f'id="{field}-wrong"' in answer.text
    assert "No such theme" not in answer.text, "it is none of those to choose among"
    site.mails(0)


def test_a_form_cannot_set_what_is_not_on_it(site):
    """Interests may be paths, tags are the owner's."""
    site.post(
        asked(site, interests="/etc/passwd", tags="admin", exclude="x", max_papers="1"),
        confirm="yes",
    )
    assert web_list(site) == f"{HEADER}{NEW},,,,,,,,,,,,\n"


def test_a_link_ends_in_time(site):
    link = asked(site)
    site.later(hours=47)
    assert site.ask("GET", link).status == 200
    site.later(hours=2)
    assert site.ask("GET", link).status == 404
    assert site.post(link, confirm="yes").status == 404
    assert web_list(site) == ""


def test_a_link_is_overtaken_by_a_later_leaving_and_not_by_an_earlier(site):
    early = asked(site, keywords="owls", send_at="7:00")
    assert site.post(early, confirm="yes").status == 200
    site.later(minutes=1)
    assert site.ask("POST", site.unsubscribe(NEW), ONE_CLICK).status == 200
    assert site.ask("GET", early).status == 404
    assert site.post(early, confirm="yes").status == 404
    assert len(site.suppressed()) == 1
    site.later(minutes=1)
    late = asked(site, frequency="weekly")
    assert late.startswith("/confirm/"), "who has left is asked again, though her row is there"
    assert site.post(late, confirm="yes").status == 200
    assert site.suppressed() == []
    assert web_list(site) == f"{HEADER}{NEW},,,,,weekly,,,,,,,\n", "as she asked this time"


@pytest.mark.parametrize("hours", [0, -1])
def test_a_used_link_brings_nobody_back_although_the_clock_stands_or_goes_back(site, hours):
    link = asked(site)
    assert site.post(link, confirm="yes").status == 200
    site.later(hours=hours)
    assert site.ask("POST", site.unsubscribe(NEW), ONE_CLICK).status == 200
    site.later(hours=-hours)
    assert site.post(link, confirm="yes").status == 404
    assert len(site.suppressed()) == 1
    site.later(seconds=1)
    assert site.post(asked(site), confirm="yes").status == 200, "who asks anew comes back"
    assert site.suppressed() == []


@pytest.mark.parametrize(
    ("kind", "status"),
    [(Kind.BOUNCE, 200), (Kind.HAND, 404), (Kind.COMPLAINT, 404)],
)
def test_what_she_may_undo_is_what_her_mailbox_did_not_what_a_person_decided(site, kind, status):
    link = asked(site)
    suppress(site, NEW, kind)
    assert site.post(link, confirm="yes").status == status
    assert bool(site.suppressed()) == (status == 404)
    assert (NEW in web_list(site)) == (status == 200)


def test_a_list_with_mistakes_is_not_touched_and_she_may_come_again(site):
    link = asked(site)
    bad = HEADER + "x\n"
    site.newsroom.write("web.csv", bad)
    answer = site.post(link, confirm="yes")
    assert answer.status == 503
    assert web_list(site) == bad
    site.newsroom.write("web.csv", HEADER)
    assert site.post(link, confirm="yes").status == 200


def test_where_nobody_signs_up_there_is_no_form(tmp_path):
    with reader_site(tmp_path, web={"list": "web.csv", "sign_up": False}) as site:
        assert site.ask("GET", "/subscribe").status == 404
        assert site.post("/subscribe", email=NEW).status == 404
        site.mails(0)
        for path in (site.preferences(ADA), site.unsubscribe(ADA), "/u/x", "/nothing"):
            assert "/subscribe" not in site.ask("GET", path).text, "no page leads there"


def test_one_mailbox_is_not_flooded_by_tags(site):
    """ada+1@ and ada+2@ reach one person."""
    for number in range(5):
        assert site.post("/subscribe", email=f"Nora+{number}@example.org").status == 200
    site.mails(3)


def test_long_choices_in_any_script_come_through(site):
    """Each letter of some takes nine octets of a form."""
    words = ";".join("机器学习" * 3 + str(n) for n in range(30))
    everything = site.room.themes
    assert len(words) < 500
    link = asked(site, name="名" * 200, keywords=words, themes=[*everything, *everything])
    assert site.post(link, confirm="yes").status == 200
    assert words in web_list(site)
    assert ";".join(everything) in web_list(site).replace('"', "")
