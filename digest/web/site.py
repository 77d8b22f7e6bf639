"""Puts the site together: who answers which address."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from starlette.exceptions import HTTPException
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Router
from starlette.types import ASGIApp

from digest.app.reading_room import ReadingRoom
from digest.errors import StorageError
from digest.web import health, joining, leaving, preferences
from digest.web.archive import ArchivePages, routes_of
from digest.web.guard import Guard
from digest.web.room import Room


def make_site(room: Room, *, hosts: Sequence[str] = ()) -> ASGIApp:
    """The site. It is asked for by the host of `site_url`, by loopback names, or by `hosts`."""
    pages = ArchivePages(ReadingRoom(room.house))
    routes: list[BaseRoute] = [
        *leaving.routes(room),
        *preferences.routes(room),
        *joining.routes(room),
        *health.routes(room),
        *routes_of(pages),
    ]
    faults = {
        HTTPException: partial(_fault, room, pages),
        StorageError: partial(_not_now, room),
    }
    # Not in a Starlette(): that answers a fault by itself before anybody can tell the log.
    app = ExceptionMiddleware(Router(routes, redirect_slashes=False), handlers=faults)
    return Guard(app, room.house.config.newsletter.site_url, hosts=hosts)


async def _not_now(room: Room, request: Request, error: StorageError) -> Response:
    return room.not_now(error)


async def _fault(
    room: Room, pages: ArchivePages, request: Request, fault: HTTPException
) -> Response:
    if fault.status_code == 404:
        return await pages.not_found(request)
    _ = room.language.gettext
    words = _("This cannot be asked for in this way.")
    return room.message(words, status=fault.status_code, headers=fault.headers)
