"""Says from which network a request comes, whoever passed it on."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

_Address = IPv4Address | IPv6Address
_Network = IPv4Network | IPv6Network
#: What one household or office has: more addresses of it are not more people.
_BITS = {4: 24, 6: 48}


class Proxies:
    """Those whose word about others is believed: addresses and networks."""

    def __init__(self, trusted: Sequence[str]) -> None:
        self._networks: tuple[_Network, ...] = tuple(
            ip_network(each, strict=False) for each in trusted
        )

    def client(self, peer: str, forwarded: Sequence[str]) -> _Address | None:
        """The nearest address that no trusted proxy has; None: the peer has none.

        `forwarded` are the lines of X-Forwarded-For. Each proxy adds the address of who asked it
        at the end, so what stands before the first untrusted one is anybody's claim.
        """
        address = _parse(peer)
        claimed = [part for line in forwarded for part in line.split(",")]
        while address is not None and claimed and self._trusts(address):
            before = _parse(claimed.pop().strip())
            if before is None:
                break
            address = before
        return address

    def _trusts(self, address: _Address) -> bool:
        return any(address in network for network in self._networks)


def network_of(address: _Address | None) -> str:
    """The network that shares an allowance: a /24, or a /48 of IPv6."""
    if address is None:
        return ""
    return str(ip_network((address, _BITS[address.version]), strict=False))


def _parse(text: str) -> _Address | None:
    host = text[1:].partition("]")[0] if text.startswith("[") else text
    if host.count(":") == 1:
        host = host.partition(":")[0]  # some proxies tell the port too
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address
