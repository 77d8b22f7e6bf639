"""Which network addresses a source may connect to.

A redirect is words of a stranger: it must not make this program read the metadata service of a
cloud, a router's page or a database on loopback. So names are resolved here, every address is
judged, and the connection goes to exactly the address that was judged (no DNS rebinding, and
spellings such as `2130706433` or `0177.0.0.1` are judged as what they resolve to). What the
person herself wrote into `url` is allowed, wherever it is.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Awaitable, Callable, Iterable
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Any

import httpcore

from digest.sources.aside import run_aside

Resolve = Callable[[str, int, float], Awaitable[tuple[str, ...]]]

_NAT64 = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"))  # RFC 6052, RFC 8215


class ForbiddenAddress(httpcore.ConnectError):
    """The name leads to an address that a redirect may not reach."""


def is_public(address: str) -> bool:
    """Whether the address belongs to the public internet, with any IPv4 inside it unpacked."""
    try:
        ip = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, IPv6Address):
        inner = _inner_ipv4(ip)
        if inner is not None:
            return is_public(str(inner))
    return ip.is_global and not ip.is_multicast


def _inner_ipv4(ip: IPv6Address) -> IPv4Address | None:
    if ip.ipv4_mapped is not None:
        return ip.ipv4_mapped
    if ip.sixtofour is not None:
        return ip.sixtofour
    if ip.teredo is not None:
        return ip.teredo[1]
    low = int(ip) & 0xFFFFFFFF
    if any(ip in network for network in _NAT64) or (int(ip) >> 32 == 0 and low > 1):
        return IPv4Address(low)
    return None


async def resolve_name(host: str, port: int, seconds: float) -> tuple[str, ...]:
    """Every address of a host name, in the order of the system's preference.

    Raises:
        OSError: the name has no address. TimeoutError: the name server does not answer.
    """
    found = await run_aside(
        lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM), seconds=seconds
    )
    return tuple(dict.fromkeys(str(entry[4][0]) for entry in found))


class GuardedBackend(httpcore.AsyncNetworkBackend):
    """Connects like httpcore's own backend, but only to addresses that are allowed.

    `trusted` holds the `(host, port)` pairs that the configuration itself names.
    """

    def __init__(
        self, trusted: frozenset[tuple[str, int]], resolve: Resolve = resolve_name
    ) -> None:
        self._trusted = trusted
        self._resolve = resolve
        self._wire = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # the signature is httpcore's
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Resolve, judge every address, connect to the first that answers.

        Raises:
            ForbiddenAddress: one of the name's addresses is not public.
            httpcore.ConnectError, httpcore.ConnectTimeout: nothing answers.
        """
        seconds = 10.0 if timeout is None else timeout
        end = time.monotonic() + seconds
        addresses = await self._addresses(host, port, seconds)
        if (host.lower().rstrip("."), port) not in self._trusted:
            for address in addresses:
                if not is_public(address):
                    raise ForbiddenAddress(
                        f"{host} leads to {address}, which is not on the public internet"
                    )
        fault: Exception | None = None
        for rest, address in zip(range(len(addresses), 0, -1), addresses, strict=True):
            share = max((end - time.monotonic()) / rest, 0.05)
            try:
                return await self._wire.connect_tcp(
                    address, port, share, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                fault = error
        raise fault or httpcore.ConnectError(f"{host} has no address")

    async def _addresses(self, host: str, port: int, seconds: float) -> tuple[str, ...]:
        try:
            return await self._resolve(host, port, seconds)
        except TimeoutError:
            raise httpcore.ConnectTimeout(f"no name server answers for {host}") from None
        except (OSError, UnicodeError) as error:
            words = getattr(error, "strerror", None) or str(error)
            raise httpcore.ConnectError(f"the name {host} cannot be resolved: {words}") from None

    async def sleep(self, seconds: float) -> None:
        await self._wire.sleep(seconds)
