"""Makes, rotates and revokes API keys, for the command line."""

import re
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta

from services.intake.keys.callers import Role, Scope
from services.intake.keys.keyring import KeyStore, hash_secret
from services.intake.submit.records import ApiKey
from shared.contracts.identifiers import is_agency_code
from shared.errors import Misconfigured
from shared.runtime.clock import Clock, WallClock

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


async def create_key(  # noqa: PLR0913 # all that a key is
    store: KeyStore,
    role: str,
    name: str,
    *,
    agency: str | None = None,
    scopes: Iterable[str] = (),
    lives: timedelta | None = None,
    clock: Clock | None = None,
) -> str:
    """Keep a new key and return it whole; it cannot be shown again. Without `lives` it stays.

    Raises:
        Misconfigured: an unknown role or scope, a name of another form, or a role and an
            institution or a scope that do not go together.
    """
    wanted = _checked_role(role, name, agency)
    allowed = _checked_scopes(wanted, scopes)
    now = (clock or WallClock()).now()
    ends = None if lives is None else now + lives
    key_id, secret = _drawn()
    await store.add_key(
        ApiKey(key_id, hash_secret(secret), wanted, name, agency, now, allowed, expires_at=ends)
    )
    return _whole(key_id, secret)


async def rotate_key(
    store: KeyStore,
    key_id: str,
    *,
    grace: timedelta,
    lives: timedelta | None = None,
    clock: Clock | None = None,
) -> tuple[str, datetime]:
    """Keep a second key of the same caller and return it, and when the former one ends.

    Both are good for `grace`, so that a caller changes over without a gap; its repeats meet their
    first answers with either. Without `lives` the new one lives as long as the former was to.

    Raises:
        Misconfigured: there is no such key, or it has ended already.
    """
    now = (clock or WallClock()).now()
    former = await _live_key(store, key_id, now)
    if lives is None and former.expires_at is not None:
        lives = former.expires_at - former.created_at
    # The new one first: cut in between, the caller has two keys and not none.
    new = await create_key(
        store,
        former.role,
        former.name,
        agency=former.agency,
        scopes=former.scopes,
        lives=lives,
        clock=clock,
    )
    ends = min(now + grace, former.expires_at or now + grace)
    await store.set_key_end(former.id, ends)
    return new, ends


async def revoke_key(store: KeyStore, key_id: str, *, clock: Clock | None = None) -> ApiKey:
    """End a key at once, as soon as every intake has looked it up anew; return it.

    Raises:
        Misconfigured: there is no such key.
    """
    key = await _known_key(store, key_id)
    await store.revoke_key(key_id, (clock or WallClock()).now())
    return key


async def _live_key(store: KeyStore, key_id: str, now: datetime) -> ApiKey:
    key = await _known_key(store, key_id)
    if not key.is_live(now):
        raise Misconfigured(f"key {key_id} has ended; make another with `salur keys create`")
    return key


async def _known_key(store: KeyStore, key_id: str) -> ApiKey:
    key = await store.key(key_id)
    if key is None:
        raise Misconfigured(f"there is no key {key_id!r}; `salur keys list` shows all ids")
    return key


def _drawn() -> tuple[str, str]:
    return secrets.token_hex(6), secrets.token_hex(32)


def _whole(key_id: str, secret: str) -> str:
    return f"salur_{key_id}_{secret}"


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
