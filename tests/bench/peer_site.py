"""The peer of `digest serve`: the same steps as one would write them first with Starlette.

    python -m tests.bench.peer_site DATABASE

prints its port. Each POST is one transaction of its own, durable as ours are; each page is filled
when it is asked for.
"""

from __future__ import annotations

import socket
import sqlite3
import sys
import threading

import jinja2
import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from digest.mailing.token import UNSUBSCRIBE, verify_token

KEYS = (b"k" * 32,)
PAPERS = [{"title": f"Study {n:03d}", "abstract": "We look into it. " * 40} for n in range(40)]
PAGE = jinja2.Environment(autoescape=True).from_string(
    "<!doctype html><title>{{ title }}</title><h1>{{ title }}</h1>"
    "{% for paper in papers %}<h3>{{ paper.title }}</h3><p>{{ paper.abstract }}</p>{% endfor %}"
)


class Peer:
    def __init__(self, path: str) -> None:
        self.turn = threading.Lock()
        self.database = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self.database.execute("PRAGMA journal_mode=WAL")
        self.database.execute("PRAGMA synchronous=FULL")
        self.database.execute("CREATE TABLE gone (reader TEXT PRIMARY KEY)")

    async def leave(self, request: Request) -> Response:
        form = await request.form()
        reader = verify_token(KEYS, request.path_params["token"], UNSUBSCRIBE)
        if reader is None or form.get("List-Unsubscribe") != "One-Click":
            return Response(status_code=400)
        await run_in_threadpool(self.write, reader)
        return HTMLResponse(PAGE.render(title="You are unsubscribed", papers=[]))

    def write(self, reader: str) -> None:
        with self.turn:
            self.database.execute("INSERT OR IGNORE INTO gone VALUES (?)", (reader,))

    async def page(self, request: Request) -> Response:
        return HTMLResponse(PAGE.render(title="Daily Papers", papers=PAPERS))


def main(path: str) -> None:
    peer = Peer(path)
    routes = [Route("/u/{token}", peer.leave, methods=["POST"]), Route("/", peer.page)]
    with socket.create_server(("127.0.0.1", 0), backlog=2048) as listener:
        sys.stdout.write(f"{listener.getsockname()[1]}\n")
        sys.stdout.flush()
        config = uvicorn.Config(
            Starlette(routes=routes), http="h11", log_level="error", access_log=False
        )
        uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main(sys.argv[1])
