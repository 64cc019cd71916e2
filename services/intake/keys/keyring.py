"""API keys: `salur_<id>_<secret>`, kept as a hash, looked up at most every few seconds.

A key is never removed: it expires or is revoked, and its id stays for those who read the audit.
"""

import asyncio
import hashlib
import hmac
import re
from collections import OrderedDict
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol

from services.intake.http.problems import unauthorized
from services.intake.keys.callers import PUBLIC, Caller, Role
from services.intake.submit.records import ApiKey
from shared.errors import Transient
from shared.runtime.clock import Clock

_FORM = re.compile(r"salur_([0-9a-f]{12})_([0-9a-f]{64})")
MOST_CACHED = 10_000
USED_EVERY = timedelta(hours=1)  # a write per key and hour is nothing; one per request would be


class KeyStore(Protocol):
    """Where keys are kept; every method raises DatabaseAway while it is away."""

    async def add_key(self, key: ApiKey) -> None:
        """Keep a new key."""
        ...

    async def key(self, key_id: str) -> ApiKey | None:
        """Return the key of this id."""
        ...

    async def all_keys(self) -> Sequence[ApiKey]:
        """Return all keys, the oldest first."""
        ...

    async def set_key_end(self, key_id: str, at: datetime) -> None:
        """Let a key expire at a time."""
        ...

    async def revoke_key(self, key_id: str, at: datetime) -> None:
        """Mark a key as revoked, once and for all."""
        ...

    async def mark_key_used(self, key_id: str, at: datetime) -> None:
        """Note that a key was used."""
        ...


class Keyring:
    """Finds the caller behind an `Authorization` header."""

    def __init__(self, store: KeyStore, clock: Clock, *, cache_seconds: float) -> None:
        self._store = store
        self._clock = clock
        self._keep = timedelta(seconds=cache_seconds)
        self._cached: OrderedDict[str, tuple[datetime, ApiKey | None]] = OrderedDict()
        self._marks: set[asyncio.Task[None]] = set()

    async def caller(self, authorization: str | None) -> Caller:
        """Return who asks; without a header, the public.

        Raises:
            Problem: 401 for a key of another form, unknown, with a wrong secret, expired or
                revoked; only whoever has the right secret learns of the last two.
        """
        if authorization is None:
            return PUBLIC
        key_id, secret = _parts(authorization)
        key = await self._find(key_id) if key_id else None
        if key is None or not _matches(secret, key):
            raise unauthorized("the API key is not known")
        now = self._clock.now()
        if key.revoked_at is not None:
            raise unauthorized(f"the API key {key.id} was revoked; ask an operator for another")
        if not key.is_live(now):
            raise unauthorized(f"the API key {key.id} has expired; ask an operator for another")
        self._note(key, now)
        return key.caller

    def remembers(self, authorization: str) -> bool:
        """Tell whether this very key was right when it was looked up last."""
        return self.role_of(authorization) is not None

    def role_of(self, authorization: str) -> Role | None:
        """Return the role of a key that was right when it was looked up last, None of others."""
        key_id, secret = _parts(authorization)
        _, key = self._cached.get(key_id, (None, None))
        return key.role if key is not None and _matches(secret, key) else None

    async def finish(self) -> None:
        """Wait for what outlives its request."""
        await asyncio.gather(*self._marks)

    async def _find(self, key_id: str) -> ApiKey | None:
        now = self._clock.now()
        expires, key = self._cached.get(key_id, (now, None))
        if expires <= now:
            key = await self._store.key(key_id)
            self._remember(key_id, now + self._keep, key)
        return key

    def _remember(self, key_id: str, until: datetime, key: ApiKey | None) -> None:
        self._cached[key_id] = (until, key)
        self._cached.move_to_end(key_id)
        if len(self._cached) > MOST_CACHED:
            self._cached.popitem(last=False)

    def _note(self, key: ApiKey, now: datetime) -> None:
        if key.used_at is not None and now < key.used_at + USED_EVERY:
            return
        until, _ = self._cached[key.id]
        self._cached[key.id] = (until, replace(key, used_at=now))
        task = asyncio.create_task(self._mark(key.id, now))
        self._marks.add(task)
        task.add_done_callback(self._marks.discard)

    async def _mark(self, key_id: str, now: datetime) -> None:
        with suppress(Transient):  # it is a hint for people; the next look-up tries again
            await self._store.mark_key_used(key_id, now)


def hash_secret(secret: str) -> str:
    """Return the form in which a secret is kept.

    The secret has 256 random bits: a slow hash would add nothing.
    """
    return hashlib.sha256(secret.encode()).hexdigest()


def _parts(authorization: str) -> tuple[str, str]:
    """Return the id and the secret of a bearer's key; both empty for another form."""
    scheme, _, token = authorization.partition(" ")
    form = _FORM.fullmatch(token.strip()) if scheme.lower() == "bearer" else None
    return (form.group(1), form.group(2)) if form else ("", "")


def _matches(secret: str, key: ApiKey) -> bool:
    return hmac.compare_digest(hash_secret(secret), key.secret_hash)
