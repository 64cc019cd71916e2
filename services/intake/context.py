"""What all doors share: the settings, the parts behind them, and who is asking."""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from fastapi import Request
from pydantic import TypeAdapter

from services.intake.actions.requests import OccurredAt
from services.intake.erasure.workflow import ErasureWorkflow
from services.intake.http.access import AccessControl
from services.intake.http.client_address import AddressRule
from services.intake.http.incoming_bodies import IncomingBodies, MinimumBodyRate
from services.intake.http.load_shedding import LoadShedder
from services.intake.http.middleware import slot_of
from services.intake.http.parsing import check_parameters, parse, read_body, read_key
from services.intake.http.problems import invalid_header, not_found, overloaded, unauthorized
from services.intake.http.rate_limits import RateLimiter
from services.intake.keys.callers import Caller, Role
from services.intake.keys.keyring import Keyring
from services.intake.ports import IntakePorts
from services.intake.settings import IntakeSettings
from services.intake.submit.records import Receipt
from services.intake.submit.service import SubmissionService
from services.intake.subscriptions.service import SubscriptionService
from shared.contracts.case import Case
from shared.contracts.identifiers import is_agency_code, read_number
from shared.reference.names import DisplayNames
from shared.runtime.component import Component

_MOMENT: TypeAdapter[OccurredAt] = TypeAdapter(OccurredAt)


class IntakeContext(Component):
    """Everything a door needs; stopped, it lets go of nothing that is still on its way."""

    def __init__(self, settings: IntakeSettings, ports: IntakePorts) -> None:
        self.settings = settings
        self.secrets = settings.secrets
        self.store = ports.store
        self.publisher = ports.publisher
        self.subscriptions = ports.subscriptions
        self.subscribing = SubscriptionService(ports.subscriptions, ports.resolver, settings)
        self.identities = ports.identities
        self.audit = ports.audit
        self.opt_outs = ports.opt_outs
        self.erasures = ports.erasures
        self.erasing = ErasureWorkflow(ports, period=timedelta(hours=settings.erasure_hours))
        self.clock = ports.clock
        self.names = DisplayNames(settings.directory, None)
        self.telemetry = ports.telemetry
        self.keyring = Keyring(ports.keys, ports.clock, cache_seconds=settings.key_cache_seconds)
        self.admission = AccessControl(
            self.keyring,
            RateLimiter(settings.rates.quotas),
            addresses=AddressRule(settings.trusted_proxies, settings.proxy_header),
            telemetry=ports.telemetry,
        )
        self.backlog = LoadShedder(
            most=settings.most_in_flight, most_wait=settings.most_wait_seconds
        )
        self._pace = MinimumBodyRate(
            settings.body_seconds, settings.body_grace_seconds, settings.body_rate
        )
        self._from_public, self._from_known = (
            _arrivals(settings, batches) for batches in settings.batches_apart
        )
        self.acceptance = SubmissionService(
            ports,
            secrets=self.secrets,
            answer_seconds=settings.answer_seconds,
            pace_seconds=settings.group_pace_seconds,
        )

    async def stop(self) -> None:
        """Wait for what outlives its request."""
        await self.acceptance.finish()
        await self.keyring.finish()

    async def caller(self, request: Request) -> Caller:
        """Return who asks, and count it.

        Raises:
            Problem: 401 for a wrong key, 429 beyond a limit, 422 for a parameter of the query that
                this door does not have: misspelt, a filter would let everything through.
        """
        caller = await self.admission.caller(request)
        check_parameters(request)
        return caller

    async def known_caller(self, request: Request) -> Caller:
        """Return who asks; 401 without a key too."""
        caller = await self.caller(request)
        if caller.role is Role.PUBLIC:
            raise unauthorized("this needs an API key: Authorization: Bearer salur_<id>_<secret>")
        return caller

    def check_institution(self, code: str) -> None:
        """Let codes of the directory pass; 404 for others, whoever asks."""
        if not (is_agency_code(code) and self.names.knows_institution(code)):
            raise not_found()

    async def body(self, request: Request, *, most: int | None = None) -> bytes:
        """Return the body of an admitted request, at most `most` bytes; an ordinary one's bound.

        While it is on its way, the request holds no place among those that are worked on.

        Raises:
            Problem: 413 beyond the bound, 408 where it comes too slowly, 429 or 503 where too many
                are on their way, 503 where no place is left once it is there.
        """
        caller, place = await self.caller(request), slot_of(request)
        arrivals = self._from_public if caller.role is Role.PUBLIC else self._from_known
        place.give()
        with arrivals.arriving(self.admission.who(request)) as arrival:
            most = most or self.settings.most_body
            body = await read_body(request, most, pace=self._pace, arrival=arrival)
        if not place.take():
            raise overloaded(self.settings.retry_after_seconds)
        return body

    def charge(self, request: Request, units: int) -> None:
        """Count what a request turned out to hold beyond the one unit; 429 without room."""
        self.admission.charge(request, units)
        slot_of(request).grow(units)

    def happened(self, caller: Caller, body: bytes) -> datetime | None:
        """Return the time that a body gives, of a trusted caller in scenario mode; else None.

        Raises:
            Problem: 422 where it is no time with an offset.
        """
        if not (self.settings.scenario and caller.is_trusted):
            return None
        return parse(_MOMENT, body).occurred_at

    async def find(self, number: str) -> tuple[Receipt, Case | None]:
        """Return what is known of a complaint, by its number; 404 for what was not accepted."""
        typed = read_number(number)
        receipt = await self.store.receipt_of(typed) if typed is not None else None
        if receipt is None:
            raise not_found()
        case = await self.store.case(receipt.id)
        if case is None and not receipt.acknowledged:
            raise not_found()
        return self.with_live_code(receipt), case

    def with_live_code(self, receipt: Receipt) -> Receipt:
        """Return a receipt that no tracking code opens where its secret was taken out."""
        return (
            receipt
            if self.secrets.opens_codes_of(receipt)
            else replace(receipt, tracking_hash=None)
        )


def _arrivals(settings: IntakeSettings, batches: int) -> IncomingBodies:
    return IncomingBodies(
        most=settings.most_bodies,
        most_each=settings.most_bodies_each,
        most_bytes=max(2, batches) * settings.most_batch_body,
        retry_after=settings.retry_after_seconds,
    )


def key_of(request: Request, caller: Caller) -> str:
    """Return the request's idempotency key, or a drawn one; 422 if it breaks its rule."""
    key = read_key(request)
    if key is None:
        return str(uuid4())
    scoped = scope_key(caller, key)
    if scoped is None:
        raise invalid_header("Idempotency-Key", "key_must_be_uuid", WITHOUT_KEY)
    return scoped


WITHOUT_KEY = "a caller without an API key uses a UUID"


def scope_key(caller: Caller, key: str) -> str | None:
    """Return the key as it counts; None where the public did not use a UUID.

    The public shares one scope, so its keys must be such that nobody else's is met by chance.
    """
    if caller.role is not Role.PUBLIC:
        return key
    try:
        return str(UUID(key)) if len(key) == 36 else None
    except ValueError:
        return None
