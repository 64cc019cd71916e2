"""No way to write an inner address gets past the door."""

import socket
from ipaddress import IPv4Address, IPv4Network, ip_address

from hypothesis import given
from hypothesis import strategies as st

from services.intake.subscriptions.webhook_urls import (
    host_of,
    is_address,
    unfit_addresses,
    unfit_url,
)
from shared.http.public_addresses import is_public

INNER = ("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16")
MORE = ("172.16.0.0/12", "192.168.0.0/16", "224.0.0.0/4", "240.0.0.0/4")


@st.composite
def inner_addresses(draw: st.DrawFn) -> IPv4Address:
    network = IPv4Network(draw(st.sampled_from(INNER + MORE)))
    return network[draw(st.integers(0, network.num_addresses - 1))]


def written(address: IPv4Address) -> list[str]:
    """Return an address in all the ways that `inet_aton` reads."""
    number, parts = int(address), address.packed
    numbers = [f"{number}", f"{number:#x}", f"0{number:o}"]
    dotted = [".".join(form % part for part in parts) for form in ("%d", "0x%x", "0%o", "0x%02X")]
    short = [f"{parts[0]}.{number & 0xFFFFFF}", f"{parts[0]}.{parts[1]}.{number & 0xFFFF}"]
    mapped = [f"[::ffff:{address}]", f"[64:ff9b::{number >> 16:x}:{number & 0xFFFF:x}]"]
    return [*numbers, *dotted, *short, *mapped]


@given(inner_addresses())
def test_an_inner_address_is_refused_in_every_form(address: IPv4Address) -> None:
    for host in written(address):
        url = f"https://{host}/hook"
        if unfit_url(url, allow_plain=False) is None:
            assert is_address(host_of(url))
            assert unfit_addresses([host_of(url)]) is not None


@given(st.integers(0, 2**32 - 1))
def test_what_the_system_reads_as_an_address_is_never_taken_for_a_name(number: int) -> None:
    for host in written(IPv4Address(number))[:-2]:
        url = f"https://{host}/"
        if unfit_url(url, allow_plain=False) is None:
            assert ip_address(socket.inet_ntoa(socket.inet_aton(host))) == ip_address(host)


@given(st.text())
def test_no_text_breaks_the_reading_of_a_url(text: str) -> None:
    for url in (text, f"https://{text}", f"https://{text}/hook"):
        if unfit_url(url, allow_plain=False) is None:
            assert host_of(url).isascii()


@given(st.lists(st.ip_addresses().map(str), min_size=1))
def test_one_inner_address_among_many_is_enough(addresses: list[str]) -> None:
    is_fit = unfit_addresses(addresses) is None

    assert is_fit == all(is_public(each) for each in addresses)
