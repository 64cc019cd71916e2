"""One complaint, from the citizen to the institution, its answer and the counts."""

import json
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import pytest

from tests.journeys.conftest import Journey, bearer

pytestmark = [pytest.mark.connected, pytest.mark.timeout(300)]
Eventually = Callable[..., Awaitable[None]]


async def test_a_complaint_reaches_its_institution_is_answered_and_counted(
    journey: Journey, eventually: Eventually
) -> None:
    agency = await journey.key("agency", "kab", "kab-3603")
    status, told = await journey.call(
        "POST",
        "/v1/complaints",
        body={"text": "Jalan di depan pasar rusak.", "place": {"region_code": "36.03"}},
    )
    assert status == 202
    number, complaint_id = told["number"], told["complaint_id"]
    tracking = {"Tracking-Code": told["tracking_code"]}

    def called(outcome: str, of: str = "kab-3603") -> bool:
        calls = journey.receiver.sayings
        return any((c.place, c.number, c.outcome) == (of, number, outcome) for c in calls)

    await eventually(lambda: called("routed"), "the webhook of the new complaint")

    follow_up = {"kind": "follow_up", "text": "Petugas datang besok."}
    await journey.write(
        "agency-kab-3603-action",
        [(None, json.dumps({"complaint_id": complaint_id, "action": follow_up}).encode(), ())],
    )
    await eventually(lambda: called("followed_up"), "the follow-up written to the action topic")

    status, asked = await journey.call(
        "POST",
        f"/v1/complaints/{number}/actions",
        body={"kind": "transfer", "institution": "prov-36", "text": "Jalan provinsi."},
        headers=bearer(agency),
    )
    assert status == 202
    await eventually(lambda: called("routed", "prov-36"), "the transfer at the new institution")
    await eventually(lambda: called("transferred_away"), "the transfer at the old institution")

    status, late = await journey.call(
        "POST",
        f"/v1/complaints/{number}/actions",
        body={"kind": "complete", "text": "Selesai."},
        headers=bearer(agency),
    )
    assert status == 202
    await eventually(lambda: called("refused"), "the refusal at the former institution")

    first = await journey.call("GET", f"/v1/actions/{asked['action_id']}", headers=bearer(agency))
    second = await journey.call("GET", f"/v1/actions/{late['action_id']}", headers=bearer(agency))
    assert first[1]["status"] == "applied"
    assert (second[1]["status"], second[1]["code"]) == ("refused", "not_holder")

    _, seen = await journey.call("GET", f"/v1/complaints/{number}", headers=tracking)
    assert seen["status"] == "routed"
    assert [entry["seq"] for entry in seen["timeline"]][:3] == [1, 2, 3]

    def line() -> str:
        scrape: str = journey.stack.of("metrics")[0].get("/metrics")[1]
        return next((x for x in scrape.splitlines() if 'prov-36",status="routed"' in x), "")

    await eventually(lambda: line().endswith((" 1", " 1.0")), "the count of the new institution")


async def test_an_officer_routes_what_the_router_did_not_know(
    journey: Journey, eventually: Eventually
) -> None:
    officer = bearer(await journey.key("officer", "triage"))
    _, told = await journey.call("POST", "/v1/complaints", body={"text": "Mohon bantuannya."})
    path = f"/v1/complaints/{told['number']}"

    async def status() -> Any:
        return (await journey.call("GET", path, headers=officer))[1].get("status")

    async def in_triage() -> bool:
        return bool(await status() == "unverified")

    await eventually(in_triage, "the complaint in triage")
    await journey.call(
        "POST", f"{path}/actions", body={"kind": "route", "institution": "kem-015"}, headers=officer
    )

    def told_kem() -> bool:
        return any(call.place == "kem-015" for call in journey.receiver.sayings)

    await eventually(told_kem, "the webhook of the institution the officer chose")


async def test_what_is_personal_reaches_no_topic_no_log_and_no_metric(
    journey: Journey, eventually: Eventually
) -> None:
    marks = {
        "name": "Zulaikha Pertiwi Rahayu",
        "phone": "0813-7777-1234",
        "email": "zulaikha@example.org",
    }
    texts = {"nik": "3603 1234 5678 9012", "typed": "0812 3456 7890", "mail": "x.y@example.net"}
    codes = []
    for anonymous in (True, False):
        _, told = await journey.call(
            "POST",
            "/v1/complaints",
            body={
                "title": f"Hubungi {texts['typed']}",
                "text": f"NIK saya {texts['nik']}, surel {texts['mail']}, jalan rusak.",
                "place": {"region_code": "36.03", "text": f"Dekat warung {texts['typed']}"},
                "anonymous": anonymous,
                "reporter": marks,
            },
            headers={"Idempotency-Key": str(uuid4())},
        )
        codes.append(told["tracking_code"])
    await eventually(lambda: len(journey.receiver.sayings) == 2, "both webhooks")
    await eventually(lambda: journey.counted() == 2, "both counted")

    places = await everything_outside_the_database(journey)

    secrets = [*marks.values(), *texts.values(), *codes]
    secrets += [text.replace(" ", "").replace("-", "") for text in secrets]
    assert len(places) >= 10
    for where, content in places.items():
        assert not [secret for secret in secrets if secret.encode() in content], where


async def everything_outside_the_database(journey: Journey) -> dict[str, bytes]:
    """Return the raw bytes of every topic, log and scrape of the system."""
    found = {path.name: path.read_bytes() for path in journey.stack.options.folder.glob("*.log")}
    for instance in journey.stack.instances:
        found[f"{instance.name}/metrics"] = instance.get("/metrics")[1].encode()
    records = await journey.raw_records()
    for topic in {record.topic for record in records}:
        found[topic] = b"\n".join(
            (record.key or b"") + (record.value or b"") + repr(list(record.headers)).encode()
            for record in records
            if record.topic == topic
        )
    assert {"complaint-input", "complaint-event", "agency-kab-3603"} <= set(found)
    return found
