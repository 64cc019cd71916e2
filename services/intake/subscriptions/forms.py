"""What an institution asks for when it sets its subscription, and what is wrong with it."""

from collections import Counter
from collections.abc import Iterator
from typing import Annotated, NamedTuple

from pydantic import Field, JsonValue

from services.intake.subscriptions.templates import (
    MOST_BYTES,
    MOST_DEPTH,
    MOST_FIELDS,
    depth_of,
    fields_in,
    unknown_fields,
    written,
)
from services.intake.subscriptions.webhook_urls import unfit_url
from shared.contracts.events import AgencyOutcome
from shared.contracts.subscriptions import (
    MOST_ENDPOINTS,
    TEMPLATE_FIELDS,
    EndpointKind,
    EndpointName,
    EventFilter,
    Urgency,
)
from shared.contracts.value_objects import Frozen
from shared.privacy.contacts import MOST_ADDRESS, email_address

UnitName = Annotated[str, Field(min_length=1, max_length=100)]


class InvalidField(NamedTuple):
    """One wrong field: its JSON pointer, a stable code, and the rule in words."""

    pointer: str
    code: str
    detail: str


class FilterForm(Frozen):
    """Which events an endpoint hears; what is left out lets all pass."""

    events: Annotated[tuple[AgencyOutcome, ...], Field(max_length=100)] = ()
    units: Annotated[tuple[UnitName, ...], Field(max_length=200)] = ()
    urgency: Urgency | None = None

    def value(self) -> EventFilter:
        """Return the filter, each choice once."""
        events, units = tuple(dict.fromkeys(self.events)), tuple(dict.fromkeys(self.units))
        return EventFilter(events=events, units=units, urgency=self.urgency)


class EndpointForm(Frozen):
    """One endpoint: a webhook with its `url`, or an e-mail `address`.

    `renew` makes a new endpoint for the same target: after a 410 had disabled the old one.
    """

    name: EndpointName
    kind: EndpointKind = EndpointKind.WEBHOOK
    url: Annotated[str, Field(max_length=2_000)] | None = Field(default=None, repr=False)
    address: Annotated[str, Field(max_length=MOST_ADDRESS)] | None = Field(default=None, repr=False)
    filter: FilterForm = FilterForm()
    template: dict[str, JsonValue] | None = None
    renew: bool = False

    @property
    def target(self) -> str:
        """Return where it sends to."""
        return (self.url if self.kind is EndpointKind.WEBHOOK else self.address) or ""


class SubscriptionForm(Frozen):
    """All endpoints of an institution: those not named are dropped.

    With `version`, the change is made only while the subscription still has this version.
    """

    endpoints: Annotated[tuple[EndpointForm, ...], Field(max_length=MOST_ENDPOINTS)]
    version: Annotated[int, Field(ge=0)] | None = None


def wrong_fields(form: SubscriptionForm, *, allow_plain: bool) -> Iterator[InvalidField]:
    """Yield everything that is wrong with a form, but for what its hosts resolve to."""
    times = Counter(endpoint.name for endpoint in form.endpoints)
    for place, endpoint in enumerate(form.endpoints):
        pointer = f"/endpoints/{place}"
        if times[endpoint.name] > 1:
            detail = "each endpoint needs a name of its own"
            yield InvalidField(f"{pointer}/name", "name_taken", detail)
        if endpoint.kind is EndpointKind.WEBHOOK:
            yield from _webhook(endpoint, pointer, allow_plain=allow_plain)
        else:
            yield from _email(endpoint, pointer)


def _webhook(form: EndpointForm, pointer: str, *, allow_plain: bool) -> Iterator[InvalidField]:
    if form.url is None:
        yield InvalidField(f"{pointer}/url", "missing", "a webhook needs its url")
    elif unfit := unfit_url(form.url, allow_plain=allow_plain):
        yield InvalidField(f"{pointer}/url", unfit.code, unfit.detail)
    if form.address is not None:
        yield InvalidField(
            f"{pointer}/address", "not_for_webhook", "only an e-mail endpoint has it"
        )
    if form.template is not None:
        yield from _template(form.template, f"{pointer}/template")


def _template(template: dict[str, JsonValue], pointer: str) -> Iterator[InvalidField]:
    if depth_of(template) > MOST_DEPTH:
        yield InvalidField(pointer, "too_deep", f"at most {MOST_DEPTH} objects or arrays deep")
    if (size := _size(template)) is None:
        yield InvalidField(pointer, "unfit_number", "JSON cannot hold one of the numbers")
    elif size > MOST_BYTES:
        yield InvalidField(pointer, "too_many_bytes", f"at most {MOST_BYTES} bytes of JSON")
    if (count := fields_in(template)) > MOST_FIELDS:
        detail = f"at most {MOST_FIELDS} fields such as {{number}}, each time counted: {count}"
        yield InvalidField(pointer, "too_many_fields", detail)
    known = ", ".join(TEMPLATE_FIELDS)
    for place, _ in unknown_fields(template, pointer):
        yield InvalidField(place, "unknown_field", f"the fields of a template are {known}")


def _size(template: dict[str, JsonValue]) -> int | None:
    try:
        return len(written(template).encode(errors="replace"))
    except ValueError:
        return None


def _email(form: EndpointForm, pointer: str) -> Iterator[InvalidField]:
    if form.address is None:
        yield InvalidField(f"{pointer}/address", "missing", "an e-mail endpoint needs its address")
    elif email_address(form.address) is None or form.address != form.address.strip():
        detail = "one plain address such as lapor@kab.go.id, in ASCII"
        yield InvalidField(f"{pointer}/address", "invalid_address", detail)
    for name in ("url", "template"):
        if getattr(form, name) is not None:
            yield InvalidField(f"{pointer}/{name}", "not_for_email", "only a webhook has it")
