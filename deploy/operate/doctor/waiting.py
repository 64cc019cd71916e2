"""Judges what waits for a person: stages that have stopped, and endpoints that are not well."""

from collections.abc import Iterator, Mapping
from typing import Any

from deploy.operate.doctor.database import DatabaseFacts
from deploy.operate.doctor.findings import DoctorFinding, counted, fine, wrong
from services.notifier.domain.delivery.outcomes import DeliveryOutcome
from shared.contracts.deliveries import LaneState
from shared.runtime.tls import WAY_OUT
from shared.stage.halts import Halt

STAGES, ENDPOINTS = "stages", "endpoints"


def judge_stops(facts: DatabaseFacts) -> Iterator[DoctorFinding]:
    """Yield which stages wait for `salur resume`."""
    found = [
        _stopped(service, document) for service, some in facts.stops.items() for document in some
    ]
    yield from found
    if not found:
        yield fine(STAGES, "no stage has stopped")


def judge_endpoints(facts: DatabaseFacts) -> Iterator[DoctorFinding]:
    """Yield which endpoints are not well; of one that was replaced since, nothing."""
    names = {
        endpoint["endpoint_id"]: endpoint.get("name", "main")
        for document in facts.subscriptions
        for endpoint in document.get("endpoints", ())
    }
    found = [
        _unwell(lane, names.get(lane["_id"], ""))
        for lane in facts.lanes
        if lane["_id"] in names or not lane.get("agency")
    ]
    yield from found
    if not found:
        yield fine(ENDPOINTS, "all are well that were written to")


def _stopped(service: str, document: Mapping[str, Any]) -> DoctorFinding:
    parts = {key: value for key, value in document.items() if key != "_id"}
    stop = Halt(stage=service, **parts)
    return wrong(
        STAGES,
        f"{service} has stopped at {stop.topic}/{stop.partition}",
        f"offset {stop.offset}, {stop.failures} failures in a row ({stop.reason})",
        do=f"salur dead-letters list {service}; mend the cause; salur resume {service}",
    )


def _unwell(lane: Mapping[str, Any], name: str) -> DoctorFinding:
    agency, state = lane.get("agency") or "", lane["state"]
    what = f"endpoint {name} of {agency}" if agency else f"the way {lane['_id']}"
    since = lane.get("first_failure_at")
    value = counted(lane.get("failures", 0), "failure") + (
        f" since {since:%Y-%m-%d %H:%M}" if since else ""
    )
    reason = lane.get("reason") or ""
    if reason == DeliveryOutcome.UNTRUSTED:
        do = f"its certificate is not trusted: {WAY_OUT}"
        return wrong(ENDPOINTS, f"{what} is {state}", f"{value}, {reason}", do=do)
    value += f", {reason}" if reason else ""
    return wrong(ENDPOINTS, f"{what} is {state}", value, do=_remedy(agency, name, state))


def _remedy(agency: str, name: str, state: str) -> str:
    if not agency:
        return "look at the mail server or the SMS gateway, and at the notifier's log"
    if state == LaneState.DISABLED:
        return f"it said 410: salur endpoint set {agency} URL --name {name} --renew"
    return (
        f"the receiver of {agency} does not answer: have it mended, then"
        f" salur deliveries replay --agency {agency}"
    )
