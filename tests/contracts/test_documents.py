"""Documents that the notifier writes and intake reads, or the other way, under the same names."""

from dataclasses import fields
from datetime import timedelta
from uuid import UUID

from pydantic import SecretStr

from deploy.operate.doctor.database import DatabaseFacts
from deploy.operate.doctor.waiting import judge_endpoints
from services.intake.subscriptions.delivery_log import DeliveryRow, EndpointHealth
from services.intake.subscriptions.store import to_row
from services.notifier.documents import delivery_document, lane_document, last_attempt
from services.notifier.domain.delivery.circuit import CircuitState
from services.notifier.domain.delivery.deliveries import Delivery
from services.notifier.domain.delivery.outcomes import DeliveryOutcome
from shared.contracts.deliveries import (
    DeliveryDocument,
    DeliveryState,
    LaneDocument,
    LaneState,
    LastAttempt,
    delivery_id,
)
from shared.contracts.subscriptions import Endpoint, EventFilter, Subscription, Urgency
from tests.support.builders import START, complaint, complaint_id

AGENCY = "kab-3603"
EVENT = "6f1c1a52-0000-4000-8000-000000000001"
SENT = START + timedelta(minutes=1)
NEXT = START + timedelta(minutes=2)
DELIVERY = Delivery(
    delivery_id=delivery_id(EVENT, "id-main"),
    ce_id=EVENT,
    endpoint_id="id-main",
    agency=AGENCY,
    complaint_id=complaint_id("one"),
    seq=3,
    source=f"agency-{AGENCY}/0",
    offset=7,
    created=START,
    due=START,
    body='{"data":"Jalan rusak"}',
    state=DeliveryState.REJECTED,
    attempts=1,
    trace="00-1-2-00",
)
LADDER = CircuitState(
    state=LaneState.FAILING, failures=2, first_failure_at=START, next_probe_at=NEXT, version=4
)

ENDPOINT = Endpoint(
    endpoint_id="id-main",
    agency=AGENCY,
    name="dinas-pu",
    url="https://lapor.go.id/salur",
    secrets=(SecretStr("whsec_new"), SecretStr("whsec_old")),
    filter=EventFilter(events=("routed",), units=("PU",), urgency=Urgency.URGENT),
    template='{"text": "{number}"}',
)
SUBSCRIPTION = Subscription(agency=AGENCY, version=2, endpoints=(ENDPOINT,))


def test_intake_reads_the_row_that_the_notifier_wrote() -> None:
    last = last_attempt(DeliveryOutcome.REJECTED, 404, SENT)
    document: DeliveryDocument = {**delivery_document(DELIVERY, NEXT), "last": last}

    assert to_row(document, {"id-main": "main"}) == DeliveryRow(
        event_id=EVENT,
        endpoint="main",
        endpoint_id="id-main",
        state="rejected",
        number=complaint().number,
        seq=3,
        attempts=1,
        outcome="rejected",
        status=404,
        created_at=START,
        last_at=SENT,
    )


def test_a_row_without_an_attempt_has_no_outcome() -> None:
    row = to_row(delivery_document(DELIVERY, NEXT), {})

    assert (row.endpoint, row.outcome, row.status, row.last_at) == (None, None, None, None)


def test_intake_reads_the_lane_that_the_notifier_wrote() -> None:
    assert EndpointHealth.model_validate(lane_document(LADDER, AGENCY)) == EndpointHealth(
        state=LaneState.FAILING, first_failure_at=START, next_probe_at=NEXT
    )


def test_the_notifier_keeps_all_of_a_delivery_and_of_a_ladder_and_nothing_unnamed() -> None:
    kept = {one.name for one in fields(Delivery)} - {"delivery_id"} | {"_id", "expires"}

    assert delivery_document(DELIVERY, NEXT).keys() == kept
    assert kept | {"last"} == names_in(DeliveryDocument)
    assert last_attempt(DeliveryOutcome.DELIVERED, 200, SENT).keys() == names_in(LastAttempt)
    assert lane_document(LADDER, AGENCY).keys() == names_in(LaneDocument)
    assert CircuitState.model_validate(lane_document(LADDER, AGENCY)) == LADDER
    assert CircuitState.model_fields.keys() | {"agency"} == names_in(LaneDocument)


def test_the_notifier_reads_the_subscription_that_intake_wrote() -> None:
    document = {"_id": AGENCY, **SUBSCRIPTION.document()}

    assert Subscription.model_validate(document) == SUBSCRIPTION
    assert document.keys() - {"_id"} == Subscription.model_fields.keys()
    assert document["endpoints"][0].keys() == Endpoint.model_fields.keys()
    assert document["endpoints"][0]["secrets"] == ["whsec_new", "whsec_old"]
    assert document["endpoints"][0]["kind"] == "webhook"


def test_the_doctor_reads_the_lane_and_the_endpoint_that_others_wrote() -> None:
    lane = lane_document(LADDER.model_copy(update={"reason": "unreachable"}), AGENCY)
    facts = DatabaseFacts(
        version="8.0.4",
        replica_set="rs0",
        members=3,
        is_primary=True,
        majority=None,
        ahead=0.0,
        lanes=[{"_id": "id-main", **lane}],
        subscriptions=[{"_id": AGENCY, **SUBSCRIPTION.document()}],
    )

    (found,) = judge_endpoints(facts)

    assert found.what == f"endpoint dinas-pu of {AGENCY} is failing"
    assert found.value == f"2 failures since {START:%Y-%m-%d %H:%M}, unreachable"


def test_a_delivery_has_the_id_of_its_event_and_endpoint() -> None:
    assert delivery_id(UUID(EVENT), "id-main") == f"{EVENT}:id-main"


def names_in(document: type) -> set[str]:
    return set(document.__annotations__)
