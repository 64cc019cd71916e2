"""Keys and the audit, worked on in intake's own store by its own code."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from services.intake import keymaking
from services.intake.audit_store import MongoAudit
from services.intake.domain.reading import AuditQuery, IdentityRead
from services.intake.domain.records import ApiKey
from services.intake.key_store import MongoKeys
from shared.mongo import Mongo
from shared.settings import MongoSettings


async def new_key(  # noqa: PLR0913 # all that a key is
    settings: MongoSettings,
    role: str,
    name: str,
    *,
    agency: str | None = None,
    scopes: Iterable[str] = (),
    lives: timedelta | None = None,
) -> str:
    """Return a new key, whole.

    Raises:
        Misconfigured: a wrong role, name, institution or scope.
        DatabaseAway: it could not be kept.
    """
    async with Mongo(settings) as mongo:
        return await keymaking.create_key(
            MongoKeys(mongo), role, name, agency=agency, scopes=scopes, lives=lives
        )


async def rotated_key(
    settings: MongoSettings, key_id: str, *, grace: timedelta, lives: timedelta | None = None
) -> tuple[str, datetime]:
    """Return a second key of the same caller, whole, and when the former one ends.

    Raises:
        Misconfigured: there is no such key, or it has ended.
        DatabaseAway: it could not be kept.
    """
    async with Mongo(settings) as mongo:
        return await keymaking.rotate_key(MongoKeys(mongo), key_id, grace=grace, lives=lives)


async def revoked_key(settings: MongoSettings, key_id: str) -> ApiKey:
    """End a key and return it; Misconfigured where there is none of this id."""
    async with Mongo(settings) as mongo:
        return await keymaking.revoke_key(MongoKeys(mongo), key_id)


async def known_keys(settings: MongoSettings) -> Sequence[ApiKey]:
    """Return all keys, the oldest first."""
    async with Mongo(settings) as mongo:
        return await MongoKeys(mongo).all_keys()


async def identity_reads(settings: MongoSettings, query: AuditQuery) -> Sequence[IdentityRead]:
    """Return the newest reads of identities that a query leaves, at most its limit."""
    async with Mongo(settings) as mongo:
        found = await MongoAudit(mongo, days=1).reads(query, after=None)
    return found[: query.limit]
