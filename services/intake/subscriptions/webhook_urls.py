"""Which URLs may be webhooks: https, no credentials, and a host on the public internet.

A host is judged twice: as it is written here, and by every address that its name stands for, once
it was resolved.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from shared.http.public_addresses import is_public

_NAME = re.compile(r"[A-Za-z0-9_-]{1,63}(?:\.[A-Za-z0-9_-]{1,63})*\.?")
# What an HTTP client may read as an IPv4 address: 127.1, 2130706433, 0x7f.0.0.1, 0177.0.0.1.
_NUMERIC = re.compile(r"(?:.*\.)?(?:[0-9]+|0[xX][0-9A-Fa-f]*)\.?")


@dataclass(frozen=True, slots=True)
class UnfitWebhookUrl:
    """Why something cannot be: a stable code, and the rule in words."""

    code: str
    detail: str


NOT_PUBLIC = UnfitWebhookUrl(
    "private_address", "the host must have public addresses alone, not those of an inner network"
)
UNKNOWN = UnfitWebhookUrl(
    "unresolvable_host", "no address was found for this host in time; check its name, or try again"
)


def unfit_url(url: str, *, allow_plain: bool) -> UnfitWebhookUrl | None:
    """Return why a URL cannot be a webhook, whatever its host resolves to; None if it can."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return _wrong("this is no URL")
    if parts.scheme != "https" and not (allow_plain and parts.scheme == "http"):
        return _wrong("the URL must begin with https://")
    if not host or any(letter <= " " or letter == "\x7f" for letter in url):
        return _wrong("the URL must name a host, without blanks")
    if "@" in parts.netloc or "#" in url:
        return _wrong("the URL must not hold a user, a password or a fragment")
    return _unfit_host(host, in_brackets="[" in parts.netloc)


def host_of(url: str) -> str:
    """Return the host of a URL that is not unfit."""
    return urlsplit(url).hostname or ""


def is_address(host: str) -> bool:
    """Tell whether a host is an address already, so that there is nothing to resolve."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def unfit_addresses(addresses: Iterable[str]) -> UnfitWebhookUrl | None:
    """Return why a host with these addresses must not be called: each of them must be public."""
    found = list(addresses)
    if not found:
        return UNKNOWN
    return None if all(map(is_public, found)) else NOT_PUBLIC


def _unfit_host(host: str, *, in_brackets: bool) -> UnfitWebhookUrl | None:
    if in_brackets and ("%" in host or not is_address(host)):
        return _wrong("only a plain IPv6 address stands in brackets")
    if is_address(host):
        return None
    if _NUMERIC.fullmatch(host):
        return _wrong("write an IPv4 address as four decimal numbers, without zeros before them")
    if len(host) > 253 or not _NAME.fullmatch(host):
        return _wrong("the host must be a name in ASCII (others in their xn-- form) or an address")
    return None


def _wrong(detail: str) -> UnfitWebhookUrl:
    return UnfitWebhookUrl("invalid_url", detail)
