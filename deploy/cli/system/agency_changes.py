"""`salur agencies add | rename | close | merge`: the directory lives, and its codes stay."""

import asyncio
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from deploy.cli.options import LOCAL_INTAKE, Key, Url
from deploy.cli.outcome import conclude, say
from deploy.operate.agencies.closing import Closure
from deploy.operate.agencies.closing import close as close_
from deploy.operate.agencies.directory_file import DirectoryFile
from deploy.operate.agencies.institutions import directory_path
from deploy.operate.agencies.kafka_provisioning import provision, require_topic
from deploy.operate.agencies.regional_directory import PATH as SHIPPED
from deploy.operate.agencies.succession import DirectoryChange, Newcomer, added, renamed
from deploy.settings import CommandSettings
from services.metrics.domain.period import WIB
from services.router.domain.reference.directory import InstitutionType
from shared.errors import Misconfigured
from shared.runtime.clock import WallClock

SETTLE_SECONDS = 15.0
Code = Annotated[str, typer.Argument(help="such as kem-014")]
File = Annotated[
    Path | None,
    typer.Option("--directory", help="file to change; else ROUTER_DIRECTORY or SALUR_DIRECTORY"),
]
On = Annotated[
    datetime | None,
    typer.Option(formats=["%Y-%m-%d"], help="first day on which it is so; else today"),
]
Settle = Annotated[
    float,
    typer.Option(min=0, help="seconds without an open case that end it: longer than routers take"),
]
Kind = Annotated[InstitutionType, typer.Option("--type", help="its tier")]
Name = Annotated[str, typer.Option(help="its full name")]
Short = Annotated[str, typer.Option(help="its short name; else the full one")]
Alias = Annotated[list[str] | None, typer.Option(help="may be given again")]
Region = Annotated[str, typer.Option(help="such as 36.03; else as its code says")]
Parent = Annotated[str, typer.Option(help="code of the one above it")]
Secrets = Annotated[
    Path | None, typer.Option(help="folder for its user's password, where there are users")
]
Copies = Annotated[int | None, typer.Option(min=1, help="copies of its topics' partitions")]
Reason = Annotated[str, typer.Option(help="added to the reason that stands in every case moved")]


def add(  # noqa: PLR0913 # each is a column
    code: Code,
    *,
    kind: Kind,
    name: Name,
    short: Short = "",
    alias: Alias = None,
    region: Region = "",
    parent: Parent = "",
    directory: File = None,
    secrets_out: Secrets = None,
    replication: Copies = None,
) -> None:
    """Add an institution: topics and user first, then its line, by which routers send to it."""
    file, kafka = _file(directory), CommandSettings().kafka
    aliases = tuple(alias or ())
    newcomer = Newcomer(
        code, kind.value, name, short, aliases=aliases, region_code=region, parent=parent
    )
    change = _adding(file, newcomer)
    provision(kafka, code, secrets=secrets_out, replication=replication, say=say)
    file.change(change)
    conclude({"added": code, "directory": file.path})


def _adding(file: DirectoryFile, newcomer: Newcomer) -> Callable[[str], DirectoryChange]:
    """Return the change to the directory; refused, nothing has been made yet."""
    if newcomer.code in file.former_codes():
        raise Misconfigured(f"{newcomer.code} stands in {file.names}; codes are never used again")
    today = _today()
    added(file.text(), newcomer, today=today)
    return lambda text: added(text, newcomer, today=today)


def rename(
    code: Code,
    *,
    name: Annotated[str, typer.Option(help="its full name from now on")],
    short: Annotated[str, typer.Option(help="its short name; else as before")] = "",
    on: On = None,
    directory: File = None,
) -> None:
    """Rename an institution; periods that ended before keep the old name."""
    file, day = _file(directory), _day(on)
    file.change(lambda text: renamed(text, code, name, short=short, on=day))
    conclude({"renamed": code, "on": day, "directory": file.path})


def close(  # noqa: PLR0913 # each option of a command is an argument
    code: Code,
    *,
    into: Annotated[str | None, typer.Option(help="code of who takes over; else triage")] = None,
    on: On = None,
    reason: Reason = "",
    directory: File = None,
    settle: Settle = SETTLE_SECONDS,
    url: Url = LOCAL_INTAKE,
    key: Key = None,
) -> None:
    """Close an institution; its open cases go to its successor, or to triage without one.

    Line, topics and user stay. It may be repeated: what is done is not done again.
    """
    file = _file(directory)
    ending = Closure(code, into, _day(on), reason, settle)
    ending.change(file.text())  # refused before anybody is asked
    if into is not None:
        require_topic(CommandSettings().kafka, into)
    moved = asyncio.run(close_(file, ending, url=url, key=key, say=say))
    conclude({"closed": code, "into": into, "moved": moved, "directory": file.path})


def merge(  # noqa: PLR0913 # each option of a command is an argument
    code: Code,
    *,
    into: Annotated[str, typer.Option(help="code of who takes over")],
    on: On = None,
    reason: Reason = "",
    directory: File = None,
    settle: Settle = SETTLE_SECONDS,
    url: Url = LOCAL_INTAKE,
    key: Key = None,
) -> None:
    """Merge an institution into another: the same as `close` with a successor."""
    close(
        code,
        into=into,
        on=on,
        reason=reason,
        directory=directory,
        settle=settle,
        url=url,
        key=key,
    )


def _file(named: Path | None) -> DirectoryFile:
    path = named or directory_path()
    if named is None and path == SHIPPED:
        raise Misconfigured(
            "the directory that comes with Salur is changed only when it is named: set"
            " ROUTER_DIRECTORY to your own copy, or give --directory FILE"
        )
    return DirectoryFile(path)


def _today() -> date:
    return WallClock().now().astimezone(WIB).date()


def _day(given: datetime | None) -> date:
    today = _today()
    day = given.date() if given else today
    if day > today:
        raise Misconfigured(f"{day} has not come yet; routers would follow at once: run it then")
    return day
