"""Which addresses may be called: public ones, in whatever form an inner one is dressed."""

import pytest

from shared.addresses import is_public


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


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "2404:6800:4003:c00::71"]
)
def test_an_address_of_the_internet_is_public(address: str) -> None:
    assert is_public(address)
