"""Events as institutions hear them, the records that hold them, and who is told."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from services.notifier.domain.delivery.deliveries import Delivery, Notice, delivery_of, source_of
from shared.contracts.case import Channel, Place, ReportType, Status
from shared.contracts.events import (
    ENDPOINT_TEST,
    AgencyComplaint,
    AgencyEvent,
    AgencyOutcome,
    EndpointTest,
    agency_event_type,
)
from shared.contracts.identifiers import complaint_number, event_id
from shared.contracts.subscriptions import Endpoint, Subscription
from shared.contracts.topics import agency_topic
from shared.kafka.envelope import Outgoing
from tests.support.builders import START, FakeRecord, complaint_id

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
KAB = "kab-3603"

ROW = Delivery(
    delivery_id="one:e",
    ce_id="one",
    endpoint_id="e",
    agency="kab-1",
    complaint_id=complaint_id("one"),
    seq=1,
    source="agency-kab-1/0",
    offset=0,
    created=START,
    due=START,
    body='{"type":"é"}',
)


def agency_event(name: str = "one", seq: int = 1, agency: str = KAB) -> AgencyEvent:
    """Return what an institution hears of a complaint."""
    identifier = complaint_id(name)
    return AgencyEvent(
        complaint_id=identifier,
        number=complaint_number(identifier),
        agency=agency,
        seq=seq,
        outcome=AgencyOutcome.ROUTED if seq == 1 else AgencyOutcome.FOLLOWED_UP,
        at=START,
        status=Status.ROUTED,
        complaint=AgencyComplaint(
            type=ReportType.COMPLAINT,
            title="Jalan rusak",
            text='Jalan "utama" berlubang — sejak hujan.',
            place=Place(),
            channel=Channel.WEB,
            anonymous=True,
            secret=False,
            received_at=START,
        ),
    )


def agency_record(event: AgencyEvent, offset: int = 0, **changes: Any) -> FakeRecord:
    """Return the event as the router publishes it."""
    topic = agency_topic(event.agency)
    ce_id = event_id(event.complaint_id, event.seq, topic)
    values: dict[str, Any] = {
        "topic": topic,
        "offset": offset,
        "key": str(event.complaint_id).encode(),
        "value": event.model_dump_json(exclude_none=True).encode(),
        "headers": (
            ("ce_type", agency_event_type(event.outcome).encode()),
            ("ce_id", str(ce_id).encode()),
            ("ce_time", event.at.isoformat().encode()),
        ),
    }
    return FakeRecord(**(values | changes))


def outgoing(record: FakeRecord) -> Outgoing:
    """Return what a publisher sends so that a record comes out like this one."""
    attributes = {name: (value or b"").decode() for name, value in record.headers}
    return Outgoing(
        topic=record.topic,
        key=record.key or b"",
        value=record.value or b"",
        ce_id=attributes["ce_id"],
        ce_type=attributes["ce_type"],
        ce_source="test",
        ce_time=datetime.fromisoformat(attributes["ce_time"]),
    )


def delivery(event: AgencyEvent, endpoint_id: str, **changes: Any) -> Delivery:
    """Return the row that tells an endpoint of an event."""
    topic = agency_topic(event.agency)
    notice = Notice(
        event=event,
        ce_id=event_id(event.complaint_id, event.seq, topic),
        ce_type=agency_event_type(event.outcome),
        ce_time=event.at.isoformat(),
        source=source_of(topic, 0),
        offset=event.seq,
        text=event.model_dump_json(exclude_none=True),
    )
    row = delivery_of(notice, endpoint(event.agency, endpoint_id=endpoint_id), START)
    return replace(row, **changes)


def request_for_a_test(agency: str, endpoint_id: str) -> FakeRecord:
    """Return what intake publishes when an institution asks for a test message."""
    asked = EndpointTest(agency=agency, endpoint_id=endpoint_id, at=START)
    headers = (
        ("ce_type", ENDPOINT_TEST.encode()),
        ("ce_id", b"6f1c1a52-0000-4000-8000-000000000001"),
        ("ce_time", START.isoformat().encode()),
    )
    value = asked.model_dump_json().encode()
    return agency_record(agency_event(agency=agency), value=value, headers=headers)


def endpoint(agency: str = KAB, url: str = "http://127.0.0.1:1/hook", **changes: Any) -> Endpoint:
    """Return an institution's endpoint."""
    values = {"endpoint_id": f"of-{agency}", "agency": agency, "url": url, "secrets": [SECRET]}
    return Endpoint.model_validate(values | changes)


def subscription(agency: str, *urls: str) -> dict[str, Any]:
    """Return the document that intake keeps of an institution with a webhook at each URL."""
    endpoints = [
        endpoint(agency, url, endpoint_id=f"of-{agency}" + (f"-{place}" if place else ""))
        for place, url in enumerate(urls)
    ]
    kept = Subscription(agency=agency, version=1, endpoints=tuple(endpoints))
    return {"_id": agency, **kept.document()}
