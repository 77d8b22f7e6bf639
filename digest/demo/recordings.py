"""A loopback web server that answers as the recorded sources did."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from urllib.parse import parse_qs, urlsplit

_ANSWERS = {
    "/huggingface": ("huggingface_2026-06-12.json", "application/json"),
    "/arxiv": ("arxiv_api_2026-06-12.xml", "application/atom+xml"),
    "/biorxiv": ("biorxiv_genomics.xml", "application/xml"),
    "/page": ("papers_page.txt", "text/plain; charset=utf-8"),
}


class _Recorded(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        place = urlsplit(self.path)
        if place.path not in _ANSWERS:
            self.send_error(404)
            return
        name, content_type = _ANSWERS[place.path]
        body = files("digest.demo").joinpath("recorded", name).read_bytes()
        if parse_qs(place.query).get("p", ["0"]) != ["0"]:  # the list has one page
            body = b"[]"
        self.send_response(200)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: the demo's own lines are the log."""


@contextmanager
def serve_recordings() -> Iterator[str]:
    """The base URL of a server that lives as long as the block."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Recorded)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
