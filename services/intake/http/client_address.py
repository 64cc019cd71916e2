"""From which address a request comes, as far as that can be believed.

A proxy's header counts only where the peer is a trusted proxy: everybody else could write it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Literal

from starlette.datastructures import Headers
from starlette.types import Scope

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
ProxyHeader = Literal["x-forwarded-for", "forwarded"]
UNKNOWN = "unknown"  # a peer without an address, such as a Unix socket: all share one quota
MOST_REMEMBERED = 10_000  # addresses
MOST_HOPS = 20  # of a header that anybody may have begun
_PREFIX = 64  # a household or an office has a whole IPv6 network of this size


@dataclass(frozen=True, slots=True)
class AddressRule:
    """Whom to believe: the networks of the proxies in front, and the one header that they set."""

    trusted: Sequence[Network] = ()
    header: ProxyHeader = "x-forwarded-for"

    def of(self, scope: Scope) -> str:
        """Return the name under which a request's address is counted; IPv6 by its /64."""
        peer = _parse(scope["client"][0]) if scope.get("client") else None
        if peer is None:
            return UNKNOWN
        return _name(self._behind(peer, Headers(scope=scope)) if self.trusted else peer)

    def _behind(self, peer: Address, headers: Headers) -> Address:
        # From the right: the last hop was written by the peer, the first by whoever likes to.
        for hop in reversed(_hops(headers, self.header)):
            if not self._trusts(peer):
                return peer
            told = _parse(hop)
            if told is None:
                return peer
            peer = told
        return peer

    def _trusts(self, address: Address) -> bool:
        return any(address in network for network in self.trusted)


def _hops(headers: Headers, header: ProxyHeader) -> list[str]:
    parts = ",".join(headers.getlist(header)).split(",")[-MOST_HOPS:]
    if header == "x-forwarded-for":
        return [part.strip() for part in parts if part.strip()]
    return [_for(part) for part in parts if part.strip()]


def _for(element: str) -> str:
    """Return the `for` of an element of `Forwarded` (RFC 7239); empty where it has none."""
    for pair in element.split(";"):
        name, _, value = pair.strip().partition("=")
        if name.lower() == "for":
            return value.strip().strip('"')
    return ""


@lru_cache(maxsize=MOST_REMEMBERED)
def _parse(text: str) -> Address | None:
    """Return an address, written with or without a port."""
    host = text
    if text.startswith("["):
        host = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        host = text.partition(":")[0]
    try:
        found = ip_address(host.partition("%")[0])
    except ValueError:
        return None
    return (found.ipv4_mapped or found) if isinstance(found, IPv6Address) else found


@lru_cache(maxsize=MOST_REMEMBERED)
def _name(address: Address) -> str:
    if isinstance(address, IPv4Address):
        return str(address)
    return str(IPv6Network((int(address) >> _PREFIX << _PREFIX, _PREFIX)))
