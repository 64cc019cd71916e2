"""Which addresses may be called: public ones, in whatever form an inner one is dressed."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address

import pytest

from shared.http.public_addresses import is_public


@pytest.mark.parametrize(
    "address",
    [
        "::127.0.0.1",  # IPv4-compatible (RFC 4291)
        "::ffff:0:10.0.0.1",  # IPv4-translated (RFC 2765)
        "::ffff:169.254.169.254",
        "64:ff9b::10.0.0.1",
        "64:ff9b:1::10.0.0.1",  # NAT64 of one's own (RFC 8215)
        "2002:0a00:0001::1",  # 6to4
        "2001:0:a00:1::1",  # Teredo
        "2001:db8::5efe:10.0.0.1",
        "2a00:1450::5efe:10.0.0.1",  # ISATAP (RFC 5214)
        "2a00:1450::200:5efe:10.0.0.1",
        "fec0::1",  # site-local, until RFC 3879
        "fd00:ec2::254",
        "fe80::1%eth0",
        "5f00::1",  # segment routing (RFC 9602)
        "4000::1",  # of no registry
        "ff0e::1",
        "::",
        "kab.go.id",
    ],
)
def test_an_inner_address_is_not_public_in_any_form(address: str) -> None:
    assert not is_public(address)


CLOUDS = [
    "169.254.169.254",  # Amazon, Google, Azure, OpenStack
    "169.254.170.2",  # Amazon's containers
    "100.100.100.200",  # Alibaba
    "192.0.0.192",  # Oracle
    "168.63.129.16",  # the host below a machine of Azure
]


def carried(address: str) -> list[str]:
    """Return the IPv6 forms that lead to an IPv4 address."""
    number = int(IPv4Address(address))
    high, low = f"{number >> 16:x}", f"{number & 0xFFFF:x}"
    teredo = f"2001:0:4136:e378:8000:63bf:{number >> 16 ^ 0xFFFF:x}:{number & 0xFFFF ^ 0xFFFF:x}"
    return [f"::ffff:{address}", f"64:ff9b::{high}:{low}", f"2002:{high}:{low}::1", teredo]


@pytest.mark.parametrize("address", [*CLOUDS, *(form for one in CLOUDS for form in carried(one))])
def test_what_clouds_keep_for_their_own_machines_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "network",
    [
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16"),
        *("172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.168.0.0/16", "198.18.0.0/15"),
        *("192.88.99.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.175.48.0/24"),
        *("198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"),
    ],
)
def test_an_inner_network_is_inner_to_its_ends_and_no_further(network: str) -> None:
    found = IPv4Network(network)

    assert not is_public(str(found[0]))
    assert not is_public(str(found[-1]))
    outside = [int(found[0]) - 1, int(found[-1]) + 1]
    named = {"192.0.0.0/24", "198.18.0.0/15", "192.31.196.0/24", "192.52.193.0/24"}
    assert network not in named or all(is_public(str(IPv4Address(one))) for one in outside)


def test_what_is_public_does_not_hang_on_pythons_table(monkeypatch: pytest.MonkeyPatch) -> None:
    for kind in (IPv4Address, IPv6Address):
        monkeypatch.setattr(kind, "is_global", property(lambda _: True))
        monkeypatch.setattr(kind, "is_private", property(lambda _: False))

    assert not any(map(is_public, [*CLOUDS, "10.0.0.1", "fd00:ec2::254", "2001:db8::1"]))


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "2404:6800:4003:c00::71"]
)
def test_an_address_of_the_internet_is_public(address: str) -> None:
    assert is_public(address)
