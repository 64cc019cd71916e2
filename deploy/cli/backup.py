"""`salur backup`: the private database in one file, and back."""

import asyncio
import contextlib
import json
import os
import sys
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Annotated

import typer

from deploy.backup.archive import ArchiveReader, ArchiveWriter
from deploy.backup.database import load, save
from deploy.cli.outcome import conclude, say
from deploy.settings import CommandSettings
from shared.errors import Misconfigured
from shared.mongo import Mongo

STANDARD = Path("-")
UNFINISHED = ".part"
File = Annotated[Path, typer.Argument(help="the back-up; - is standard output, or input")]


def backup(
    file: File,
    *,
    restore: Annotated[
        bool, typer.Option("--restore", help="from the file into an empty database")
    ] = False,
) -> None:
    """Save the private database, or restore it: identities, receipts, keys, subscriptions …

    The cases come back from Kafka: `salur restore`. The file can be read by its owner only, and
    is not encrypted: pipe it through a tool that does, or keep it where nobody else comes. Saving
    goes on beside the services; stop all of them to restore.
    """
    started = time.monotonic()
    settings = CommandSettings()
    counts = asyncio.run(_load(settings, file) if restore else _save(settings, file))
    result = {"documents": sum(counts.values()), "collections": dict(sorted(counts.items()))}
    result |= {"seconds": round(time.monotonic() - started, 1)}
    if file == STANDARD and not restore:
        say(json.dumps(result))  # standard output is the back-up itself
    else:
        conclude(result)


async def _save(settings: CommandSettings, path: Path) -> Mapping[str, int]:
    async with Mongo(settings.mongo) as mongo:
        await mongo.start()
        database = mongo.stored_private()
        with _writing(path) as file:
            archive = ArchiveWriter(file, database=database.name, at=datetime.now(UTC))
            return await save(database, archive, say=say)


async def _load(settings: CommandSettings, path: Path) -> Mapping[str, int]:
    async with Mongo(settings.mongo) as mongo:
        await mongo.start()
        with _reading(path) as file, ArchiveReader(file) as archive:
            say(f"a back-up of {archive.database}, begun {archive.at:%Y-%m-%d %H:%M:%S} UTC")
            return await load(mongo.stored_private(), archive, say=say)


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
def _reading(path: Path) -> Iterator[IO[bytes]]:
    if path == STANDARD:
        yield sys.stdin.buffer
        return
    try:
        file = path.open("rb")
    except OSError as error:
        raise Misconfigured(f"cannot read {path}: {error.strerror}") from error
    with file:
        yield file
