"""Which addresses may be called from inside a government's network: public ones alone.

The table is our own: Python's differs by release, and knows nothing of addresses of the internet
that lead into a cloud's own network.
"""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Address = IPv4Address | IPv6Address
# IANA's registry of special IPv4 addresses (RFC 6890), all but those of anycast for everybody.
_INNER = tuple(
    map(
        IPv4Network,
        (
            "0.0.0.0/8",
            "10.0.0.0/8",
            "100.64.0.0/10",  # carriers' own; 100.100.100.200 is the metadata of Alibaba Cloud
            "127.0.0.0/8",
            "168.63.129.16/32",  # the host below every machine of Azure
            "169.254.0.0/16",  # metadata of nearly every cloud
            "172.16.0.0/12",
            "192.0.0.0/24",  # protocols' own; 192.0.0.192 is the metadata of Oracle Cloud
            "192.0.2.0/24",
            "192.31.196.0/24",
            "192.52.193.0/24",
            "192.88.99.0/24",  # 6to4 relays
            "192.168.0.0/16",
            "192.175.48.0/24",
            "198.18.0.0/15",
            "198.51.100.0/24",
            "203.0.113.0/24",
            "224.0.0.0/4",
            "240.0.0.0/4",
        ),
    )
)
_TRANSLATED = IPv6Network("64:ff9b::/96")  # NAT64 (RFC 6052): the last 32 bits are IPv4
# All that registries give out. What lies outside is for no one on the internet: unique local and
# link-local addresses, loopback, multicast, and old forms that carry an IPv4 address.
_UNICAST = IPv6Network("2000::/3")
_INNER_6 = tuple(
    map(
        IPv6Network,
        (
            "2001::/23",  # protocols' own, Teredo too: it carries an IPv4 address
            "2001:db8::/32",
            "2620:4f:8000::/48",
            "3fff::/20",
        ),
    )
)
_ISATAP = frozenset({0x00005EFE, 0x02005EFE})  # RFC 5214: the last 32 bits are IPv4


def is_public(address: str) -> bool:
    """Tell whether an IP address is reachable from the public internet; False for no address.

    Private, loopback, link-local, shared, reserved and multicast ones are not, nor those of a
    cloud's own services, nor an IPv6 form that carries one of them.
    """
    try:
        found = _inner(ip_address(address.split("%", 1)[0]))
    except ValueError:
        return False
    if isinstance(found, IPv4Address):
        return not any(found in network for network in _INNER)
    return found in _UNICAST and not any(found in network for network in _INNER_6)


def _inner(address: Address) -> Address:
    if isinstance(address, IPv4Address):
        return address
    carried = address.ipv4_mapped or address.sixtofour
    if carried is None and (address in _TRANSLATED or _is_isatap(address)):
        carried = IPv4Address(int(address) & 0xFFFFFFFF)
    return carried or address


def _is_isatap(address: IPv6Address) -> bool:
    return int(address) >> 32 & 0xFFFFFFFF in _ISATAP
