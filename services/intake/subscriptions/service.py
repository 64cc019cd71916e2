"""Changes subscriptions: each under the guard of its version, hosts looked up first."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from services.intake.http.problems import FieldError, Problem, invalid, not_found
from services.intake.settings import IntakeSettings
from services.intake.subscriptions.changes import (
    EndpointIssuer,
    is_kept,
    planned,
    with_newest_secret,
    with_one_secret,
)
from services.intake.subscriptions.forms import (
    EndpointForm,
    InvalidField,
    SubscriptionForm,
    wrong_fields,
)
from services.intake.subscriptions.resolver import Resolver
from services.intake.subscriptions.store import SubscriptionStore, UnreadableStoredSubscription
from services.intake.subscriptions.webhook_urls import (
    UnfitWebhookUrl,
    host_of,
    is_address,
    unfit_addresses,
)
from shared.contracts.subscriptions import Endpoint, EndpointKind, Subscription

_ATTEMPTS = 5
Change = Callable[[Subscription], Awaitable[Subscription]]


class SubscriptionService:
    """What may be done to a subscription; a change that changes nothing is not written."""

    def __init__(
        self, store: SubscriptionStore, resolver: Resolver, settings: IntakeSettings
    ) -> None:
        self._store = store
        self._resolver = resolver
        self._settings = settings

    async def put(self, form: SubscriptionForm, mint: EndpointIssuer) -> Subscription:
        """Set all endpoints of an institution; one that cannot be read is mended by it.

        Raises:
            Problem: 422 with every wrong field, hosts of inner networks too; 409 where the form
                names a version that is not the present one.
        """
        wrong = list(wrong_fields(form, allow_plain=self._settings.allow_plain_webhooks))

        async def change(present: Subscription) -> Subscription:
            _refuse([*wrong, *await self._wrong_hosts(_to_look_up(form, present, wrong))])
            return planned(present, form, mint)

        return await self._change(mint.agency, change, version=form.version, mends=True)

    async def rotate(self, name: str, mint: EndpointIssuer) -> Endpoint:
        """Give a webhook one more secret; the newest until now stays live beside it."""
        return await self._change_webhook(mint.agency, name, lambda e: with_newest_secret(e, mint))

    async def drop_former(self, agency: str, name: str) -> Endpoint:
        """Have a webhook's messages signed with its newest secret alone."""
        return await self._change_webhook(agency, name, with_one_secret)

    async def _change_webhook(
        self, agency: str, name: str, act: Callable[[Endpoint], Endpoint]
    ) -> Endpoint:
        async def change(present: Subscription) -> Subscription:
            if endpoint_of(present, name).kind is not EndpointKind.WEBHOOK:
                raise Problem(409, "not_a_webhook", f"{name} is no webhook: only these are signed")
            endpoints = (act(e) if e.name == name else e for e in present.endpoints)
            return present.model_copy(update={"endpoints": tuple(endpoints)})

        return endpoint_of(await self._change(agency, change), name)

    async def _change(
        self, agency: str, change: Change, *, version: int | None = None, mends: bool = False
    ) -> Subscription:
        for _ in range(_ATTEMPTS):
            present, is_whole = await self._present(agency, mends=mends)
            wanted = await change(present)
            # A repeat of what was done already is answered as the first time.
            if is_whole and wanted == present:
                return present
            if version not in (None, present.version):
                raise _stale(present.version)
            newer = wanted.model_copy(update={"version": present.version + 1})
            if await self._store.put_subscription(newer):
                return newer
        detail = "others change this subscription at the same time; repeat"
        raise Problem(409, "changed_meanwhile", detail)

    async def _present(self, agency: str, *, mends: bool) -> tuple[Subscription, bool]:
        """Return what can be read of a subscription, and whether that is all of it.

        Raises:
            UnreadableStoredSubscription: it is not, and what is done to it would not mend it.
        """
        try:
            return await self._store.subscription(agency), True
        except UnreadableStoredSubscription as found:
            if not mends or found.version is None:
                raise
            known = Subscription(agency=agency, version=found.version, endpoints=found.endpoints)
            return known, False

    async def _wrong_hosts(
        self, webhooks: Sequence[tuple[int, EndpointForm]]
    ) -> list[InvalidField]:
        if self._settings.allow_private_webhooks:
            return []
        unfit = await asyncio.gather(*(self._unfit(form) for _, form in webhooks))
        return [
            InvalidField(f"/endpoints/{place}/url", why.code, why.detail)
            for (place, _), why in zip(webhooks, unfit, strict=True)
            if why is not None
        ]

    async def _unfit(self, form: EndpointForm) -> UnfitWebhookUrl | None:
        host = host_of(form.target)
        found = [host] if is_address(host) else await self._resolver.addresses(host)
        return unfit_addresses(found)


def endpoint_of(subscription: Subscription, name: str) -> Endpoint:
    """Return the endpoint of this name; 404 where there is none."""
    found = (endpoint for endpoint in subscription.endpoints if endpoint.name == name)
    endpoint = next(found, None)
    if endpoint is None:
        raise not_found()
    return endpoint


def _to_look_up(
    form: SubscriptionForm, present: Subscription, wrong: Sequence[InvalidField]
) -> Sequence[tuple[int, EndpointForm]]:
    """Return the webhooks whose hosts were not looked up before, with their places."""
    known = {endpoint.name: endpoint for endpoint in present.endpoints}
    unfit = {each.pointer for each in wrong}
    return [
        (place, each)
        for place, each in enumerate(form.endpoints)
        if each.kind is EndpointKind.WEBHOOK
        and f"/endpoints/{place}/url" not in unfit
        and not is_kept(known.get(each.name), each)
    ]


def _refuse(wrong: Sequence[InvalidField]) -> None:
    if wrong:
        raise invalid([FieldError(**each._asdict()) for each in wrong])


def _stale(version: int) -> Problem:
    detail = (
        f"the present version is {version}: GET the subscription, change it, and PUT it with its"
        " version; or leave the version out to replace whatever is there"
    )
    return Problem(409, "changed_meanwhile", detail)
