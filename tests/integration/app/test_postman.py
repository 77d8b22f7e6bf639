"""Letters of confirmation leave in the background, by the configured relay, and are not lost."""

from __future__ import annotations

import asyncio
import logging
from datetime import datetime

import pytest

from digest.app.house import House
from digest.app.postman import Postman
from digest.config import load_config
from digest.mailing.note import write_note
from digest.model import EmailAddress, Letter
from digest.rendering.notes import render_note
from digest.storage.templates import load_template_set
from tests.support.newsroom import MONDAY, Newsroom, parse_letter
from tests.support.smtp_server import Options, Rule, ScriptedServer

NEW = "new@example.org"


@pytest.fixture
def newsroom(tmp_path):
    return Newsroom(tmp_path)


def house_of(newsroom: Newsroom, port: int) -> House:
    newsroom.mail_by(port)
    now = datetime.fromisoformat(MONDAY)
    config = load_config(newsroom.folder / "config.yaml")
    return House(config=config, clock=lambda: now, environ={})


def note(house: House) -> Letter:
    newsletter = house.config.newsletter
    facts = {"known": False, "link": "https://papers.example.org/confirm/x", "hours": 48}
    templates = load_template_set("daily", house.config.folder)
    made = render_note(templates, "confirm", facts, newsletter)
    return write_note(
        newsletter,
        EmailAddress.parse(NEW),
        subject=made.subject,
        html=made.html,
        text=made.text,
        language=made.language,
        now=house.clock(),
        keys=house.keys,
    )


async def send(server: ScriptedServer, newsroom: Newsroom, *waits: float) -> None:
    house = house_of(newsroom, server.port)
    postman = Postman(house, waits)
    postman.post(lambda: note(house))
    while postman._errands:
        await asyncio.sleep(0.01)
    await postman.close()


async def test_a_letter_leaves_by_the_relay(newsroom):
    async with ScriptedServer(options=Options(keep=True)) as server:
        await send(server, newsroom)
        mail = parse_letter(server.contents[NEW])
        assert mail["Subject"] == "Please confirm: Daily Papers"
        assert server.violations == []


@pytest.mark.parametrize(
    "fault",
    [
        Rule("rcpt", reply="450 4.2.0 later", times=2),
        Rule("connect", drop="before", times=2),
        Rule("dot", drop="before", times=2),
    ],
)
async def test_a_relay_that_is_down_for_a_while_is_tried_again(newsroom, fault):
    async with ScriptedServer([fault]) as server:
        await send(server, newsroom, 0.01, 0.01)
        assert [taken.recipient for taken in server.accepted] == [NEW]


async def test_who_is_refused_for_good_is_not_tried_again_and_not_named_in_the_log(
    newsroom, caplog
):
    words = f"550 5.1.1 <{NEW}> no such user"
    async with ScriptedServer([Rule("rcpt", reply=words)]) as server:
        await send(server, newsroom, 0.01, 0.01)
        assert len(server.connects) == 1
    [record] = [r for r in caplog.records if r.levelno == logging.ERROR]
    assert "550 5.1.1" in record.getMessage()
    assert NEW not in record.getMessage()


async def test_an_end_in_order_waits_for_what_is_under_way_and_tries_once_more_what_waits(
    newsroom,
):
    slow, refused = Rule("dot", delay=0.3), Rule("rcpt", reply="450 4.2.0 later", times=1)
    async with ScriptedServer([slow, refused]) as server:
        house = house_of(newsroom, server.port)
        postman = Postman(house, (600.0,))
        postman.post(lambda: note(house))
        postman.post(lambda: note(house))
        while not refused.used or server.open > 1:  # until it waits for its next try
            await asyncio.sleep(0.05)
        await postman.close()
        assert len(server.accepted) == 2


async def test_a_letter_that_cannot_be_made_harms_no_other(newsroom, caplog):
    async with ScriptedServer() as server:
        house = house_of(newsroom, server.port)
        postman = Postman(house)

        def broken() -> Letter:
            raise RuntimeError(NEW)

        postman.post(broken)
        postman.post(lambda: None)
        postman.post(lambda: note(house))
        await postman.close()
        assert len(server.accepted) == 1
    assert NEW not in caplog.text
