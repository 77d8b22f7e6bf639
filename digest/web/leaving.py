"""`/u/TOKEN`: a reader leaves, by one click in her mail program or by the page's button.

RFC 8058: a POST acts at once and is answered without a redirect, whoever sends it needs no
cookie and no page before. Looking changes nothing: programs that try links do that.
"""

from __future__ import annotations

from functools import partial

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from digest.errors import StorageError
from digest.mailing.token import UNSUBSCRIBE, verify_token
from digest.web.form import read_form
from digest.web.room import Room

FIELD, VALUE = "List-Unsubscribe", "One-Click"


def routes(room: Room) -> list[Route]:
    return [Route("/u/{token}", partial(_answer, room), methods=["GET", "POST"])]


async def _answer(room: Room, request: Request) -> Response:
    token = request.path_params["token"]
    form = await read_form(request)
    reader = verify_token(room.keys(), token, UNSUBSCRIBE)
    if reader is None:
        return room.bad_link()
    if request.method != "POST":
        return room.page("leave", {"action": f"{room.root}/u/{token}"})
    # Some programs end the body with a line break.
    if VALUE not in map(str.strip, form.get(FIELD, ())):
        return room.not_asked()
    try:
        await room.leaving.leave(reader)
    except StorageError as error:
        return room.not_now(error)
    # A link of hers that only leaves must not become one that shows her choices.
    return room.fixed_page("left", {"preferences": None})
