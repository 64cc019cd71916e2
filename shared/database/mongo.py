"""MongoDB behind one module: the only one that imports motor.

Writes are acknowledged by a majority and journaled, since an offset or a 202 follows them. Reads
ask the primary for what a majority has confirmed: who finds his work done there may go on. Neither
can be changed by the URL. What a failure means is said in `shared/database/error_translation.py`.
"""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from typing import Any, Self

import pymongo
from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument
from motor.motor_asyncio import AsyncIOMotorClient
from pymongo import (
    IndexModel,
    InsertOne,
    ReadPreference,
    ReplaceOne,
    UpdateMany,
    UpdateOne,
    WriteConcern,
)
from pymongo.errors import BulkWriteError
from pymongo.read_concern import ReadConcern

from shared.database.connection_url import is_encrypted, options_of, without_fixed
from shared.database.error_translation import duplicates, typed_errors
from shared.runtime.component import Component
from shared.settings import MongoSettings

Document = Mapping[str, Any]
Write = InsertOne[dict[str, Any]] | ReplaceOne[dict[str, Any]] | UpdateOne | UpdateMany


class Collection:
    """One collection; documents in and out are plain mappings, ids are `_id`."""

    def __init__(self, raw: Any, name: str, *, build_seconds: float) -> None:
        self._raw = raw
        self._name = name
        self._build_seconds = build_seconds

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
        with typed_errors(f"find in {self._name}"):
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
        what = f"bulk write in {self._name}"
        with typed_errors(what):
            try:
                await self._raw.bulk_write(list(writes), ordered=False)
            except BulkWriteError as error:
                refused = error
            else:
                return []
        return duplicates(refused, what)

    async def update(self, where: Document, change: Document, *, upsert: bool = False) -> int:
        """Update all that match; return how many did."""
        with typed_errors(f"update in {self._name}"):
            result = await self._raw.update_many(where, change, upsert=upsert)
        return int(result.matched_count)

    async def delete(self, where: Document) -> int:
        """Delete all that match; return how many did."""
        with typed_errors(f"delete in {self._name}"):
            result = await self._raw.delete_many(where)
        return int(result.deleted_count)

    async def aggregate(
        self, pipeline: Sequence[Document], *, within_ms: int | None = None
    ) -> list[dict[str, Any]]:
        """Return what an aggregation yields; the server gives it up after `within_ms`."""
        limit = {} if within_ms is None else {"maxTimeMS": within_ms}
        with typed_errors(f"aggregate in {self._name}"):
            cursor = self._raw.aggregate(list(pipeline), **limit)
            found: list[dict[str, Any]] = await cursor.to_list(None)
        return found

    async def count(self, where: Document) -> int:
        """Return how many documents match."""
        with typed_errors(f"count in {self._name}"):
            return int(await self._raw.count_documents(where))

    async def ensure_indexes(self, indexes: Iterable[IndexModel]) -> None:
        """Create the indexes that are missing; over many documents that takes its time."""
        with typed_errors(f"index of {self._name}"):
            await self._raw.database.command("ping")  # who is away is not waited for as long
            # Instead of the socket's time-out: a client that hangs up has its build undone.
            with pymongo.timeout(self._build_seconds):
                await self._raw.create_indexes(list(indexes))


class StoredDatabase:
    """A whole database as its server keeps it, documents as BSON: for back-ups, byte for byte."""

    def __init__(self, raw: Any) -> None:
        self._raw = raw
        self.name: str = raw.name

    async def names(self) -> list[str]:
        """Return the names of all collections but the server's own."""
        with typed_errors("names of collections"):
            found: list[str] = await self._raw.list_collection_names()
        return sorted(name for name in found if not name.startswith("system."))

    async def documents(self, name: str, *, at_once: int = 500) -> AsyncIterator[list[bytes]]:
        """Yield all documents of a collection, some at a time."""
        cursor = self._raw.get_collection(name).find({}, batch_size=at_once)
        while True:
            with typed_errors(f"reading all of {name}"):
                found = await cursor.to_list(at_once)
            if not found:
                return
            yield [document.raw for document in found]

    async def insert(self, name: str, documents: Sequence[bytes]) -> None:
        """Insert documents that are not there yet."""
        with typed_errors(f"insert into {name}"):
            await self._raw.get_collection(name).insert_many(map(RawBSONDocument, documents))


def connection_options(settings: MongoSettings) -> dict[str, Any]:
    """Return the arguments that every client of MongoDB takes."""
    url = settings.url.get_secret_value()
    options: dict[str, Any] = {
        "host": without_fixed(url),
        "serverSelectionTimeoutMS": settings.timeout_ms,
        "socketTimeoutMS": settings.timeout_ms,
        "connectTimeoutMS": settings.timeout_ms,
        "uuidRepresentation": "standard",
        "tz_aware": True,
    }
    if settings.ca_file is not None and is_encrypted(url) and "tlscafile" not in options_of(url):
        options["tlsCAFile"] = str(settings.ca_file)
    return options


class Mongo(Component):
    """The two databases of an installation: `cases` (restorable) and `private` (not)."""

    def __init__(self, settings: MongoSettings) -> None:
        self._settings = settings
        self._client: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient(
            **connection_options(settings)
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
        return StoredDatabase(self._certain(name, codec_options=options))

    def _collection(self, database: str, name: str) -> Collection:
        seconds = self._settings.index_build_seconds
        return Collection(self._certain(database)[name], name, build_seconds=seconds)

    def _certain(self, database: str, **options: Any) -> Any:
        """Return a database as it is read and written here, whatever the URL asks for."""
        return self._client.get_database(
            database,
            read_preference=ReadPreference.PRIMARY,
            read_concern=ReadConcern("majority"),
            write_concern=WriteConcern(w="majority", j=True, wtimeout=self._settings.timeout_ms),
            **options,
        )

    async def start(self) -> None:
        """Ask the server to answer; DatabaseAway if it does not."""
        with typed_errors("ping"):
            await self._client.admin.command("ping")

    async def stop(self) -> None:
        """Close all connections."""
        self._client.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()
