"""Intake's secrets, and the notifier's keys of tracking codes, which are derived from them."""

import secrets
from datetime import datetime

from services.intake.settings import LEAST_SECRET, SECRET
from shared.contracts.identifiers import tracking_key
from shared.errors import Misconfigured
from shared.key_rings import FIRST, KeyRing, read_secrets


def secrets_of(text: str) -> KeyRing:
    """Return the ring in INTAKE_SECRET; Misconfigured where intake would not start with it."""
    try:
        return read_secrets(text, SECRET, least=LEAST_SECRET)
    except ValueError as error:
        raise Misconfigured(
            f"{error}. Give intake's own, in the environment or on standard input"
        ) from None


def with_new_secret(text: str, at: datetime) -> tuple[str, str]:
    """Return INTAKE_SECRET with a drawn secret behind those that are there, and its id.

    Behind: all intakes must know it before one makes anything with it.
    """
    key_id = f"{at:%Y%m%d}-{secrets.token_hex(2)}"
    known = {each: value.decode() for each, value in secrets_of(text).keys.items()}
    ring = {**known, key_id: secrets.token_hex(32)}
    return ",".join(f"{each}:{value}" for each, value in ring.items()), key_id


def notifiers_key(text: str) -> str:
    """Return what NOTIFIER_TRACKING_KEY is for this INTAKE_SECRET: hexadecimal digits, with ids.

    Raises:
        Misconfigured: the secret is one that intake would not start with.
    """
    keys = secrets_of(text).derived(tracking_key).keys
    if list(keys) == [FIRST]:
        return keys[FIRST].hex()
    return ",".join(f"{key_id}:{key.hex()}" for key_id, key in keys.items())
