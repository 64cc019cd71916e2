"""Which addresses may be called from inside a government's network: public ones alone."""

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

Address = IPv4Address | IPv6Address
_TRANSLATED = IPv6Network("64:ff9b::/96")  # NAT64 (RFC 6052): the last 32 bits are IPv4
# All that registries give out. What lies outside is not for the internet, whatever Python's
# release knows of it: site-local addresses, and old forms that carry an IPv4 address.
_UNICAST = IPv6Network("2000::/3")
_ISATAP = frozenset({0x00005EFE, 0x02005EFE})  # RFC 5214: the last 32 bits are IPv4


def is_public(address: str) -> bool:
    """Tell whether an IP address is reachable from the public internet; False for no address.

    Private, loopback, link-local (cloud metadata too), shared, reserved and multicast ones are
    not, nor an IPv6 form that carries one of them.
    """
    try:
        found = _inner(ip_address(address.split("%", 1)[0]))
    except ValueError:
        return False
    if isinstance(found, IPv6Address) and found not in _UNICAST:
        return False
    return found.is_global and not found.is_multicast


def _inner(address: Address) -> Address:
    if isinstance(address, IPv4Address):
        return address
    carried = address.ipv4_mapped or address.sixtofour
    if carried is None and (address in _TRANSLATED or _is_isatap(address)):
        carried = IPv4Address(int(address) & 0xFFFFFFFF)
    return carried or address


def _is_isatap(address: IPv6Address) -> bool:
    return int(address) >> 32 & 0xFFFFFFFF in _ISATAP
