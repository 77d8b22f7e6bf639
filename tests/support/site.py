"""The archive's pages on loopback: a real uvicorn over a real state folder."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.middleware.base import BaseHTTPMiddleware, RequestResponseEndpoint
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount

from digest.app.house import House
from digest.app.reading_room import ReadingRoom
from digest.app.shelf import Shelf
from digest.config import Config
from digest.model import Edition, EditionKey, Mark, Paper, PaperId, Section
from digest.model.document import edition_to_document
from digest.rendering.pages import root_of
from digest.storage.archive import save_edition
from digest.web.archive import routes
from tests.support.real_days import known_papers, listings

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none';"
    " frame-ancestors 'none'"
)
NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)


def make_house(folder: Path, now: datetime = NOW, **newsletter: Any) -> House:
    """A newsletter in `folder`; its clock stands still at `now`."""
    known = {
        "name": "Daily Papers",
        "tagline": "Trending papers in your inbox",
        "curator": "AK and the research community",
        "from": "Daily Papers <papers@example.org>",
        "site_url": "http://localhost:8000",
        "postal_address": "1 Example Street, 75001 Paris",
    }
    config = Config.model_validate(
        {"newsletter": known | newsletter, "sources": [{"kind": "file", "path": "papers.json"}]}
    ).model_copy(update={"folder": folder})
    return House(config=config, clock=lambda: now, environ={})


def keep(house: House, *editions: Edition) -> None:
    """Put editions into the archive, as composed and not yet mailed."""
    for edition in editions:
        document = json.dumps(edition_to_document(edition), ensure_ascii=False)
        made = edition.created_at
        save_edition(
            house.database, edition.key, day=edition.date, created_at=made, document=document
        )


def paper(name: str, title: str, **more: Any) -> Paper:
    return Paper(ids=(PaperId("arxiv", name),), title=title, **more)


def edition(day: date, *sections: Section, **more: Any) -> Edition:
    made = datetime(day.year, day.month, day.day, 6, tzinfo=UTC)
    known = {"key": EditionKey.daily(day), "date": day, "created_at": made} | more
    return Edition(sections=sections, **known)


def real_editions(count: int, last: date) -> Iterator[Edition]:
    """Editions of real titles, one a day up to `last`, the oldest first; abstracts are titles."""
    themes = ("Agents & Tool Use", "Vision-Language & Multimodal", "C++", "C", "机器人")
    known = known_papers()
    for back, listing in zip(range(count - 1, -1, -1), listings()[-count:], strict=True):
        day = last - timedelta(days=back)
        papers = [
            paper(
                number,
                known[number].title,
                abstract=f"We study {known[number].title}. " * 6,
                authors=(known[number].first_author, "Second Author"),
                url=f"https://arxiv.org/abs/{number}",
                pdf_url=f"https://arxiv.org/pdf/{number}",
                votes=votes,
                marks=(Mark.NEW,),
            )
            for number, votes in dict(listing.rows).items()
        ][:40]
        size = -(-len(papers) // len(themes))
        sections = [
            Section(theme=theme, papers=tuple(papers[n * size : (n + 1) * size]))
            for n, theme in enumerate(themes)
            if papers[n * size : (n + 1) * size]
        ]
        yield replace(edition(day, *sections), lead=tuple(each.id for each in papers[:3]))


class _Strict(BaseHTTPMiddleware):
    """Lets pages have a style sheet and pictures from here, and nothing else."""

    async def dispatch(self, request: Request, call_next: RequestResponseEndpoint) -> Response:
        answer = await call_next(request)
        answer.headers["Content-Security-Policy"] = POLICY
        return answer


@contextmanager
def serving(house: House, extra: Sequence[Any] = ()) -> Iterator[str]:
    """The address of the pages, without a slash behind it."""
    room = ReadingRoom(house, Shelf(house, look_every=0))
    root = root_of(house.config.newsletter)
    app = Starlette(routes=[Mount(root, routes=[*extra, *routes(room)])])
    app.add_middleware(_Strict)
    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning", lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive(), "the server did not start"
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}{root}"
    finally:
        server.should_exit = True
        thread.join()
