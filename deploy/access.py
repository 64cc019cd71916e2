"""Makes API keys in intake's own store."""

from collections.abc import Iterable

from services.intake.keys import create_key
from services.intake.store import MongoStore
from shared.mongo import Mongo
from shared.settings import MongoSettings


async def new_key(
    settings: MongoSettings,
    role: str,
    name: str,
    *,
    agency: str | None = None,
    scopes: Iterable[str] = (),
) -> str:
    """Return a new key, whole.

    Raises:
        Misconfigured: a wrong role, name, institution or scope.
        DatabaseAway: it could not be kept.
    """
    async with Mongo(settings) as mongo:
        return await create_key(MongoStore(mongo), role, name, agency=agency, scopes=scopes)
