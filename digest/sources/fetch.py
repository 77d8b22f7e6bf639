"""Ask one server politely: bounded in time, bytes, redirects and tries."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Protocol, Self
from urllib.parse import urljoin, urlsplit

import httpx

from digest.errors import DigestError, SourceError
from digest.model import StoredReply
from digest.sources.address_guard import GuardedBackend, Resolve, resolve_name
from digest.sources.fetch_error import FetchError, Retry, explain, host_of, with_more
from digest.sources.inflate import inflate, inflaters_for
from digest.sources.politeness import (
    ARXIV_GATE,
    RETRY_STATUSES,
    Deadline,
    Gate,
    Pace,
    parse_retry_after,
)
from digest.sources.transport import GuardedTransport

MAX_REDIRECTS = 5
_ERROR_BODY = 64 * 1024
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


class ReplyCache(Protocol):
    """Where answers are kept between runs, for conditional requests."""

    def load(self, url: str) -> StoredReply | None: ...

    def save(self, reply: StoredReply) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A whole answer, decompressed. `truncated` says that the connection ended before the body."""

    url: str
    body: bytes
    content_type: str
    truncated: bool = False
    unchanged: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    """One HTTP exchange, before anybody judges its status."""

    status: int
    headers: httpx.Headers
    body: bytes
    truncated: bool


