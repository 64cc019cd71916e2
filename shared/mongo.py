"""MongoDB behind one module: the only one that imports motor.

Writes are acknowledged by a majority and journaled, since an offset or a 202 follows them. A
failure that time may heal comes out as `DatabaseAway`, anything else is a mistake of ours.
"""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Self

from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument
from motor.motor_asyncio import AsyncIOMotorClient
from pymongo import IndexModel, InsertOne, ReplaceOne, UpdateMany, UpdateOne, WriteConcern
from pymongo.errors import (
    BulkWriteError,
    CollectionInvalid,
    ConnectionFailure,
    DocumentTooLarge,
    InvalidOperation,
    OperationFailure,
    PyMongoError,
)

from shared.component import Component
from shared.errors import DatabaseAway
from shared.settings import MongoSettings

Document = Mapping[str, Any]
Write = InsertOne[dict[str, Any]] | ReplaceOne[dict[str, Any]] | UpdateOne | UpdateMany
DUPLICATE_KEY = 11000
_MISTAKES = (BulkWriteError, CollectionInvalid, DocumentTooLarge, InvalidOperation)
# Codes that a repeat cannot heal: bad command, failed to parse, type mismatch, no rights …
_FINAL_CODES = frozenset({2, 9, 14, 13, 18, 26, 40, 52, 59, 66, 67, 85, 86})


@asynccontextmanager
async def _typed_errors(what: str) -> AsyncIterator[None]:
    try:
        yield
    except _MISTAKES:
        raise
    except OperationFailure as error:
        if error.code in _FINAL_CODES and not isinstance(error, ConnectionFailure):
            raise
        raise DatabaseAway(f"MongoDB failed at {what}: code {error.code}") from error
    except PyMongoError as error:
        raise DatabaseAway(f"MongoDB did not answer at {what}: {type(error).__name__}") from error


class Collection:
    """One collection; documents in and out are plain mappings, ids are `_id`."""

    def __init__(self, raw: Any, name: str) -> None:
        self._raw = raw
        self._name = name

    async def find(
        self,
        where: Document,
        *,
        fields: Sequence[str] | None = None,
        sort: Sequence[tuple[str, int]] = (),
        limit: int = 0,
        most_seconds: float | None = None,
    ) -> list[dict[str, Any]]:
        """Return the documents that match, with only `fields` where given.

        DatabaseAway, too, where the server would work longer than `most_seconds`.
        """
        async with _typed_errors(f"find in {self._name}"):
            cursor = self._raw.find(where, list(fields) if fields else None, limit=limit)
            if sort:
                cursor = cursor.sort(list(sort))
            if most_seconds is not None:
                cursor = cursor.max_time_ms(int(most_seconds * 1000))
            found: list[dict[str, Any]] = await cursor.to_list(None)
        return found

    async def find_one(
        self, where: Document, *, fields: Sequence[str] | None = None
    ) -> dict[str, Any] | None:
        """Return one document that matches, or None."""
        found = await self.find(where, fields=fields, limit=1)
        return found[0] if found else None

    async def insert(self, document: Document) -> bool:
        """Insert; return False where the `_id` or a unique index already has it."""
        return not await self.write([InsertOne(dict(document))])

    async def write(self, writes: Sequence[Write]) -> list[int]:
        """Do all writes, in any order; return the positions refused as duplicate keys.

        A guarded upsert whose guard is stale shows as such a duplicate.
        """
        if not writes:
            return []
        async with _typed_errors(f"bulk write in {self._name}"):
            try:
                await self._raw.bulk_write(list(writes), ordered=False)
            except BulkWriteError as error:
                return _duplicates(error)
        return []

    async def update(self, where: Document, change: Document, *, upsert: bool = False) -> int:
        """Update all that match; return how many did."""
        async with _typed_errors(f"update in {self._name}"):
            result = await self._raw.update_many(where, change, upsert=upsert)
        return int(result.matched_count)

    async def delete(self, where: Document) -> int:
        """Delete all that match; return how many did."""
        async with _typed_errors(f"delete in {self._name}"):
            result = await self._raw.delete_many(where)
        return int(result.deleted_count)

    async def aggregate(
        self, pipeline: Sequence[Document], *, within_ms: int | None = None
    ) -> list[dict[str, Any]]:
        """Return what an aggregation yields; the server gives it up after `within_ms`."""
        limit = {} if within_ms is None else {"maxTimeMS": within_ms}
        async with _typed_errors(f"aggregate in {self._name}"):
            cursor = self._raw.aggregate(list(pipeline), **limit)
            found: list[dict[str, Any]] = await cursor.to_list(None)
        return found

    async def count(self, where: Document) -> int:
        """Return how many documents match."""
        async with _typed_errors(f"count in {self._name}"):
            return int(await self._raw.count_documents(where))

    async def ensure_indexes(self, indexes: Iterable[IndexModel]) -> None:
        """Create the indexes that are missing."""
        async with _typed_errors(f"index of {self._name}"):
            await self._raw.create_indexes(list(indexes))


