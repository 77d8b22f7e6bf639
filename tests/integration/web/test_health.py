"""`/health` says whether readers' steps can be written down."""

from __future__ import annotations

import json
import os
import shutil

import pytest

from digest.web import health
from tests.support.reader_site import ONE_CLICK, reader_site
from tests.support.state import held_database


@pytest.fixture
def site(tmp_path, monkeypatch):
    monkeypatch.setattr(health, "KEPT", 0.0)
    with reader_site(tmp_path, web={"list": "lists/web.csv", "patience": "0.2s"}) as served:
        yield served


def faults(site) -> dict[str, str]:
    answer = site.ask("GET", "/health")
    told = json.loads(answer.text)
    assert (answer.status, told["status"]) in ((200, "ok"), (503, "failing"))
    assert str(site.newsroom.folder) not in answer.text
    return told.get("faults", {})


def test_all_is_well(site):
    assert faults(site) == {}


def test_a_database_that_another_program_holds_is_a_fault_while_it_does(site):
    with held_database(site.newsroom.state):
        assert "locked" in faults(site)["database"]
    assert faults(site) == {}


def test_a_database_that_was_removed_is_a_fault(site):
    site.house.drop_database()
    path = site.newsroom.state / "digest.db"
    os.rename(path, path.with_suffix(".away"))
    assert "missing" in faults(site)["database"]
    os.rename(path.with_suffix(".away"), path)
    assert faults(site) == {}


def test_a_folder_of_lists_that_is_gone_is_a_fault(site):
    shutil.rmtree(site.newsroom.folder / "lists")
    assert list(faults(site)) == ["lists"]


def test_a_state_folder_that_is_gone_is_not_made_anew(site):
    """Its disk was unmounted, say: whoever left by a new, empty one would be mailed again."""
    site.freeze("ada")
    link = site.unsubscribe("ada@example.org")
    state, away = site.newsroom.state, site.newsroom.folder / "away"
    state.rename(away)
    assert site.ask("POST", link, ONE_CLICK).status == 503
    assert site.ask("GET", link).status == 200, "the keys are remembered"
    assert site.ask("GET", "/health").status == 503
    assert not state.exists()
    state.mkdir()  # the mount point
    assert site.ask("POST", link, ONE_CLICK).status == 503
    assert list(state.iterdir()) == []
    state.rmdir()
    away.rename(state)
    assert site.ask("POST", link, ONE_CLICK).status == 200
    assert len(site.suppressed()) == 1
