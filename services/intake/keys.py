"""API keys: `salur_<id>_<secret>`, kept as a hash, looked up at most every few seconds."""

import hashlib
import hmac
import re
import secrets
from collections import OrderedDict
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Protocol

from services.intake.domain.callers import PUBLIC, Caller, Role, Scope
from services.intake.domain.records import ApiKey
from services.intake.problems import unauthorized
from shared.clock import Clock, WallClock
from shared.errors import Misconfigured
from shared.identifiers import is_agency_code

_FORM = re.compile(r"salur_([0-9a-f]{12})_([0-9a-f]{64})")
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
MOST_CACHED = 10_000


class KeyStore(Protocol):
    """Where keys are kept; both methods raise DatabaseAway while it is away."""

    async def add_key(self, key: ApiKey) -> None:
        """Keep a new key."""
        ...

    async def key(self, key_id: str) -> ApiKey | None:
        """Return the key of this id."""
        ...


async def create_key(  # noqa: PLR0913 # all that a key is
    store: KeyStore,
    role: str,
    name: str,
    *,
    agency: str | None = None,
    scopes: Iterable[str] = (),
    clock: Clock | None = None,
) -> str:
    """Keep a new key and return it whole; it cannot be shown again.

    Raises:
        Misconfigured: an unknown role or scope, a name of another form, or a role and an
            institution or a scope that do not go together.
    """
    wanted = _checked_role(role, name, agency)
    allowed = _checked_scopes(wanted, scopes)
    key_id, secret = secrets.token_hex(6), secrets.token_hex(32)
    created_at = (clock or WallClock()).now()
    await store.add_key(ApiKey(key_id, _hash(secret), wanted, name, agency, created_at, allowed))
    return f"salur_{key_id}_{secret}"


class Keyring:
    """Finds the caller behind an `Authorization` header."""

    def __init__(self, store: KeyStore, clock: Clock, *, cache_seconds: float) -> None:
        self._store = store
        self._clock = clock
        self._keep = timedelta(seconds=cache_seconds)
        self._cached: OrderedDict[str, tuple[datetime, ApiKey | None]] = OrderedDict()

    async def caller(self, authorization: str | None) -> Caller:
        """Return who asks; without a header, the public.

        Raises:
            Problem: 401 for a key of another form, unknown, or with a wrong secret.
        """
        if authorization is None:
            return PUBLIC
        scheme, _, token = authorization.partition(" ")
        form = _FORM.fullmatch(token.strip()) if scheme.lower() == "bearer" else None
        key = await self._find(form.group(1)) if form else None
        if form is None or key is None:
            raise unauthorized("the API key is not known")
        if not hmac.compare_digest(_hash(form.group(2)), key.secret_hash):
            raise unauthorized("the API key is not known")
        return key.caller

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


def _hash(secret: str) -> str:
    # The secret has 256 random bits: a slow hash would add nothing.
    return hashlib.sha256(secret.encode()).hexdigest()


def _checked_role(role: str, name: str, agency: str | None) -> Role:
    roles = [known for known in Role if known is not Role.PUBLIC]
    if role not in roles:
        raise Misconfigured(f"role {role!r} is not one of {', '.join(roles)}")
    if not _NAME.fullmatch(name):
        raise Misconfigured(f"name {name!r}: use 1 to 64 of a-z, 0-9, '.', '_' and '-'")
    if (role == Role.AGENCY) != (agency is not None):
        raise Misconfigured("the role agency, and no other, is bound to an institution's code")
    if agency is not None and not is_agency_code(agency):
        raise Misconfigured(f"institution {agency!r} is no code such as kab-3603")
    return Role(role)


def _checked_scopes(role: Role, scopes: Iterable[str]) -> frozenset[Scope]:
    wanted = sorted(set(scopes))
    for scope in wanted:
        if scope not in list(Scope):
            raise Misconfigured(f"scope {scope!r} is not one of {', '.join(Scope)}")
    if wanted and role not in (Role.GATEWAY, Role.OPERATOR):
        said = ", ".join(wanted)
        raise Misconfigured(
            f"scope {said} is for the roles gateway and operator; leave it out for {role}"
        )
    return frozenset(map(Scope, wanted))
