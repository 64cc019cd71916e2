"""The institutions of the router's directory, for commands that act on all of them."""

from deploy.directory import PATH
from services.router.domain.directory import Directory, parse_directory


def read_directory() -> Directory:
    """Return the directory in this installation; Misconfigured names what is wrong in it."""
    return parse_directory(PATH.read_text(encoding="utf-8"))


def all_codes() -> tuple[str, ...]:
    """Return the code of every institution, in the directory's order."""
    return tuple(read_directory().institutions)
