"""An httpx transport whose connections pass the address guard."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.request import getproxies, proxy_bypass

import httpcore
import httpx

from digest.sources.address_guard import GuardedBackend, is_public


@contextmanager
def _as_httpx() -> Iterator[None]:
    """httpcore's errors under httpx's names, which are the same by design."""
    try:
        yield
    except httpx.TransportError:
        raise
    except Exception as error:
        if type(error).__module__.startswith(("httpcore", "digest.")):
            for kind in type(error).__mro__:
                if (name := kind.__name__) and hasattr(httpx, name) and name != "Exception":
                    raise getattr(httpx, name)(str(error)) from error
        raise


class _Body(httpx.AsyncByteStream):
    def __init__(self, stream: Any) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _as_httpx():
            async for part in self._stream:
                yield part

    async def aclose(self) -> None:
        await self._stream.aclose()


class GuardedTransport(httpx.AsyncBaseTransport):
    """Direct connections through `backend`; the environment's proxies where it names some.

    A proxy connects in our place, so only addresses written as numbers can be judged there.
    """

    def __init__(self, backend: GuardedBackend, tls: ssl.SSLContext) -> None:
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=tls,
            network_backend=backend,
            max_connections=4,
            max_keepalive_connections=1,
            keepalive_expiry=10,
        )
        self._tls = tls
        self._proxied: dict[str, httpx.AsyncHTTPTransport] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        proxy = _proxy_for(request.url)
        if proxy is not None:
            return await self._through(proxy).handle_async_request(request)
        if not isinstance(request.stream, httpx.AsyncByteStream):
            raise TypeError("this transport sends requests from a task")
        plain = httpcore.Request(
            method=request.method,
            url=httpcore.URL(
                scheme=request.url.raw_scheme,
                host=request.url.raw_host,
                port=request.url.port,
                target=request.url.raw_path,
            ),
            headers=request.headers.raw,
            content=request.stream,
            extensions=request.extensions,
        )
        with _as_httpx():
            answer = await self._pool.handle_async_request(plain)
        return httpx.Response(
            status_code=answer.status,
            headers=answer.headers,
            stream=_Body(answer.stream),
            extensions=answer.extensions,
        )

    def _through(self, proxy: str) -> httpx.AsyncHTTPTransport:
        if proxy not in self._proxied:
            self._proxied[proxy] = httpx.AsyncHTTPTransport(verify=self._tls, proxy=proxy)
        return self._proxied[proxy]

    async def aclose(self) -> None:
        await self._pool.aclose()
        for transport in self._proxied.values():
            await transport.aclose()


def _proxy_for(url: httpx.URL) -> str | None:
    proxies = getproxies()
    proxy = proxies.get(url.scheme) or proxies.get("all")
    numeric = url.host.replace(".", "").replace(":", "").isalnum() and not url.host[-1:].isalpha()
    if not proxy or url.host == "localhost" or (numeric and not is_public(url.host)):
        return None
    return None if proxy_bypass(url.host) else proxy
