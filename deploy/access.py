"""Makes API keys in intake's own store."""

from services.intake.keys import create_key
from services.intake.store import MongoStore
from shared.mongo import Mongo
from shared.settings import MongoSettings


async def new_key(
    settings: MongoSettings, role: str, name: str, *, agency: str | None = None
) -> str:
    """Return a new key, whole; Misconfigured for a wrong role or name, DatabaseAway if not kept."""
    async with Mongo(settings) as mongo:
        return await create_key(MongoStore(mongo), role, name, agency=agency)
