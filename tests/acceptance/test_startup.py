"""A command loads what it needs and no more: cron starts it every hour, mostly for nothing."""

from __future__ import annotations

import pytest

from tests.support.newsroom import Newsroom

COLLECTING = {"feedparser", "httpx", "bibtexparser", "rispy", "pylatexenc", "lxml"}
RENDERING = {"babel", "mjml", "premailer", "jinja2", "cssutils", "requests"}
RARE = {"rich", "email_validator", "cryptography", "digest.cli.event_log", "aiosmtplib"}
SERVERS = {"alembic", "mako", "psycopg", "procrastinate"}
COMPOSING = {"digest.editorial.compose", "digest.storage.lists", "digest.mailing.matching"}


@pytest.mark.parametrize(
    ("words", "needless"),
    [
        (("--help",), {"sqlalchemy", "pydantic", "yaml", "asyncio"}),
        (("status",), {"digest.delivery.courier", "uvloop"}),
        (("send",), set()),
        (("run",), set()),
    ],
)
def test_a_command_with_nothing_to_compose_loads_no_tools_for_it(tmp_path, words, needless):
    room = Newsroom(tmp_path)
    assert room.run("send").code == 0
    done = room.run(*words, python=("-X", "importtime"))
    assert done.code == 0
    loaded = {line.rpartition("|")[2].strip() for line in done.lines if "import time:" in line}
    assert "click" in loaded
    assert loaded & (COLLECTING | RENDERING | RARE | SERVERS | COMPOSING | needless) == set()


def test_a_composed_edition_is_sent_without_asking_what_collects(tmp_path):
    room = Newsroom(tmp_path)
    assert room.run("compose").code == 0
    done = room.run("send", python=("-X", "importtime"))
    assert done.code == 0
    loaded = {line.rpartition("|")[2].strip() for line in done.lines if "import time:" in line}
    # premailer reads HTML by lxml, and would load requests to fetch what it is not let to fetch.
    assert "premailer" in loaded
    assert loaded & (COLLECTING - {"lxml"} | RARE | {"requests", "urllib3"}) == set()
