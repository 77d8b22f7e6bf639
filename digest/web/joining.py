"""`/subscribe` and `/confirm/TOKEN`: a reader joins, and says so twice.

The answer to a form is the same for everybody, and is given before anybody looks whether the
address is on a list: it tells nothing.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from functools import partial

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from digest.app.wishes import Wishes, read_sign_up
from digest.errors import DigestError
from digest.mailing.pending import Pending, open_pending
from digest.mailing.token import PREFERENCES, sign_token
from digest.model import EmailAddress
from digest.web.form import read_form
from digest.web.network import network_of
from digest.web.room import Room
from digest.web.words import choice_words, mistakes

#: A field that people do not see; only a program fills it in.
HONEYPOT = "website"
#: What the button of the link's page sends.
CONFIRM = "confirm"


def routes(room: Room) -> list[Route]:
    confirm = Route("/confirm/{token}", partial(_confirm, room), methods=["GET", "POST"])
    if not room.web.sign_up:
        return [confirm]
    return [Route("/subscribe", partial(_subscribe, room), methods=["GET", "POST"]), confirm]


async def _subscribe(room: Room, request: Request) -> Response:
    if request.method != "POST":
        return _form(room, Wishes())
    if not room.by_network.take(_network(room, request), time.monotonic()):
        return _too_many(room)
    form = await read_form(request)
    address, wishes = read_sign_up(form, room.themes)
    if address is None or wishes.wrong:
        return _form(room, wishes, 422)
    welcome = not any(form.get(HONEYPOT, ()))
    if welcome and room.by_address.take(_mailbox(address), time.monotonic()):
        room.postman.post(partial(room.joining.letter, room.keys(), address, wishes.fields))
    return _look_into_your_mail(room)


async def _confirm(room: Room, request: Request) -> Response:
    form = await read_form(request)
    token, keys = request.path_params["token"], room.keys()
    now, within = room.house.clock(), room.web.confirm_within
    if open_pending(keys, token, now=now, within=within) is None:
        return room.bad_link()
    if request.method == "POST" and not any(form.get(CONFIRM, ())):
        return room.not_asked()
    step = room.joining.confirm if request.method == "POST" else room.joining.read
    try:
        pending = await asyncio.to_thread(step, keys, token)
    except DigestError as error:
        return room.not_now(error)
    if pending is None:
        return room.bad_link()
    return _joined(room, pending) if request.method == "POST" else _ask(room, token, pending)


def _form(room: Room, wishes: Wishes, status: int = 200) -> Response:
    values: Mapping[str, object] = wishes.values or {"email": "", "frequency": "daily"}
    facts = {**room.theme_choices, "values": values, "errors": mistakes(room, wishes.wrong)}
    return room.page("subscribe", facts, status)


def _ask(room: Room, token: str, pending: Pending) -> Response:
    facts = {
        "address": str(pending.address),
        "action": f"{room.root}/confirm/{token}",
        "choices": choice_words(room, pending.fields),
    }
    return room.page("confirm", facts)


def _joined(room: Room, pending: Pending) -> Response:
    _ = room.language.gettext
    reader = room.house.reader_id(pending.address)
    token = sign_token(room.keys(), reader, PREFERENCES)
    return room.message(
        _("You are subscribed"),
        _("The next edition comes to your inbox."),
        link={"href": f"{room.root}/p/{token}", "text": _("Change your choices")},
    )


def _look_into_your_mail(room: Room) -> Response:
    _ = room.language.gettext
    return room.message(
        _("Please look into your inbox"),
        _(
            "A letter is on its way to the address that you gave. You are "
            "subscribed when you follow the link in it."
        ),
        _("If it does not come within a few minutes, look among the spam."),
    )


def _too_many(room: Room) -> Response:
    _ = room.language.gettext
    return room.message(
        _("Too many at once"),
        _(
            "So many addresses were given from your network that we wait a little. "
            "Please try again in an hour."
        ),
        status=429,
        headers={"Retry-After": "3600"},
    )


def _network(room: Room, request: Request) -> str:
    peer = request.client.host if request.client else ""
    forwarded = request.headers.getlist("x-forwarded-for")
    return network_of(room.proxies.client(peer, forwarded))


def _mailbox(address: EmailAddress) -> str:
    """What letters to ada+a@ and ada+b@ share, as most providers have it."""
    return f"{address.local.partition('+')[0].casefold()}@{address.domain}"
