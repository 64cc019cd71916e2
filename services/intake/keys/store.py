"""API keys in the database."""

from collections.abc import Sequence
from datetime import datetime

from services.intake.submit.documents import from_key, to_key
from services.intake.submit.records import ApiKey
from shared.database.collections import KEYS
from shared.database.mongo import Mongo


class MongoKeys:
    """The collection `keys`; every method raises DatabaseAway while it does not answer."""

    def __init__(self, mongo: Mongo) -> None:
        self._keys = mongo.private(KEYS)

    async def add_key(self, key: ApiKey) -> None:
        """Keep a new key."""
        await self._keys.insert(from_key(key))

    async def key(self, key_id: str) -> ApiKey | None:
        """Return the key of this id."""
        found = await self._keys.find_one({"_id": key_id})
        return to_key(found) if found else None

    async def all_keys(self) -> Sequence[ApiKey]:
        """Return all keys, the oldest first."""
        found = await self._keys.find({}, sort=(("created_at", 1), ("_id", 1)))
        return [to_key(document) for document in found]

    async def set_key_end(self, key_id: str, at: datetime) -> None:
        """Let a key expire at a time."""
        await self._keys.update({"_id": key_id}, {"$set": {"expires_at": at}})

    async def revoke_key(self, key_id: str, at: datetime) -> None:
        """Mark a key as revoked; the first time stays."""
        never = {"_id": key_id, "revoked_at": {"$exists": False}}
        await self._keys.update(never, {"$set": {"revoked_at": at}})

    async def mark_key_used(self, key_id: str, at: datetime) -> None:
        """Note that a key was used; of several processes the latest counts."""
        await self._keys.update({"_id": key_id}, {"$max": {"used_at": at}})
