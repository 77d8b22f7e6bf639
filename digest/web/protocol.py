"""HTTP/1.1 with deadlines: who sends a request drop by drop, or takes no answer, is hung up on.

uvicorn's own protocol has a deadline only for the pause between two requests; a client that sends
a header a minute (Slowloris) would keep its connection for ever.
"""

from __future__ import annotations

import asyncio
from typing import Any, ClassVar

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

#: Seconds from the first octet, or from the connection, to a request's last.
REQUEST_WITHIN = 10.0
#: Seconds in which a client has to take what waits for it.
TAKE_WITHIN = 30.0
#: Octets of a request's line and headers.
HEADER_OCTETS = 16_384

_COMPLETE = (h11.DONE, h11.MUST_CLOSE, h11.CLOSED, h11.ERROR)
_POLICY = (
    b"default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self';"
    b" base-uri 'none'; frame-ancestors 'none'"
)
#: On every answer, also on those that no page is behind.
SECURITY = (
    (b"content-security-policy", _POLICY),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
)


class PatientProtocol(H11Protocol):
    """One connection."""

    request_within = REQUEST_WITHIN
    take_within = TAKE_WITHIN
    #: Connections that may be open at once; one more and the one that idles longest is hung up on.
    most: ClassVar[int] = 65_536
    #: Those that wait for a request, the longest first.
    _idle: ClassVar[dict[PatientProtocol, None]] = {}

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._asking: asyncio.TimerHandle | None = None
        self._taking: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)  # type: ignore[arg-type]
        if len(self.connections) > self.most and self._idle:
            next(iter(self._idle)).transport.abort()
        self._idle[self] = None
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_asking()
        self._stop_taking()
        self._idle.pop(self, None)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._watch()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._watch()

    def _watch(self) -> None:
        """Have a deadline while a request has begun and is not whole.

        A connection's first request begins with the connection. Between two requests uvicorn's
        own time for idle connections runs.
        """
        waiting = self.conn.their_state not in _COMPLETE
        if not waiting:
            self._idle.pop(self, None)
        elif self not in self._idle and not self.transport.is_closing():
            self._idle[self] = None
        idle = self.conn.their_state is h11.IDLE and not self.conn.trailing_data[0]
        if not waiting or (idle and self.cycle is not None):
            self._stop_asking()
        elif self._asking is None and not self.transport.is_closing():
            self._asking = self.loop.call_later(self.request_within, self.transport.abort)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._taking = self._taking or self.loop.call_later(self.take_within, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._stop_taking()

    def _stop_asking(self) -> None:
        if self._asking is not None:
            self._asking.cancel()
            self._asking = None

    def _stop_taking(self) -> None:
        if self._taking is not None:
            self._taking.cancel()
            self._taking = None

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP, or longer than it may be."""
        if self.conn.our_state not in (h11.IDLE, h11.SEND_RESPONSE):
            self.transport.close()  # an answer is under way already
            return
        words = b"This is no request that can be answered.\n"
        headers = [
            (b"content-type", b"text/plain; charset=utf-8"),
            (b"content-length", str(len(words)).encode()),
            (b"cache-control", b"no-store"),
            (b"connection", b"close"),
            *SECURITY,
        ]
        for event in (
            h11.Response(status_code=400, headers=headers, reason=b"Bad Request"),
            h11.Data(data=words),
            h11.EndOfMessage(),
        ):
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()
