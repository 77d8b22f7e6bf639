"""A real HTTP server on loopback that serves recordings and misbehaves on demand."""

from __future__ import annotations

import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One request as the server saw it; `at` is monotonic seconds, `body` what a POST brought."""

    path: str
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]
    at: float
    body: bytes = b""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What to send. `length` None means: until the connection closes."""

    body: bytes = b""
    status: int = 200
    content_type: str = "application/xml"
    headers: Mapping[str, str] = field(default_factory=dict)
    length: int | None = -1
    pieces: Callable[[], Iterator[bytes]] | None = None
    pause: float = 0.0


Route = Answer | Callable[[Asked], Answer]


class Site:
    """Routes by path, and the log of what was asked."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.routes: dict[str, Route] = {}
        self.asked: list[Asked] = []
        self.sent = 0
        self.stopping = threading.Event()

    def url(self, path: str = "/") -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def serve(self, path: str, route: Route) -> str:
        self.routes[path] = route
        return self.url(path)

    def paths(self) -> list[str]:
        return [asked.path for asked in self.asked]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    site: Site

    def do_POST(self) -> None:
        self.do_GET(self.rfile.read(int(self.headers["Content-Length"])))

    def do_GET(self, body: bytes = b"") -> None:
        parts = urlsplit(self.path)
        asked = Asked(
            path=parts.path,
            query=parse_qs(parts.query),
            headers={name.lower(): value for name, value in self.headers.items()},
            at=time.monotonic(),
            body=body,
        )
        self.site.asked.append(asked)
        route = self.site.routes.get(parts.path, Answer(status=404, body=b"nothing here"))
        answer = route if isinstance(route, Answer) else route(asked)
        try:
            self._send(answer)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def _send(self, answer: Answer) -> None:
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        length = len(answer.body) if answer.length == -1 and not answer.pieces else answer.length
        if answer.status == 304:
            length = None
        elif length is None or length == -1:
            self.send_header("Connection", "close")
            self.close_connection = True
        else:
            self.send_header("Content-Length", str(length))
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.end_headers()
        for piece in answer.pieces() if answer.pieces else iter([answer.body]):
            if self.site.stopping.is_set():
                return
            self.wfile.write(piece)
            self.site.sent += len(piece)
            if answer.pause:
                self.wfile.flush()
                self.site.stopping.wait(answer.pause)
        if length is not None and length > len(answer.body):
            self.close_connection = True

    def log_message(self, *_: object) -> None:
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address) -> None:
        """Clients that leave in the middle are what is tested here; anything else is told."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


@contextmanager
def web_site() -> Iterator[Site]:
    """A server on a free port of 127.0.0.1."""
    handler = type("Handler", (_Handler,), {})
    server = _Server(("127.0.0.1", 0), handler)
    site = Site(server.server_address[1])
    handler.site = site
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield site
    finally:
        site.stopping.set()
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def silent_port() -> Iterator[int]:
    """A port that accepts connections and never says a word."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(16)
        yield listener.getsockname()[1]


def refused_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def drip(piece: bytes, times: int = 1_000_000) -> Callable[[], Iterator[bytes]]:
    """The same piece again and again."""

    def pieces() -> Iterator[bytes]:
        for _ in range(times):
            yield piece

    return pieces
