"""Reporters' identity, opened from the vault."""

from typing import Protocol
from uuid import UUID

from services.intake.identity.vault import REPORTER, VaultCodec
from services.intake.submit.submission import Reporter
from shared.database.collections import VAULT
from shared.database.mongo import Mongo


class IdentityStore(Protocol):
    """Every method raises DatabaseAway while the database does not answer."""

    async def reporter(self, complaint_id: UUID) -> Reporter | None:
        """Return who reported a complaint; None where nothing was given, or it is erased.

        Raises:
            Transient: it cannot be opened with the keys that are here.
        """
        ...


class MongoIdentities:
    """The collection `vault`, only read."""

    def __init__(self, mongo: Mongo, safe: VaultCodec) -> None:
        self._safe = safe
        self._vault = mongo.private(VAULT)

    async def reporter(self, complaint_id: UUID) -> Reporter | None:
        """Open the reporter in a row of the vault, and nothing else of it."""
        found = await self._vault.find_one({"_id": complaint_id}, fields=("key", REPORTER))
        return self._safe.reporter(found) if found else None
