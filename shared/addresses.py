"""Which addresses may be called from inside a government's network: public ones alone."""

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

Address = IPv4Address | IPv6Address
_TRANSLATED = IPv6Network("64:ff9b::/96")  # NAT64 (RFC 6052): the last 32 bits are IPv4


def is_public(address: str) -> bool:
    """Tell whether an IP address is reachable from the public internet; False for no address.

    Private, loopback, link-local (cloud metadata too), shared, reserved and multicast ones are
    not, nor an IPv6 form that carries one of them.
    """
    try:
        found = _inner(ip_address(address.split("%", 1)[0]))
    except ValueError:
        return False
    return found.is_global and not found.is_multicast


def _inner(address: Address) -> Address:
    if isinstance(address, IPv4Address):
        return address
    carried = address.ipv4_mapped or address.sixtofour
    if carried is None and address in _TRANSLATED:
        carried = IPv4Address(int(address) & 0xFFFFFFFF)
    return carried or address
