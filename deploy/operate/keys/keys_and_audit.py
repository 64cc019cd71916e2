"""Keys and the audit, worked on in intake's own store by its own code.

What is done to keys is an entry of the audit, under the name of who is logged in here.
"""

import getpass
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from deploy.operate.agencies.institutions import all_codes
from services.intake.audit.model import (
    AuditAction,
    AuditEntry,
    AuditQuery,
    done_at_the_command_line,
)
from services.intake.audit.store import ChainVerification, MongoAudit
from services.intake.keys import issuing
from services.intake.keys.store import MongoKeys
from services.intake.settings import AUDIT_DAYS
from services.intake.submit.records import ApiKey
from shared.contracts.identifiers import is_agency_code
from shared.database.mongo import Mongo
from shared.errors import Misconfigured
from shared.runtime.clock import WallClock
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
        Misconfigured: a wrong role, name, institution or scope, or the directory lacks it.
        DatabaseAway: it could not be kept.
    """
    if agency is not None and is_agency_code(agency) and agency not in all_codes():
        raise Misconfigured(f"the directory has no institution {agency}; look for its code there")
    async with Mongo(settings) as mongo:
        key = await issuing.create_key(
            MongoKeys(mongo), role, name, agency=agency, scopes=scopes, lives=lives
        )
        # Not kept, the key is not shown: nobody has it.
        await audited(mongo, AuditAction.KEY_CREATED, _id_in(key))
        return key


async def rotated_key(
    settings: MongoSettings, key_id: str, *, grace: timedelta, lives: timedelta | None = None
) -> tuple[str, datetime]:
    """Return a second key of the same caller, whole, and when the former one ends.

    Raises:
        Misconfigured: there is no such key, or it has ended.
        DatabaseAway: it could not be kept.
    """
    async with Mongo(settings) as mongo:
        made = await issuing.rotate_key(MongoKeys(mongo), key_id, grace=grace, lives=lives)
        await audited(mongo, AuditAction.KEY_ROTATED, f"{key_id} to {_id_in(made[0])}")
        return made


async def revoked_key(settings: MongoSettings, key_id: str) -> ApiKey:
    """End a key and return it; Misconfigured where there is none of this id."""
    async with Mongo(settings) as mongo:
        key = await issuing.revoke_key(MongoKeys(mongo), key_id)
        await audited(mongo, AuditAction.KEY_REVOKED, key_id)
        return key


async def known_keys(settings: MongoSettings) -> Sequence[ApiKey]:
    """Return all keys, the oldest first."""
    async with Mongo(settings) as mongo:
        return await MongoKeys(mongo).all_keys()


async def audit_entries(settings: MongoSettings, query: AuditQuery) -> Sequence[AuditEntry]:
    """Return the newest entries of the audit that a query leaves, at most its limit."""
    async with Mongo(settings) as mongo:
        return (await MongoAudit(mongo, days=AUDIT_DAYS).entries(query, after=None)).rows


async def verified_audit(settings: MongoSettings) -> ChainVerification:
    """Walk along all chains of the audit and return what was found."""
    async with Mongo(settings) as mongo:
        return await MongoAudit(mongo, days=AUDIT_DAYS).verified(WallClock().now())


async def audited(mongo: Mongo, action: AuditAction, about: str) -> None:
    """Keep an entry of what is done at this command line; DatabaseAway where it is not kept."""
    store = MongoAudit(mongo, days=AUDIT_DAYS, instance="command")
    await store.start()
    done = done_at_the_command_line(action, WallClock().now(), user=_user(), about=about)
    await store.add(done)


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a number without a name, as in a container
        return "unnamed"


def _id_in(key: str) -> str:
    return key.split("_")[1]
