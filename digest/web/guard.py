"""What holds for every request, before any page sees it, and for every answer."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from urllib.parse import unquote, urlsplit

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from digest.mailing.token import site_base
from digest.web.protocol import HEADER_OCTETS, SECURITY

_log = logging.getLogger(__name__)

#: Octets that a body may have, and a form with choices: Chinese keywords take nine octets a letter.
BODY_OCTETS, FORM_OCTETS = 4_096, 16_384
_FORMS = ("/p/", "/subscribe")
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})
# A proxy may pass on the whole address that it was asked for (RFC 9112 §3.2.2).
_WHOLE = re.compile(r"https?://([^/]*)(.*)", re.IGNORECASE | re.DOTALL)
_TOKEN = re.compile(r"/(u|p|confirm)/[^/?\s]+")
_Headers = list[tuple[bytes, bytes]]


class TooLong(Exception):
    """A request's body has more octets than it may have."""


class Gone(Exception):
    """The client left before its request was whole: nothing was asked."""


class Guard:
    """Lets through what is asked of this site, in measure.

    A stranger's name that leads here (DNS rebinding) is refused. Where the site has a path of its
    own, a proxy may take it off or leave it on. A request's body is read before the page is
    asked. Every answer has the security headers, and is kept by no cache unless its page says
    so. A fault is told in the log, with no token in it.
    """

    def __init__(self, app: ASGIApp, site_url: str, *, hosts: Iterable[str] = ()) -> None:
        parts = urlsplit(site_base(site_url))
        self._app = app
        self._root = unquote(parts.path)  # as paths come in
        self._hosts = {_name(parts.netloc), *map(_name, hosts)} | _LOOPBACK

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        begun = False

        async def guarded(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                message["headers"] = _secured(message.get("headers", []))
            await send(message)

        try:
            if not self._is_ours(scope):
                await _refuse(guarded, 400, b"This address belongs to another site.\n")
                return
            if _octets(scope) > HEADER_OCTETS:
                await _refuse(guarded, 431, b"The request's headers are too long.\n")
                return
            if _is_ambiguous(scope):
                await _refuse(guarded, 400, b"The request's length is told in two ways.\n")
                return
            inside = self._inside(scope)
            most = FORM_OCTETS if inside["path"].startswith(_FORMS) else BODY_OCTETS
            body = await _read(scope, receive, most)
            await self._app(inside, _replay(body, receive), guarded)
        except Gone:
            return
        except TooLong:
            await _refuse(guarded, 413, b"The form is too long.\n")
        except Exception as error:
            place = _TOKEN.sub(r"/\1/...", f"{scope['method']} {scope['path']}")
            words = _TOKEN.sub(r"/\1/...", str(error))
            _log.error("%s: %s: %s", place, type(error).__name__, words, exc_info=error)
            if begun:
                raise
            await _refuse(guarded, 500, b"Something is wrong here. Please try again later.\n")

    def _is_ours(self, scope: Scope) -> bool:
        """HTTP/1.0 knows requests without a Host; h11 refuses those of 1.1."""
        named = [value.decode("latin-1") for name, value in scope["headers"] if name == b"host"]
        if whole := _WHOLE.match(scope["path"]):
            named.append(whole[1])
        return all(_name(each) in self._hosts for each in named)

    def _inside(self, scope: Scope) -> Scope:
        """With "app" in it, which makes a router raise what it would else answer by itself."""
        path = scope["path"]
        if whole := _WHOLE.match(path):
            path = whole[2] or "/"
        if self._root and (path == self._root or path.startswith(f"{self._root}/")):
            path = path[len(self._root) :] or "/"
        return {**scope, "path": path, "app": self._app}


def _name(host: str) -> str:
    """A host without its port, as names compare."""
    return re.sub(r":\d*$", "", host).rstrip(".").lower()


def _octets(scope: Scope) -> int:
    """Those of a request's line and headers: h11 counts them only while some are missing."""
    line = len(scope["raw_path"]) + len(scope["query_string"])
    return line + sum(len(name) + len(value) + 4 for name, value in scope["headers"])


def _is_ambiguous(scope: Scope) -> bool:
    """Two programs in a row may find two ends of such a request (RFC 9112 §6.1)."""
    names = {name for name, _ in scope["headers"]}
    return {b"content-length", b"transfer-encoding"} <= names


def _secured(headers: Iterable[tuple[bytes, bytes]]) -> _Headers:
    given: _Headers = list(headers)
    names = {name.lower() for name, _ in given}
    if b"cache-control" not in names:
        given.append((b"cache-control", b"no-store"))
    return given + [each for each in SECURITY if each[0] not in names]


async def _read(scope: Scope, receive: Receive, most: int) -> bytes:
    """The body whole, of `most` octets.

    Raises:
        TooLong: before it is read to its end.
        Gone: it has no end.
    """
    told = dict(scope["headers"]).get(b"content-length", b"0")
    if not told.isdigit() or int(told) > most:
        raise TooLong
    body = b""
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise Gone
        body += bytes(message.get("body", b""))
        if len(body) > most:
            raise TooLong
        if not message.get("more_body"):
            return body


def _replay(body: bytes, receive: Receive) -> Receive:
    read = False

    async def again() -> Message:
        nonlocal read
        if read:
            return await receive()
        read = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again


async def _refuse(send: Send, status: int, words: bytes) -> None:
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", str(len(words)).encode()),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": words})
