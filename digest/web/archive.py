"""The pages that anybody may read: editions, archive, themes, search, feeds.

`routes` gives them for an application that stands at the path of `newsletter.site_url`; links in
the pages have that path already. A page is made once for as long as the archive is the same.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from digest.app.reading_room import ReadingRoom
from digest.model import EditionKey
from digest.rendering.pages import STYLE, render_page, root_of, style_of
from digest.web.page_cache import PageCache, Sheet, takes_gzip

HTML = "text/html; charset=utf-8"
ATOM = "application/atom+xml; charset=utf-8"
CSS = "text/css; charset=utf-8"
_BRIEFLY, _FOREVER = "public, max-age=60", "public, max-age=31536000, immutable"
_LONGEST_QUERY = 200

Facts = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A page: its name for the cache, its template, and what gives its facts, or None for 404."""

    name: Hashable
    template: str
    facts: Callable[[], Facts | None]
    kind: str = HTML


class ArchivePages:
    """The endpoints; `room` knows the facts."""

    def __init__(self, room: ReadingRoom) -> None:
        self.room = room
        self._cache = PageCache(room.house.clock)
        self._styles = PageCache(room.house.clock)
        self._making = threading.Lock()
        self._missing = ""

    async def home(self, request: Request) -> Response:
        return await self._answer(request, _Wanted("/", "edition.html.j2", self.room.home))

    async def archive(self, request: Request) -> Response:
        year = _number(request.query_params.get("year"))
        wanted = _Wanted(("archive", year), "archive.html.j2", lambda: self.room.archive(year))
        return await self._answer(request, wanted)

    async def edition(self, request: Request) -> Response:
        text = request.path_params["key"]
        try:
            key = EditionKey(text)
        except ValueError:
            return await self.not_found(request)
        wanted = _Wanted(("edition", key), "edition.html.j2", lambda: self.room.edition(key))
        return await self._answer(request, wanted, key)

    async def theme(self, request: Request) -> Response:
        slug, page = request.path_params["slug"], _number(request.query_params.get("page")) or 1
        wanted = _Wanted(
            ("theme", slug, page), "theme.html.j2", lambda: self.room.theme(slug, page)
        )
        return await self._answer(request, wanted)

    async def search(self, request: Request) -> Response:
        query = request.query_params.get("q", "")[:_LONGEST_QUERY]
        page = _number(request.query_params.get("page")) or 1
        wanted = _Wanted(
            ("search", query, page), "search.html.j2", lambda: self.room.search(query, page)
        )
        return await self._answer(request, wanted)

    async def feed(self, request: Request) -> Response:
        return await self._answer(request, _Wanted("feed", "feed.xml.j2", self.room.feed, ATOM))

    async def theme_feed(self, request: Request) -> Response:
        slug = request.path_params["slug"]
        wanted = _Wanted(("feed", slug), "feed.xml.j2", lambda: self.room.theme_feed(slug), ATOM)
        return await self._answer(request, wanted)

    async def style(self, request: Request) -> Response:
        """The style sheet; at the address with its hash it never changes."""
        sheet, mark = style_of(self.room.house.page_templates, self.room.language)
        known = request.query_params.get("v") == mark
        made = self._styles.get(STYLE, mark) or self._styles.put(STYLE, mark, sheet, CSS)
        return _response(request, made, _FOREVER if known else _BRIEFLY)

    async def icon(self, request: Request) -> Response:
        wanted = _Wanted("icon", "favicon.svg.j2", dict, "image/svg+xml")
        return await self._answer(request, wanted)

    async def robots(self, request: Request) -> Response:
        """Robots may read the archive; readers' own pages are none of their business."""
        root = root_of(self.room.house.config.newsletter)
        closed = ("u/", "p/", "confirm", "search")
        lines = ["User-agent: *", *(f"Disallow: {root}/{path}" for path in closed)]
        return Response("\n".join(lines) + "\n", media_type="text/plain")

    async def not_found(self, request: Request, key: EditionKey | None = None) -> Response:
        """The page for what is not there, with the editions nearest to `key`."""
        if key is None:  # who tries addresses costs little
            self._missing = self._missing or self._render("missing.html.j2", self.room.missing(key))
            return Response(self._missing, status_code=404, media_type=HTML)
        text = await run_in_threadpool(
            lambda: self._render("missing.html.j2", self.room.missing(key))
        )
        return Response(text, status_code=404, media_type=HTML)

    async def _answer(
        self, request: Request, wanted: _Wanted, key: EditionKey | None = None
    ) -> Response:
        shelf = self.room.shelf
        sheet = self._cache.get(wanted.name, shelf.version) if shelf.is_fresh else None
        sheet = sheet or await run_in_threadpool(self._sheet, wanted)
        if sheet is None:
            return await self.not_found(request, key)
        return _response(request, sheet, _BRIEFLY)

    def _sheet(self, wanted: _Wanted) -> Sheet | None:
        """The page, made now if it is not kept; one at a time, so that none is made twice."""
        self.room.shelf.look()
        version = self.room.shelf.version
        with self._making:
            if sheet := self._cache.get(wanted.name, version):
                return sheet
            facts = wanted.facts()
            if facts is None:
                return None
            text = self._render(wanted.template, facts)
            return self._cache.put(wanted.name, version, text, wanted.kind)

    def _render(self, template: str, facts: Facts) -> str:
        house = self.room.house
        return render_page(
            house.page_templates, template, facts, house.config.newsletter, house.catalogues
        )


def routes(room: ReadingRoom) -> list[Route]:
    """What answers GET and HEAD at these paths, below the path of `site_url`."""
    return routes_of(ArchivePages(room))


def routes_of(pages: ArchivePages) -> list[Route]:
    return [
        Route("/", pages.home),
        Route("/archive", pages.archive),
        Route("/archive/{key}", pages.edition),
        Route("/search", pages.search),
        Route("/themes/{slug}.xml", pages.theme_feed),
        Route("/themes/{slug}", pages.theme),
        Route("/feed.xml", pages.feed),
        Route("/style.css", pages.style),
        Route("/robots.txt", pages.robots),
        Route("/favicon.svg", pages.icon),
    ]


def _response(request: Request, sheet: Sheet, keep: str) -> Response:
    packed = takes_gzip(request.headers.get("accept-encoding", ""))
    headers = sheet.headers(packed) | {"Cache-Control": keep}
    if sheet.is_known(request.headers):
        headers.pop("Content-Encoding", None)
        return Response(status_code=304, headers=headers)
    body = sheet.packed if packed else sheet.body
    return Response(body, headers=headers, media_type=sheet.kind)


def _number(text: str | None) -> int | None:
    """A number that somebody wrote into an address, or None."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 7 else None
