"""How a subscription changes: endpoints are matched by name, and secrets live as long as targets.

A repeat under the same idempotency key finds what the first request made, and may be shown its
secrets again: an answer that never arrived loses nothing.
"""

import base64
import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import uuid5

from pydantic import SecretStr

from services.intake.subscriptions.forms import EndpointForm, SubscriptionForm
from services.intake.subscriptions.templates import written
from shared.contracts.identifiers import NAMESPACE
from shared.contracts.subscriptions import MOST_SECRETS, Endpoint, EndpointKind, Subscription

_ENDPOINTS = uuid5(NAMESPACE, "endpoint")


@dataclass(frozen=True, slots=True)
class EndpointIssuer:
    """Makes ids and secrets for one request; `key` is its idempotency key, or a drawn one.

    Of intake's own secrets the first makes, and what any of them made is known again.
    """

    own: Sequence[bytes] = field(repr=False)
    caller: str
    agency: str
    key: str

    def endpoint_id(self, name: str, target: str) -> str:
        """Return the id of an endpoint that this request makes."""
        scope = uuid5(_ENDPOINTS, f"{self.caller}\0{self.agency}\0{self.key}")
        return str(uuid5(scope, f"{name}\0{target}"))

    def signing_secret(self, endpoint_id: str) -> SecretStr:
        """Return the secret that this request gives an endpoint: 256 bits, as the standard asks."""
        return self._made_of(self.own[0], endpoint_id)

    def _made_of(self, secret: bytes, endpoint_id: str) -> SecretStr:
        signed = f"webhook\0{self.caller}\0{endpoint_id}\0{self.key}".encode()
        digest = hmac.new(secret, signed, hashlib.sha256).digest()
        return SecretStr("whsec_" + base64.b64encode(digest).decode())

    def made(self, endpoint: Endpoint) -> bool:
        """Tell whether this request, perhaps an earlier try of it, gave the newest secret."""
        made = [self._made_of(secret, endpoint.endpoint_id) for secret in self.own]
        return any(newest in made for newest in endpoint.secrets[:1])


def planned(present: Subscription, form: SubscriptionForm, mint: EndpointIssuer) -> Subscription:
    """Return the subscription that a form asks for, under the version of the present one.

    An endpoint of the same name and target keeps its id and secrets, whatever else changes.
    """
    known = {endpoint.name: endpoint for endpoint in present.endpoints}
    wanted = (_endpoint(known.get(each.name), each, mint) for each in form.endpoints)
    return present.model_copy(update={"endpoints": tuple(wanted)})


def is_kept(present: Endpoint | None, form: EndpointForm) -> bool:
    """Tell whether an endpoint has the target that a form asks for."""
    if present is None or present.kind is not form.kind:
        return False
    return form.target == (present.url or present.address)


def with_newest_secret(endpoint: Endpoint, mint: EndpointIssuer) -> Endpoint:
    """Return a webhook with one more secret before its newest; only that one lives beside it."""
    if mint.made(endpoint):
        return endpoint
    secrets = (mint.signing_secret(endpoint.endpoint_id), *endpoint.secrets)
    return endpoint.model_copy(update={"secrets": secrets[:MOST_SECRETS]})


def with_one_secret(endpoint: Endpoint) -> Endpoint:
    """Return a webhook that signs with its newest secret alone."""
    return endpoint.model_copy(update={"secrets": endpoint.secrets[:1]})


def _endpoint(present: Endpoint | None, form: EndpointForm, mint: EndpointIssuer) -> Endpoint:
    identifier = mint.endpoint_id(form.name, form.target)
    secrets: tuple[SecretStr, ...] = ()
    if form.kind is EndpointKind.WEBHOOK:
        secrets = (mint.signing_secret(identifier),)
    is_repeat = present is not None and present.endpoint_id == identifier
    if present is not None and (is_repeat or (is_kept(present, form) and not form.renew)):
        identifier, secrets = present.endpoint_id, present.secrets
    return Endpoint(
        endpoint_id=identifier,
        agency=mint.agency,
        name=form.name,
        kind=form.kind,
        url=form.url or "",
        address=form.address or "",
        secrets=secrets,
        filter=form.filter.value(),
        template=written(form.template) if form.template is not None else None,
    )
