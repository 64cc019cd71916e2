"""`salur backup`: the private database in one file, and back."""

import asyncio
import contextlib
import io
import json
import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Annotated, Any, cast

import typer

from deploy.cli.outcome import conclude, say
from deploy.operate.backup.age import BEGINNING, decrypting, encrypting
from deploy.operate.backup.archive import ArchiveReader, ArchiveWriter
from deploy.operate.backup.database import load, save
from deploy.operate.keys.keys_and_audit import audited
from deploy.settings import CommandSettings
from services.intake.audit.model import AuditAction
from shared.database.mongo import Mongo
from shared.errors import Misconfigured

STANDARD = Path("-")
UNFINISHED = ".part"
File = Annotated[Path, typer.Argument(help="the back-up; - is standard output, or input")]
Recipients = Annotated[
    list[str] | None,
    typer.Option("--recipient", help="public key (age1…) of who may read it; may be repeated"),
]
Identity = Annotated[
    Path | None, typer.Option(help="file with the key of a recipient, to restore with")
]


def backup(  # each is an option
    file: File,
    *,
    recipient: Recipients = None,
    plain: Annotated[bool, typer.Option("--plain", help="not encrypted: anybody reads it")] = False,
    restore: Annotated[
        bool, typer.Option("--restore", help="from the file into an empty database")
    ] = False,
    identity: Identity = None,
) -> None:
    """Save the private database for its recipients, or restore it: receipts, keys, identities …

    The cases come back from Kafka: `salur restore`. The file has the format age; who makes back-ups
    needs nothing to read them. Saving goes on beside the services; stop all of them to restore.
    """
    _check(recipient or (), plain=plain, restore=restore, identity=identity)
    started = time.monotonic()
    settings = CommandSettings()
    work = _load(settings, file, identity) if restore else _save(settings, file, recipient or ())
    counts = asyncio.run(work)
    result = {"documents": sum(counts.values()), "collections": dict(sorted(counts.items()))}
    result |= {"seconds": round(time.monotonic() - started, 1)}
    if file == STANDARD and not restore:
        say(json.dumps(result))  # standard output is the back-up itself
    else:
        conclude(result)


def _check(recipients: Sequence[str], *, plain: bool, restore: bool, identity: Path | None) -> None:
    if restore and (recipients or plain):
        raise Misconfigured("--restore takes --identity alone: the file itself says how it is kept")
    if not restore and identity is not None:
        raise Misconfigured("--identity is for --restore; a back-up is made with --recipient")
    if not restore and plain == bool(recipients):
        raise Misconfigured(
            "say who may read the back-up: --recipient age1… (`salur keys backup` makes a pair of"
            " keys), or --plain for a file that anybody reads"
        )


async def _save(
    settings: CommandSettings, path: Path, recipients: Sequence[str]
) -> Mapping[str, int]:
    async with Mongo(settings.mongo) as mongo:
        await mongo.start()
        for_whom = ", ".join(each[:16] for each in recipients) or "plain"
        await audited(mongo, AuditAction.BACKUP_MADE, f"{path.name} for {for_whom}")
        database = mongo.stored_private()
        with _writing(path) as whole, _kept_for(recipients, whole) as file:
            archive = ArchiveWriter(file, database=database.name, at=datetime.now(UTC))
            return await save(database, archive, say=say)


async def _load(settings: CommandSettings, path: Path, identity: Path | None) -> Mapping[str, int]:
    async with Mongo(settings.mongo) as mongo:
        await mongo.start()
        with (
            _reading(path) as whole,
            _opened(whole, identity) as file,
            ArchiveReader(file) as archive,
        ):
            say(f"a back-up of {archive.database}, begun {archive.at:%Y-%m-%d %H:%M:%S} UTC")
            counts = await load(mongo.stored_private(), archive, say=say)
            about = f"{path.name} of {archive.at:%Y-%m-%d %H:%M:%S}Z"
            await audited(mongo, AuditAction.BACKUP_RESTORED, about)
            return counts


def _kept_for(
    recipients: Sequence[str], file: IO[bytes]
) -> contextlib.AbstractContextManager[IO[bytes]]:
    return encrypting(file, recipients) if recipients else contextlib.nullcontext(file)


def _opened(
    file: io.BufferedReader, identity: Path | None
) -> contextlib.AbstractContextManager[IO[bytes]]:
    is_encrypted = file.peek(len(BEGINNING)).startswith(BEGINNING)
    if is_encrypted and identity is None:
        raise Misconfigured("the back-up is encrypted: --identity FILE, with a recipient's key")
    if not is_encrypted and identity is not None:
        raise Misconfigured("the back-up is not encrypted for anybody; leave --identity out")
    return decrypting(file, identity) if identity is not None else contextlib.nullcontext(file)


@contextlib.contextmanager
def _writing(path: Path) -> Iterator[IO[bytes]]:
    """Yield a file of this user's own; it gets its name once it is whole and on disk."""
    if path == STANDARD:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    if path.exists():
        raise Misconfigured(f"{path} exists; a back-up never replaces another one")
    unfinished = path.with_name(path.name + UNFINISHED)
    with contextlib.suppress(FileNotFoundError):
        unfinished.unlink()  # of an attempt that was interrupted
    with _created(unfinished) as file:
        yield file
        file.flush()
        os.fsync(file.fileno())
    unfinished.rename(path)


def _created(path: Path) -> IO[bytes]:
    try:
        return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
    except OSError as error:
        raise Misconfigured(f"cannot write {path}: {error.strerror}") from error


@contextlib.contextmanager
def _reading(path: Path) -> Iterator[io.BufferedReader]:
    if path == STANDARD:
        yield io.BufferedReader(cast(Any, sys.stdin.buffer))  # looked into before it is read
        return
    try:
        file = path.open("rb")
    except OSError as error:
        raise Misconfigured(f"cannot read {path}: {error.strerror}") from error
    with file:
        yield file