def _duplicates(error: BulkWriteError) -> list[int]:
    failures = (error.details or {}).get("writeErrors", [])
    if (error.details or {}).get("writeConcernErrors") and not failures:
        raise DatabaseAway("MongoDB could not acknowledge by a majority") from error
    if any(failure["code"] != DUPLICATE_KEY for failure in failures):
        raise error
    return [failure["index"] for failure in failures]


class StoredDatabase:
    """A whole database as its server keeps it, documents as BSON: for back-ups, byte for byte."""

    def __init__(self, raw: Any) -> None:
        self._raw = raw
        self.name: str = raw.name

    async def names(self) -> list[str]:
        """Return the names of all collections but the server's own."""
        async with _typed_errors("names of collections"):
            found: list[str] = await self._raw.list_collection_names()
        return sorted(name for name in found if not name.startswith("system."))

    async def documents(self, name: str, *, at_once: int = 500) -> AsyncIterator[list[bytes]]:
        """Yield all documents of a collection, some at a time."""
        cursor = self._raw.get_collection(name).find({}, batch_size=at_once)
        while True:
            async with _typed_errors(f"reading all of {name}"):
                found = await cursor.to_list(at_once)
            if not found:
                return
            yield [document.raw for document in found]

    async def insert(self, name: str, documents: Sequence[bytes]) -> None:
        """Insert documents that are not there yet."""
        async with _typed_errors(f"insert into {name}"):
            await self._raw.get_collection(name).insert_many(map(RawBSONDocument, documents))


class Mongo(Component):
    """The two databases of an installation: `cases` (restorable) and `private` (not)."""

    def __init__(self, settings: MongoSettings) -> None:
        self._settings = settings
        self._client: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient(
            settings.url.get_secret_value(),
            serverSelectionTimeoutMS=settings.timeout_ms,
            socketTimeoutMS=settings.timeout_ms,
            connectTimeoutMS=settings.timeout_ms,
            uuidRepresentation="standard",
            tz_aware=True,
        )

    def cases(self, name: str) -> Collection:
        """Return a collection of the database that can be restored from Kafka."""
        return self._collection(self._settings.cases_database, name)

    def private(self, name: str) -> Collection:
        """Return a collection of the database that Kafka never sees."""
        return self._collection(self._settings.private_database, name)

    def stored_private(self) -> StoredDatabase:
        """Return the database that Kafka never sees, as a whole, to be backed up."""
        options: CodecOptions[RawBSONDocument] = CodecOptions(document_class=RawBSONDocument)
        name = self._settings.private_database
        raw = self._client.get_database(name, codec_options=options, write_concern=self._concern)
        return StoredDatabase(raw)

    def _collection(self, database: str, name: str) -> Collection:
        raw = self._client[database].get_collection(name, write_concern=self._concern)
        return Collection(raw, name)

    @property
    def _concern(self) -> WriteConcern:
        return WriteConcern(w="majority", j=True, wtimeout=self._settings.timeout_ms)

    async def start(self) -> None:
        """Ask the server to answer; DatabaseAway if it does not."""
        async with _typed_errors("ping"):
            await self._client.admin.command("ping")

    async def stop(self) -> None:
        """Close all connections."""
        self._client.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()
