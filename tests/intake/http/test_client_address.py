"""From which address a request comes: a header is believed from a trusted proxy alone."""

from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.http.client_address import UNKNOWN, AddressRule
from services.intake.settings import IntakeSettings
from tests.intake.conftest import SECRET
from tests.support.builders import VAULT_KEYS

PROXIES = (ip_network("10.0.0.0/8"), ip_network("fd00::/8"))


def seen(rule: AddressRule, peer: str | None, *headers: tuple[str, str]) -> str:
    """Return the address under which a request is counted."""
    raw = [(name.encode(), value.encode("latin-1")) for name, value in headers]
    client = (peer, 1234) if peer is not None else None
    return rule.of({"type": "http", "client": client, "headers": raw})


def behind(*hops: str, peer: str = "10.0.0.1") -> str:
    return seen(AddressRule(PROXIES), peer, *(("x-forwarded-for", hop) for hop in hops))


def test_without_trusted_proxies_the_peer_counts_whatever_it_says() -> None:
    assert seen(AddressRule(), "203.0.113.9", ("x-forwarded-for", "1.2.3.4")) == "203.0.113.9"


def test_a_peer_that_is_no_proxy_is_not_believed() -> None:
    assert behind("1.2.3.4", peer="203.0.113.9") == "203.0.113.9"


@pytest.mark.parametrize(
    ("hops", "address"),
    [
        (("203.0.113.9",), "203.0.113.9"),
        (("1.2.3.4, 203.0.113.9, 10.0.0.7",), "203.0.113.9"),  # the first is the client's own word
        (("1.2.3.4", "203.0.113.9"), "203.0.113.9"),  # two header lines are one list
        (("10.0.0.7, 10.0.0.8",), "10.0.0.7"),  # all are proxies: the farthest
        (("203.0.113.9:5123",), "203.0.113.9"),
        (("[2001:db8:1:2:3::4]:5123",), "2001:db8:1:2::/64"),
        (("rubbish",), "10.0.0.1"),
        (("203.0.113.9, rubbish",), "10.0.0.1"),
        ((" , ",), "10.0.0.1"),
        ((), "10.0.0.1"),
    ],
)
def test_the_nearest_hop_that_is_no_proxy_is_the_client(
    hops: tuple[str, ...], address: str
) -> None:
    assert behind(*hops) == address


def test_only_the_header_that_the_proxies_set_is_read() -> None:
    headers = (("forwarded", 'for="[2001:db8::9]:80";proto=https'), ("x-forwarded-for", "1.2.3.4"))

    assert seen(AddressRule(PROXIES), "10.0.0.1", *headers) == "1.2.3.4"
    rule = AddressRule(PROXIES, "forwarded")
    assert seen(rule, "10.0.0.1", *headers) == "2001:db8::/64"
    assert seen(rule, "10.0.0.1", ("forwarded", "for=1.1.1.1, by=x;For=2.2.2.2")) == "2.2.2.2"
    assert seen(rule, "10.0.0.1", ("forwarded", "for=_hidden")) == "10.0.0.1"


def test_ipv6_is_counted_by_its_64_and_mapped_ipv4_as_ipv4() -> None:
    rule = AddressRule()

    assert seen(rule, "2001:db8:1:2:aaaa::1") == seen(rule, "2001:db8:1:2:bbbb::2")
    assert seen(rule, "2001:db8:1:2::1") != seen(rule, "2001:db8:1:3::1")
    assert seen(rule, "::ffff:203.0.113.9") == "203.0.113.9"
    assert seen(rule, "fe80::1%eth0") == "fe80::/64"
    assert seen(rule, None) == seen(rule, "/run/socket") == UNKNOWN


@given(st.lists(st.text(st.characters(codec="latin-1"), max_size=60), max_size=5))
def test_no_header_breaks_the_rule(lines: list[str]) -> None:
    for name in ("x-forwarded-for", "forwarded"):
        rule = AddressRule(PROXIES, name)
        assert seen(rule, "10.0.0.1", *((name, line) for line in lines))


def test_the_proxies_are_a_list_with_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INTAKE_SECRET", SECRET)
    monkeypatch.setenv("INTAKE_VAULT_KEYS", VAULT_KEYS)
    monkeypatch.setenv("INTAKE_TRUSTED_PROXIES", "10.0.0.0/8, fd00::/8")
    assert IntakeSettings().trusted_proxies == PROXIES

    monkeypatch.setenv("INTAKE_TRUSTED_PROXIES", "10.0.0.1/8")
    with pytest.raises(ValueError, match="trusted_proxies"):
        IntakeSettings()
