"""Admission: who asks, and whether they ask too often. Every door goes through it once."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from fastapi import Request
from starlette.datastructures import Headers
from starlette.types import Scope

from services.intake.http.client_address import AddressRule
from services.intake.http.load_shedding import RequestClass
from services.intake.http.problems import Problem
from services.intake.http.rate_limits import BY_ROLE, RateLimit, RateLimiter, RateLimitState
from services.intake.keys.callers import PUBLIC, Caller, Role
from services.intake.keys.keyring import Keyring
from shared.telemetry.registry import Telemetry

_ACCESS = "salur.access"  # in the scope of a request
SUBMISSIONS = frozenset({"/v1/complaints", "/v1/complaints:batch"})


@dataclass(slots=True)
class RequestAccess:
    """What admission knows of a request; `is_guess`: a 404 may be a wrong code or number."""

    caller: Caller
    address: str
    limit: RateLimit
    who: str
    is_guess: bool
    balance: RateLimitState | None = None


class AccessControl:
    """Finds the caller of a request and counts the request against its limit."""

    def __init__(
        self,
        keyring: Keyring,
        limiter: RateLimiter,
        *,
        addresses: AddressRule,
        telemetry: Telemetry,
    ) -> None:
        self._keyring = keyring
        self._limiter = limiter
        self._addresses = addresses
        self._refused = telemetry.counter("salur_rate_limited_total")

    def lane(self, scope: Scope) -> RequestClass:
        """Return with whom a request stands in line; asks nobody, so it costs next to nothing."""
        authorization = Headers(scope=scope).get("authorization")
        if authorization is None:
            return RequestClass.PUBLIC
        role = self._keyring.role_of(authorization)
        if role is None:
            return RequestClass.UNPROVEN
        return RequestClass.GATEWAY if role is Role.GATEWAY else RequestClass.STAFF

    def who(self, request: Request) -> str:
        """Return the name under which an admitted request is counted: an address, or a key."""
        access: RequestAccess = request.scope[_ACCESS]
        return access.who

    async def caller(self, request: Request) -> Caller:
        """Return who asks.

        Raises:
            Problem: 401 for a wrong key, 429 beyond a limit.
        """
        access: RequestAccess | None = request.scope.get(_ACCESS)
        if access is None:
            access = await self._access_of(request)
            request.scope[_ACCESS] = access
            self._spend(access, 1)
        return access.caller

    def charge(self, request: Request, units: int) -> None:
        """Count what a request turned out to hold beyond the one unit; 429 without room."""
        access: RequestAccess | None = request.scope.get(_ACCESS)
        if access is not None and units > 0:
            self._spend(access, units)

    def count_action(self, request: Request, complaint_id: UUID) -> None:
        """Count an action against who acts, whatever address or key it came by; 429 beyond.

        A reporter acts on one complaint, an institution on all of its own.
        """
        access: RequestAccess | None = request.scope.get(_ACCESS)
        if access is None:
            return
        if "tracking-code" in request.headers or access.caller.role is Role.GATEWAY:
            self._refuse(access, self._limiter.spend(RateLimit.REPORTER, str(complaint_id)))
        elif access.caller.role is Role.AGENCY:
            who = access.caller.identity
            self._refuse(access, self._limiter.spend(RateLimit.INSTITUTION, who))

    def headers(self, scope: Scope) -> Mapping[str, str]:
        """Return the header fields that tell a caller what is left."""
        access: RequestAccess | None = scope.get(_ACCESS)
        if access is None or access.balance is None:
            return {}
        return access.balance.headers

    def settle(self, scope: Scope, status: int) -> None:
        """Count a wrong code or number, once the answer is known."""
        access: RequestAccess | None = scope.get(_ACCESS)
        if access is not None and access.is_guess and status == 404:
            self._limiter.spend(RateLimit.WRONG, access.address)

    async def _access_of(self, request: Request) -> RequestAccess:
        address = self._addresses.of(request.scope)
        authorization = request.headers.get("authorization")
        if authorization is None:
            if request.method == "POST" and request.scope["path"] in SUBMISSIONS:
                return RequestAccess(PUBLIC, address, RateLimit.SUBMIT, who=address, is_guess=False)
            self._check_guesses(address)
            return RequestAccess(PUBLIC, address, RateLimit.TRACK, who=address, is_guess=True)
        caller = await self._holder(authorization, address)
        is_guess = "tracking-code" in request.headers
        if is_guess:
            self._check_guesses(address)
        return RequestAccess(caller, address, BY_ROLE[caller.role], caller.key_id, is_guess)

    async def _holder(self, authorization: str, address: str) -> Caller:
        # A key that was right before is looked up again even beside a guesser's address.
        if not self._keyring.remembers(authorization):
            self._check_guesses(address)
        try:
            return await self._keyring.caller(authorization)
        except Problem:
            self._limiter.spend(RateLimit.WRONG, address)
            raise

    def _check_guesses(self, address: str) -> None:
        if refusal := self._limiter.would_refuse(RateLimit.WRONG, address):
            self._refused.labels(RateLimit.WRONG.value).inc()
            raise _too_many(refusal)

    def _spend(self, access: RequestAccess, units: int) -> None:
        access.balance = self._limiter.spend(access.limit, access.who, units)
        self._refuse(access, access.balance)

    def _refuse(self, access: RequestAccess, balance: RateLimitState | None) -> None:
        if balance is not None and balance.is_refused:
            access.balance = balance
            self._refused.labels(balance.limit.value).inc()
            raise _too_many(balance)


def _too_many(balance: RateLimitState) -> Problem:
    quota = balance.quota
    allowed = f"limit {balance.limit}: {quota.units} in {quota.seconds} s"
    if balance.wait is None:
        return Problem(429, "too_many_at_once", f"{allowed}; this is more at once: send less")
    detail = f"{allowed}; ask again in {balance.wait} s"
    return Problem(429, "too_many_requests", detail, headers={"Retry-After": str(balance.wait)})