class Fetcher:
    """Fetches for one source; close it (`async with`) to close its connections.

    `url` is the source's configured address: its host and port may be anywhere, everything else
    must be on the public internet. `timeout` bounds all requests together, in seconds. `gate`
    paces every request; requests to arxiv.org pass arXiv's gate in any case.
    """

    def __init__(
        self,
        url: str,
        *,
        also: tuple[str, ...] = (),
        agent: str,
        cache: ReplyCache,
        timeout: float,
        max_bytes: int,
        pace: Pace | None = None,
        gate: Gate | None = None,
        tls: ssl.SSLContext | None = None,
        resolve: Resolve = resolve_name,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        pace = pace or Pace()
        self.deadline = Deadline(timeout)
        self._pace, self._gate, self._cache, self._clock = pace, gate, cache, clock
        self._max_bytes = max_bytes
        trusted = frozenset(origin for one in (url, *also) for origin in _origins(one))
        # Straight to the transport: httpx's client parses every `Location` on its own terms.
        self._transport = GuardedTransport(
            GuardedBackend(trusted, resolve), tls or httpx.create_ssl_context()
        )
        self._times = httpx.Timeout(pace.read, connect=pace.connect).as_dict()
        self._agent = agent

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with contextlib.suppress(TimeoutError, httpx.HTTPError):
            async with asyncio.timeout(2):
                await self._transport.aclose()

    async def fetch(self, url: str, *, accept: str = "*/*") -> Reply:
        """The answer to a GET, from the server or (on 304) from the cache.

        Raises:
            FetchError: no answer with a 2xx status within the limits; the message is a sentence.
        """
        stored = self._load(url)
        fault: FetchError | None = None
        cut: Reply | None = None
        for attempt in range(1, self._pace.attempts + 1):
            wanted = None
            try:
                reply = await self._try(url, accept, stored)
                if not reply.truncated:
                    return reply
                cut = reply
            except Retry as retry:
                fault, wanted = retry.fault, retry.wait
            if attempt == self._pace.attempts:
                break
            delay = self._pace.delay(attempt) if wanted is None else max(wanted, 0.0)
            if delay >= self.deadline.left:
                if fault and wanted:
                    fault = with_more(
                        fault, f"; it asks to wait {wanted:.0f} s, longer than is left"
                    )
                break
            await asyncio.sleep(delay)
        if cut is not None:
            return cut
        raise fault or FetchError(f"{host_of(url)} gave no answer")

    async def post(
        self, url: str, content: bytes, *, headers: dict[str, str], seconds: float
    ) -> Reply:
        """The answer to one POST: asked once, led nowhere else, kept nowhere.

        A redirect is a refusal, because `headers` may hold a key that is meant for one server.

        Raises:
            FetchError: no whole answer with a 2xx status within `seconds`.
        """
        try:
            async with asyncio.timeout(seconds):
                answer = await self._exchange(url, headers, content)
        except TimeoutError:
            raise FetchError(f"{host_of(url)} did not answer within {seconds:g} s") from None
        except Retry as retry:
            raise retry.fault from None
        if not 200 <= answer.status < 300:
            fault = self._refusal(url, answer)
            raise fault.fault if isinstance(fault, Retry) else fault
        content_type = answer.headers.get("content-type", "")
        return Reply(
            url=url, body=answer.body, content_type=content_type, truncated=answer.truncated
        )

    async def _try(self, url: str, accept: str, stored: StoredReply | None) -> Reply:
        left = self.deadline.left
        if left <= 0:
            raise self._too_late(url)
        headers = {"Accept": accept}
        if stored is not None:
            if stored.etag:
                headers["If-None-Match"] = stored.etag
            if stored.last_modified:
                headers["If-Modified-Since"] = stored.last_modified
        answer, final = await self._follow(url, headers)
        if answer.status == 304 and stored is not None:
            return Reply(
                url=final, body=stored.body, content_type=stored.content_type, unchanged=True
            )
        content_type = answer.headers.get("content-type", "")
        if not 200 <= answer.status < 300:
            raise self._refusal(final, answer)
        if not answer.truncated:
            self._save(url, answer, content_type)
        return Reply(
            url=final, body=answer.body, content_type=content_type, truncated=answer.truncated
        )

    async def _follow(self, url: str, headers: dict[str, str]) -> tuple[_Answer, str]:
        for _ in range(MAX_REDIRECTS + 1):
            answer = await self._exchange(url, headers)
            location = answer.headers.get("location")
            if answer.status not in _REDIRECTS or not location:
                return answer, url
            url = _redirect_target(url, location)
        raise FetchError(
            f"more than {MAX_REDIRECTS} redirects, the last one to {host_of(url)}", temporary=False
        )

    async def _exchange(
        self, url: str, headers: dict[str, str], content: bytes | None = None
    ) -> _Answer:
        gate = ARXIV_GATE if _is_arxiv(url) else self._gate
        turn = (
            gate.turn(self.deadline, longest=self._pace.gate_wait)
            if gate is not None
            else contextlib.nullcontext()
        )
        async with turn:
            try:
                async with asyncio.timeout(max(self.deadline.left, 0.0)):
                    return await self._send(url, headers, content)
            except TimeoutError:
                raise self._too_late(url) from None
            except httpx.HTTPError as error:
                raise explain(error, url) from error
            except (httpx.InvalidURL, ValueError) as error:
                raise FetchError(f"not an address: {error}", temporary=False) from None

    async def _send(self, url: str, headers: dict[str, str], content: bytes | None) -> _Answer:
        ours = {"User-Agent": self._agent, "Accept-Encoding": "gzip, deflate"}
        request = httpx.Request(
            "GET" if content is None else "POST",
            url,
            headers=ours | headers,
            content=content,
            extensions={"timeout": self._times},
        )
        response = await self._transport.handle_async_request(request)
        response.request = request
        try:
            good = 200 <= response.status_code < 300
            limit = self._max_bytes if good else _ERROR_BODY
            body, truncated = await _read_body(response, limit, strict=good)
            return _Answer(
                status=response.status_code,
                headers=response.headers,
                body=body,
                truncated=truncated,
            )
        finally:
            await response.aclose()

    def _refusal(self, url: str, answer: _Answer) -> FetchError:
        status = answer.status
        words = httpx.codes.get_reason_phrase(status)
        fault = FetchError(
            f"{host_of(url)} answers {status} {words}".rstrip(),
            temporary=status in RETRY_STATUSES or status == 403,
            status=status,
            body=answer.body,
            content_type=answer.headers.get("content-type", ""),
        )
        # arXiv throttles with 403 as well as 429.
        if status in RETRY_STATUSES or (status == 403 and _is_arxiv(url)):
            wait = parse_retry_after(answer.headers.get("retry-after"), self._clock())
            return Retry(fault, wait)
        return fault

    def _too_late(self, url: str) -> FetchError:
        return FetchError(
            f"{host_of(url)} did not give its whole answer within {self.deadline.seconds:g} s"
        )

    def _load(self, url: str) -> StoredReply | None:
        # A lost cache costs one transfer; it must not cost the source.
        with contextlib.suppress(DigestError, OSError, ValueError):
            stored = self._cache.load(url)
            if stored is not None and (stored.etag or stored.last_modified):
                return stored
        return None

    def _save(self, url: str, answer: _Answer, content_type: str) -> None:
        etag, modified = answer.headers.get("etag"), answer.headers.get("last-modified")
        if answer.status != 200 or not (etag or modified):
            return
        reply = StoredReply(
            url=url,
            body=answer.body,
            content_type=content_type,
            fetched_at=self._clock(),
            etag=etag,
            last_modified=modified,
        )
        with contextlib.suppress(DigestError, OSError, ValueError):
            self._cache.save(reply)


async def _read_body(response: httpx.Response, limit: int, *, strict: bool) -> tuple[bytes, bool]:
    """Body and whether it broke off. Both wire and plain bytes are counted while they come.

    With `strict` False the body only serves to explain an error: what is too much is left.

    Raises:
        FetchError: more than `limit` bytes, or a packing that cannot be undone.
    """
    host = response.request.url.host
    try:
        layers = inflaters_for(response.headers.get("content-encoding", ""))
    except SourceError as error:
        if not strict:
            return b"", False
        raise FetchError(f"{host}: {error}", temporary=False) from None
    parts: list[bytes] = []
    wire_size = size = 0
    try:
        async for wire in response.aiter_raw():
            wire_size += len(wire)
            for piece in inflate(wire, layers):
                size += len(piece)
                if size > limit or wire_size > limit:
                    if not strict:
                        return b"".join(parts), True
                    raise _too_big(host, limit, packed=bool(layers))
                parts.append(piece)
            if wire_size > limit:
                raise _too_big(host, limit, packed=bool(layers))
            # Inflating is work without a pause: let the deadline and the other sources in.
            await asyncio.sleep(0)
    except zlib.error as error:
        raise FetchError(f"{host} sent a body that cannot be unpacked: {error}") from None
    except (httpx.RemoteProtocolError, httpx.ReadError):
        if not parts:
            raise
        return b"".join(parts), True
    return b"".join(parts), not all(layer.is_complete for layer in layers)


def _too_big(host: str, limit: int, *, packed: bool) -> FetchError:
    unpacked = " once unpacked" if packed else ""
    return FetchError(
        f"{host} sent more than {limit:,} bytes{unpacked}; the rest was not read", temporary=False
    )


def _redirect_target(url: str, location: str) -> str:
    try:
        target = urljoin(url, location.strip())
        parts = urlsplit(target)
        if parts.scheme in ("http", "https") and parts.hostname and str(httpx.URL(target)):
            return target
        why = f"it leads to {parts.scheme or 'nothing'}:, and only http and https are followed"
    except (httpx.InvalidURL, ValueError) as error:
        why = str(error)
    raise FetchError(f"{host_of(url)}: a redirect was refused: {why}"[:300], temporary=False)


def _origins(url: str) -> tuple[tuple[str, int], ...]:
    """The configured host at its own port; at the usual two as well if it uses one of them."""
    parts = urlsplit(url)
    host = (parts.hostname or "").lower().rstrip(".")
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return ((host, 80), (host, 443)) if port in (80, 443) else ((host, port),)


def _is_arxiv(url: str) -> bool:
    host = host_of(url).lower().rstrip(".")
    return host == "arxiv.org" or host.endswith(".arxiv.org")
