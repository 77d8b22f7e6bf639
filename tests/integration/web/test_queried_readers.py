"""A reader whose row is the answer of a query sees whom to ask, and can leave by herself."""

from __future__ import annotations

import pytest

from tests.support.members import KINDS, members_in
from tests.support.reader_site import ONE_CLICK, reader_site

ADA, BO, FILED = "ada@example.org", "bo@example.org", "filed@example.org"


@pytest.fixture(params=KINDS)
def members(request, tmp_path):
    with members_in(request.param, tmp_path) as found:
        found.do("INSERT INTO members VALUES (%s, %s, %s)", rows=[(ADA, "", ""), (BO, "", "")])
        yield found


@pytest.fixture
def site(tmp_path, members):
    lists = {"lists": ["readers.yaml", members.entry()]}
    with reader_site(tmp_path, subscribers=lists) as served:
        served.newsroom.write_readers([{"email": FILED}])
        yield served


def test_her_page_says_whom_to_write_to_and_takes_no_form(site):
    page = site.ask("GET", site.preferences(ADA))
    assert page.status == 200
    assert "mailto:papers@example.org" in page.text
    assert "<form" not in page.text
    answer = site.post(site.preferences(ADA), frequency="weekly", format="html")
    assert answer.status == 409
    assert "mailto:papers@example.org" in answer.text
    assert site.post(site.preferences(FILED), frequency="weekly", format="html").status == 200
    assert "weekly" in (site.newsroom.folder / "readers.yaml").read_text()


def test_she_leaves_and_has_herself_deleted_as_everybody(site):
    assert site.ask("POST", site.unsubscribe(ADA), ONE_CLICK).status == 200
    assert site.post(site.preferences(BO) + "/delete", delete="yes").status == 200
    for address in (ADA, BO):
        page = site.ask("GET", site.preferences(address))
        assert "You are not subscribed" in page.text
    assert len(site.suppressed()) == 2
    assert site.newsroom.run("send").code == 0
    assert [str(each["To"]) for each in site.newsroom.outbox()] == [FILED]


def test_while_the_database_is_away_others_are_served_and_leaving_works(site, members):
    members.do("ALTER TABLE members RENAME TO elsewhere")
    assert site.ask("GET", site.preferences(ADA)).status == 503
    assert site.ask("GET", site.preferences(FILED)).status == 200
    assert site.ask("POST", site.unsubscribe(ADA), ONE_CLICK).status == 200
