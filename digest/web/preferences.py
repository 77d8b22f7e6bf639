"""`/p/TOKEN`: a reader sees her choices, changes them, or has herself deleted."""

from __future__ import annotations

import asyncio
from email.utils import parseaddr
from functools import partial

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from digest.app.wishes import Wishes, read_choices, shown_choices
from digest.errors import DigestError
from digest.mailing.token import PREFERENCES, UNSUBSCRIBE, sign_token, verify_token
from digest.model import Subscriber
from digest.web.form import Form, read_form
from digest.web.room import Room
from digest.web.words import mistakes

#: What the button of the page that asks once more sends.
DELETE = "delete"


def routes(room: Room) -> list[Route]:
    methods = ["GET", "POST"]
    return [
        Route("/p/{token}", partial(_choices, room), methods=methods),
        Route("/p/{token}/delete", partial(_delete, room), methods=methods),
    ]


async def _choices(room: Room, request: Request) -> Response:
    form = await read_form(request)
    reader_id = _reader_id(room, request)
    if reader_id is None:
        return room.bad_link()
    try:
        reader = await asyncio.to_thread(room.preferences.find, reader_id)
        if reader is None:
            return _no_reader(room)
        # A form of ours always says how often; what says nothing must not clear everything.
        if request.method == "POST" and "frequency" in form:
            if not room.preferences.roster.keeps(reader):
                return _page(room, reader_id, reader, Wishes(values=shown_choices(reader)), 409)
            return await _change(room, reader_id, reader, form)
    except DigestError as error:
        return room.not_now(error)
    status = 400 if request.method == "POST" else 200
    return _page(room, reader_id, reader, Wishes(values=shown_choices(reader)), status)


async def _change(room: Room, reader_id: str, reader: Subscriber, form: Form) -> Response:
    wishes = read_choices(form, room.themes, reader)
    if wishes.wrong:
        return _page(room, reader_id, reader, wishes, 422)
    if not await asyncio.to_thread(room.preferences.change, reader_id, reader, wishes):
        return _no_reader(room)
    return _page(room, reader_id, reader, wishes, saved=True)


async def _delete(room: Room, request: Request) -> Response:
    form = await read_form(request)
    reader_id = _reader_id(room, request)
    if reader_id is None:
        return room.bad_link()
    if request.method == "POST" and not any(form.get(DELETE, ())):
        return room.not_asked()
    try:
        if request.method == "POST":
            await asyncio.to_thread(room.preferences.delete, reader_id)
            return _deleted(room)
        reader = await asyncio.to_thread(room.preferences.find, reader_id)
    except DigestError as error:
        return room.not_now(error)
    if reader is None:
        return _no_reader(room)
    action = f"{room.root}/p/{request.path_params['token']}/delete"
    return room.page("delete", {"address": str(reader.address), "action": action})


def _reader_id(room: Room, request: Request) -> str | None:
    return verify_token(room.keys(), request.path_params["token"], PREFERENCES)


def _page(
    room: Room,
    reader_id: str,
    reader: Subscriber,
    wishes: Wishes,
    status: int = 200,
    *,
    saved: bool = False,
) -> Response:
    """Its links are signed with the newest key, whichever signed the one she came by."""
    keys = room.keys()
    page = f"{room.root}/p/{sign_token(keys, reader_id, PREFERENCES)}"
    facts = {
        "address": str(reader.address),
        "values": wishes.values,
        **room.theme_choices,
        "errors": mistakes(room, wishes.wrong),
        "saved": saved,
        "ask": "" if room.preferences.roster.keeps(reader) else _whom_to_ask(room),
        "action": page,
        "delete_action": f"{page}/delete",
        "leave_action": f"{room.root}/u/{sign_token(keys, reader_id, UNSUBSCRIBE)}",
    }
    return room.page("preferences", facts, status)


def _whom_to_ask(room: Room) -> str:
    newsletter = room.house.config.newsletter
    return parseaddr(newsletter.reply_to or newsletter.from_)[1]


def _no_reader(room: Room) -> Response:
    _ = room.language.gettext
    link = {"href": f"{room.root}/subscribe", "text": _("Subscribe")} if room.web.sign_up else None
    return room.message(
        _("You are not subscribed"),
        _("No letter comes to you. You can subscribe again."),
        status=410,  # a program that pressed the button must not take this for "saved"
        link=link,
    )


def _deleted(room: Room) -> Response:
    _ = room.language.gettext
    return room.message(
        _("You are deleted"),
        _("Your address is taken off every list. No letter will come any more."),
    )
