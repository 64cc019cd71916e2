"""A report that lacks something, from triage to its institution by what its reporter adds."""

import json
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import pytest

from tests.journeys.conftest import Journey, NewJourney, bearer

pytestmark = [pytest.mark.connected, pytest.mark.timeout(300)]
Eventually = Callable[..., Awaitable[None]]


class Reporter:
    """Somebody with a tracking code and no API key."""

    def __init__(self, journey: Journey, told: dict[str, str]) -> None:
        self.journey = journey
        self.number = told["number"]
        self.code = {"Tracking-Code": told["tracking_code"]}

    async def view(self) -> Any:
        _, seen = await self.journey.call("GET", f"/v1/complaints/{self.number}", headers=self.code)
        return seen

    async def add(self, key: str, **what: object) -> tuple[int, Any]:
        return await self.journey.call(
            "POST",
            f"/v1/complaints/{self.number}/actions",
            body={"kind": "supplement", **what},
            headers=self.code | {"Idempotency-Key": key},
        )

    async def outcome(self, action: str) -> Any:
        return (await self.journey.call("GET", f"/v1/actions/{action}", headers=self.code))[1]

    def stands(self, status: str) -> Callable[[], Awaitable[bool]]:
        async def holds() -> bool:
            return bool((await self.view())["status"] == status)

        return holds


async def test_a_reporter_completes_a_report_in_triage_and_one_that_was_sent_back(
    new_journey: NewJourney, eventually: Eventually
) -> None:
    # Words alone decide here: how well the model reads is measured elsewhere.
    journey = await new_journey(env={"ROUTER_MODEL": ""})
    await journey.listen()
    _, told = await journey.call("POST", "/v1/complaints", body={"text": "Jalan rusak parah"})
    reporter = Reporter(journey, told)
    await eventually(reporter.stands("unverified"), "the complaint in triage")
    assert (await reporter.view())["questions"], "what is missing is asked"

    key, place = str(uuid4()), {"text": "Jalan Raya Serang, Cikupa"}
    words = "Jalan Raya Serang di depan pasar Cikupa, Kabupaten Tangerang. HP 081234567890."
    status, asked = await reporter.add(key, text=words, place=place)
    assert status == 202
    await eventually(reporter.stands("routed"), "the completed complaint at an institution")

    seen = await reporter.view()
    assert (seen["institution"], seen["questions"]) == ("kab-3603", [])
    assert [line["outcome"] for line in seen["timeline"]] == ["triaged", "routed"]
    assert (await reporter.outcome(asked["action_id"]))["status"] == "applied"

    assert (await reporter.add(key, text=words, place=place))[1] == asked
    _, late = await reporter.add(str(uuid4()), text="Sudah lama.")

    async def is_refused() -> bool:
        return bool((await reporter.outcome(late["action_id"]))["status"] == "refused")

    await eventually(is_refused, "the refusal of a supplement while the case is routed")

    def called(outcome: str) -> bool:
        calls = journey.receiver.sayings
        return any((c.place, c.outcome) == ("kab-3603", outcome) for c in calls)

    await eventually(lambda: called("routed"), "the webhook of the routed complaint")
    agency = bearer(await journey.key("agency", "kab", "kab-3603"))
    await journey.call(
        "POST",
        f"/v1/complaints/{reporter.number}/actions",
        body={"kind": "return_to_reporter", "text": "Sejak kapan?"},
        headers=agency,
    )
    await eventually(reporter.stands("postponed"), "the question to the reporter")
    await reporter.add(str(uuid4()), text="Sejak Januari.")
    await eventually(lambda: called("supplemented"), "the answer at the institution")
    assert (await reporter.view())["status"] == "routed"

    events = [
        json.loads(record.value or b"")
        for record in await journey.raw_records()
        if record.topic == "agency-kab-3603"
    ]
    assert [event["outcome"] for event in events] == ["routed", "returned", "supplemented"]
    assert events[0]["complaint"]["text"] == "Jalan rusak parah"
    assert events[0]["complaint"]["place"] == place
    assert events[0]["complaint"]["supplements"] == [words.replace("081234567890", "[telepon]")]
    assert events[2]["text"] == "Sejak Januari."
