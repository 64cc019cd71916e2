"""What the URL of MongoDB says, read without a look at the network."""

from ipaddress import ip_address
from urllib.parse import parse_qsl, unquote

# How is read and written is fixed in `shared/database/mongo.py`.
FIXED = frozenset(
    {
        *("readpreference", "readpreferencetags", "maxstalenessseconds", "readconcernlevel"),
        *("w", "wtimeout", "wtimeoutms", "journal", "j"),
    }
)
_LOOSE = ("tlsinsecure", "tlsallowinvalidcertificates", "tlsallowinvalidhostnames")
_YES = frozenset({"true", "1", "yes"})


def overruled(url: str) -> list[str]:
    """Return the options in a URL that change nothing, sorted."""
    return sorted(name for name, _ in _pairs(url) if name.lower() in FIXED)


def without_fixed(url: str) -> str:
    """Return a URL without the options that change nothing, some of which refuse each other."""
    kept = [
        part
        for part in url.partition("?")[2].split("&")
        if part and part.partition("=")[0].lower() not in FIXED
    ]
    return url.partition("?")[0] + ("?" + "&".join(kept) if kept else "")


def insecure(url: str) -> str | None:
    """Return why others on the network could read what is said; None where they could not."""
    named = [host for host in _hosts(url) if not _is_here(host)]
    if not named:
        return None
    if not is_encrypted(url):
        return f"at {named[0]} without TLS"
    loose = [name for name in _LOOSE if options_of(url).get(name, "").lower() in _YES]
    return f"at {named[0]} with any certificate ({loose[0]})" if loose else None


def is_encrypted(url: str) -> bool:
    """Tell whether a client speaks TLS: where the URL says so, or its servers are looked up."""
    options = options_of(url)
    usual = "true" if url.startswith("mongodb+srv://") else "false"
    return options.get("tls", options.get("ssl", usual)).lower() in _YES


def options_of(url: str) -> dict[str, str]:
    """Return the options in a URL, by their names in small letters."""
    return {name.lower(): value for name, value in _pairs(url)}


def _pairs(url: str) -> list[tuple[str, str]]:
    return parse_qsl(url.partition("?")[2], keep_blank_values=True)


def _hosts(url: str) -> list[str]:
    places = url.partition("://")[2].partition("/")[0].partition("?")[0].rpartition("@")[2]
    return [place for place in places.split(",") if place]


def _is_here(place: str) -> bool:
    if unquote(place).endswith(".sock"):
        return True
    name = place[1:].partition("]")[0] if place.startswith("[") else place.partition(":")[0]
    if name == "localhost":
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False
