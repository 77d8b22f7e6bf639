"""Say what kept an answer away, and whether another try may bring it."""

from __future__ import annotations

from urllib.parse import urlsplit

import httpx

from digest.errors import SourceError
from digest.sources.address_guard import ForbiddenAddress


class FetchError(SourceError):
    """No usable answer. `status` is the HTTP status (0: none came), `body` what came with it."""

    def __init__(
        self,
        message: str,
        *,
        temporary: bool = True,
        status: int = 0,
        body: bytes = b"",
        content_type: str = "",
    ) -> None:
        super().__init__(message, temporary=temporary)
        self.status = status
        self.body = body
        self.content_type = content_type


class Retry(FetchError):
    """A fault that the next try may not meet; `wait` is what the server asked for."""

    def __init__(self, fault: FetchError, wait: float | None = None) -> None:
        super().__init__(fault.message)
        self.fault, self.wait = fault, wait


def explain(error: httpx.HTTPError, url: str) -> FetchError:
    """What broke the exchange, in a sentence; a `Retry` where the next try may do better."""
    host, cause = host_of(url), error.__cause__
    words = str(error).strip()
    if isinstance(cause, ForbiddenAddress):
        return FetchError(f"a redirect was refused: {words}", temporary=False)
    if isinstance(error, httpx.ConnectTimeout):
        return Retry(FetchError(f"{host} cannot be reached: {words or 'no answer in time'}"))
    if isinstance(error, httpx.ConnectError):
        lost = "certificate" in words.lower()
        fault = FetchError(f"{host} cannot be reached: {words or 'refused'}", temporary=not lost)
        return fault if lost else Retry(fault)
    if isinstance(error, httpx.TimeoutException):
        return Retry(FetchError(f"{host} took the request and then said nothing"))
    if isinstance(error, httpx.RemoteProtocolError | httpx.ReadError | httpx.WriteError):
        return Retry(FetchError(f"{host} broke the connection: {words or 'no answer'}"))
    return FetchError(f"{host}: {words or type(error).__name__}")


def with_more(fault: FetchError, more: str) -> FetchError:
    """The same, with more words behind."""
    return FetchError(
        fault.message + more,
        temporary=fault.temporary,
        status=fault.status,
        body=fault.body,
        content_type=fault.content_type,
    )


def host_of(url: str) -> str:
    """Whom a message names."""
    return urlsplit(url).hostname or url[:80]
