"""The institutions of the router's directory, for commands that act on all of them."""

import os
from pathlib import Path

from pydantic_settings import SettingsConfigDict

from deploy.operate.agencies.regional_directory import PATH
from services.router.domain.reference.directory import Directory, parse_directory
from services.router.reference.data_file import read_text
from shared.settings import ServiceSettings

SUPERVISOR = "kem-038"  # KemenPANRB, which leads SP4N-LAPOR! (Perpres 76/2013)


class _Routers(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="ROUTER_")

    directory: Path = PATH


def directory_path() -> Path:
    """Return the file that routers here read: ROUTER_DIRECTORY, or the installation's own."""
    return _Routers().directory


def supervision() -> dict[str, str]:
    """Return what tells routers on this machine who supervises; nothing where others say so.

    With a directory of one's own that is for its owner to say.
    """
    is_ours = "ROUTER_SUPERVISOR" not in os.environ and directory_path() == PATH
    return {"ROUTER_SUPERVISOR": SUPERVISOR} if is_ours else {}


def read_directory() -> Directory:
    """Return the directory in this installation; Misconfigured names what is wrong in it."""
    return parse_directory(PATH.read_text(encoding="utf-8"))


def all_codes() -> tuple[str, ...]:
    """Return the code of every institution that routers here know, closed ones too, in order."""
    return tuple(parse_directory(read_text(directory_path())).institutions)


def open_codes() -> tuple[str, ...]:
    """Return the codes of institutions that complaints still go to, in order."""
    known = parse_directory(read_text(directory_path())).institutions
    return tuple(code for code, one in known.items() if not one.closed)


def closed_codes() -> frozenset[str]:
    """Return the codes of those among them that are closed."""
    every = parse_directory(read_text(directory_path())).institutions.values()
    return frozenset(one.code for one in every if one.closed)
