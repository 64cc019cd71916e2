"""How an institution is told without Kafka: its subscription, kept by intake, read by the notifier.

One document per institution holds all of its endpoints; `version` guards every write.
"""

import re
from enum import StrEnum
from typing import Annotated, Any

from pydantic import Field, SecretStr

from shared.contracts.case import InstitutionCode
from shared.contracts.value_objects import Frozen

MOST_ENDPOINTS = 20  # of one institution
MOST_SECRETS = 2  # live at once: the newest signs first, the one before until it is dropped
# What a body template may name, as `{number}`; all other text stands as it is written.
TEMPLATE_FIELDS = (
    *("number", "outcome", "agency", "status", "unit", "category", "title", "text", "at", "due"),
)
TEMPLATE_FIELD = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")
EndpointName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]


class EndpointKind(StrEnum):
    """The way to an endpoint."""

    WEBHOOK = "webhook"
    EMAIL = "email"


class Urgency(StrEnum):
    """How soon an institution should look at an event."""

    ROUTINE = "routine"
    URGENT = "urgent"  # a limit comes near or has passed, or an answer did not settle the case


class EventFilter(Frozen):
    """Which events an endpoint hears; a field left empty lets all pass.

    `events` are values of `AgencyOutcome`, as text: what another release wrote stays readable,
    and an event that this one does not know passes nothing.
    """

    events: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    urgency: Urgency | None = None


class Endpoint(Frozen):
    """Where an institution wants to be told.

    `name` is the institution's own, unique in its subscription. Of a webhook, `url` and `secrets`
    (`whsec_<base64>` of Standard Webhooks, newest first) are set, and `template` where the body is
    not the standard one: a JSON object as text, with fields in its string values. Of an e-mail
    endpoint, `address` is set. A changed URL or address gets a new `endpoint_id`, so that a ladder
    of failures is never inherited.
    """

    endpoint_id: str
    agency: InstitutionCode
    name: EndpointName = "main"
    kind: EndpointKind = EndpointKind.WEBHOOK
    url: str = Field(default="", repr=False)
    address: str = Field(default="", repr=False)
    secrets: tuple[SecretStr, ...] = ()
    filter: EventFilter = EventFilter()
    template: str | None = None

    def document(self) -> dict[str, Any]:
        """Return what is kept of it, its secrets as they are."""
        secrets = [secret.get_secret_value() for secret in self.secrets]
        return self.model_dump(mode="json", exclude={"secrets"}) | {"secrets": secrets}


class Subscription(Frozen):
    """All endpoints of an institution (langganan)."""

    agency: InstitutionCode
    version: int = 0
    endpoints: tuple[Endpoint, ...] = ()

    def document(self) -> dict[str, Any]:
        """Return what is kept of it, under the institution's code."""
        return {
            "agency": self.agency,
            "version": self.version,
            "endpoints": [endpoint.document() for endpoint in self.endpoints],
        }
