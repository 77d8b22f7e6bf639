"""Serves one page on loopback, to the browser of the person who watches it and to no one else."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from digest.errors import UsageError

HOST = "127.0.0.1"
_PATIENCE = 10  # seconds that a connection may be silent
_PLAIN = "text/plain; charset=utf-8"
# A letter alone is as harmless as in its frame.
_POLICY = "sandbox allow-popups allow-popups-to-escape-sandbox; script-src 'none'"


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """What one path answers. `policy` is its Content-Security-Policy."""

    kind: str
    content: bytes
    policy: str = _POLICY


@dataclass(slots=True)
class Shop:
    """What is served: `files` by path, "/" for the page. Replace it whole, never change it."""

    files: Mapping[str, File] = field(default_factory=dict)


@contextmanager
def serve(shop: Shop, port: int = 0) -> Iterator[str]:
    """The page's address, which answers as long as the block lasts; port 0 is any free one.

    Only GET is answered, only what `shop` holds, and only to who asks for this machine by its
    own name: a page of a stranger whose name leads here (DNS rebinding) learns nothing.

    Raises:
        UsageError: the port cannot be had.
    """
    try:
        server = _Server((HOST, port), _Answer)
    except (OSError, OverflowError) as error:
        words = getattr(error, "strerror", None) or error
        raise UsageError(f"--port {port}: cannot be had: {words}") from None
    server.shop = shop
    thread = threading.Thread(target=server.serve_forever, args=(0.1,), daemon=True)
    thread.start()
    try:
        yield f"http://{HOST}:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    shop: Shop

    def handle_error(self, request: object, client_address: object) -> None:
        """A browser that goes away is no news."""


class _Answer(BaseHTTPRequestHandler):
    server: _Server
    server_version, sys_version = "digest", ""
    timeout = _PATIENCE

    def do_GET(self) -> None:
        port = self.server.server_port
        if self.headers.get("Host", "").lower() not in (f"{HOST}:{port}", f"localhost:{port}"):
            words = b"This address is for the browser of this machine.\n"
            self._send(HTTPStatus.FORBIDDEN, File(kind=_PLAIN, content=words))
            return
        file = self.server.shop.files.get(self.path.partition("?")[0])
        if file is None:
            self._send(HTTPStatus.NOT_FOUND, File(kind=_PLAIN, content=b"There is nothing here.\n"))
            return
        self._send(HTTPStatus.OK, file)

    def _send(self, status: HTTPStatus, file: File) -> None:
        self.send_response(status)
        for name, value in (
            ("Content-Type", file.kind),
            ("Content-Length", str(len(file.content))),
            ("Content-Security-Policy", f"{file.policy}; frame-ancestors 'none'"),
            ("Cross-Origin-Resource-Policy", "same-origin"),
            ("Cache-Control", "no-store"),
            ("Referrer-Policy", "no-referrer"),
            ("X-Content-Type-Options", "nosniff"),
        ):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(file.content)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: the watch has its own lines."""
