"""Copies the private database into a back-up, and a back-up into an empty database."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from deploy.operate.backup.archive import ArchiveReader, ArchiveWriter
from shared.database.collections import CONTACTS, ERASURES, RECEIPTS, VAULT
from shared.database.mongo import StoredDatabase
from shared.errors import Misconfigured

AT_ONCE = 500
AT_ONCE_BYTES = 16_000_000  # a small file may unpack to large documents
Say = Callable[[str], None]
# While services write: a receipt is marked when its row is in the vault, so receipts come first;
# erasures come last, so that what was erased meanwhile is known to be, and is erased again after a
# restore.
_FIRST, _LAST = (RECEIPTS,), (CONTACTS, VAULT, ERASURES)


async def save(database: StoredDatabase, archive: ArchiveWriter, *, say: Say) -> Mapping[str, int]:
    """Write every document of every collection; return how many of each.

    Raises:
        DatabaseAway: MongoDB did not answer.
    """
    for name in sorted(await database.names(), key=_turn):
        async for documents in database.documents(name, at_once=AT_ONCE):
            for document in documents:
                archive.add(name, document)
        say(f"{name}: {archive.counts[name]}")
    archive.finish()
    return archive.counts


async def load(database: StoredDatabase, archive: ArchiveReader, *, say: Say) -> Mapping[str, int]:
    """Insert every document of a back-up into an empty database; return how many of each.

    Raises:
        Misconfigured: the database holds something, or the back-up is damaged.
        DatabaseAway: MongoDB did not answer.
    """
    await _require_empty(database)
    for name, documents in _batches(archive):
        await database.insert(name, documents)
        say(f"{name}: {archive.counts[name]}")
    return archive.counts


async def _require_empty(database: StoredDatabase) -> None:
    for name in await database.names():
        async for _ in database.documents(name, at_once=1):
            raise Misconfigured(
                f"{database.name}.{name} holds documents, which may be newer than the back-up;"
                " drop that database first, or name another: SALUR_MONGO__PRIVATE_DATABASE"
            )


def _batches(archive: ArchiveReader) -> Iterator[tuple[str, Sequence[bytes]]]:
    """Yield runs of documents of one collection."""
    for chunk in _chunks(archive):
        for name in dict.fromkeys(name for name, _ in chunk):
            yield name, [document for at, document in chunk if at == name]


def _chunks(rows: Iterable[tuple[str, bytes]]) -> Iterator[list[tuple[str, bytes]]]:
    chunk, size = [], 0
    for name, document in rows:
        chunk.append((name, document))
        size += len(document)
        if len(chunk) == AT_ONCE or size >= AT_ONCE_BYTES:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


def _turn(name: str) -> tuple[int, str]:
    place = 0 if name in _FIRST else 2 + _LAST.index(name) if name in _LAST else 1
    return place, name
