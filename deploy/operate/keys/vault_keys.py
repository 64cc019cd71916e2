"""Keys of the vault, and those of contacts, which are derived from them for the notifier."""

import secrets
from collections.abc import Callable
from datetime import datetime

from deploy.operate.keys.keys_and_audit import audited
from services.intake.audit.model import AuditAction
from services.intake.identity.resealing import VaultResealer
from services.intake.identity.vault import VaultCodec
from services.intake.settings import VAULT_KEYS
from shared.database.mongo import Mongo
from shared.errors import Misconfigured
from shared.key_rings import KEY_BYTES, KeyRing, read_key_ring, written
from shared.privacy.contact_rows import contact_keys
from shared.settings import MongoSettings


def ring_of(text: str) -> KeyRing:
    """Return the ring in INTAKE_VAULT_KEYS; Misconfigured where it is none. It may be empty."""
    try:
        return read_key_ring(text, VAULT_KEYS)
    except ValueError as error:
        raise Misconfigured(str(error)) from None


def with_new_key(present: KeyRing, at: datetime) -> KeyRing:
    """Return a ring with a drawn key before those that are there."""
    key_id = f"{at:%Y%m%d}-{secrets.token_hex(2)}"
    return KeyRing(VAULT_KEYS, {key_id: secrets.token_bytes(KEY_BYTES), **present.keys})


def notifiers_keys(text: str) -> str:
    """Return what NOTIFIER_CONTACT_KEYS is for these INTAKE_VAULT_KEYS.

    Raises:
        Misconfigured: that is no ring, or an empty one.
    """
    if not (ring := ring_of(text)).keys:
        raise Misconfigured(
            f"{VAULT_KEYS} is empty; give intake's own, in the environment or on standard input"
        )
    return written(contact_keys(ring))


async def resealed(
    settings: MongoSettings, text: str, *, seals_plain: bool, say: Callable[[str], None]
) -> tuple[VaultResealer, int]:
    """Seal all that is kept of persons under the newest key; return what was done and is left.

    Raises:
        Misconfigured: `text` is no ring, or an empty one.
        DatabaseAway: it did not answer; run again, it goes on with what is not done.
    """
    if not (ring := ring_of(text)).keys:
        raise Misconfigured(f"{VAULT_KEYS} is empty; give intake's own")
    async with Mongo(settings) as mongo:
        await audited(mongo, AuditAction.VAULT_ROTATED, f"to key {ring.newest}")
        work = VaultResealer(mongo, VaultCodec(ring), seals_plain=seals_plain)
        await work.run(say=say)
        return work, await work.left()
