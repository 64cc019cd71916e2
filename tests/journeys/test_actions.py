"""A case from routing to rating, over HTTP and Kafka, with everything that makes no sense between.

Every sender reads what became of it: an institution on its topic and by HTTP, a reporter by HTTP.
"""

import json
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID, uuid4

import pytest

from deploy.dev.chaos.oracle.facts import Stream
from shared.contracts.identifiers import agency_record_id
from tests.journeys.conftest import Journey, NewJourney, bearer

pytestmark = [pytest.mark.connected, pytest.mark.timeout(300)]
Eventually = Callable[..., Awaitable[None]]
HOLDER, OTHER = "kab-3603", "prov-36"


class Desk:
    """An institution that acts by Kafka, and reads its topic and its list."""

    def __init__(self, journey: Journey, code: str, key: str) -> None:
        self.journey, self.code, self.headers = journey, code, bearer(key)

    async def write(self, complaint: object, name: str, **action: object) -> UUID:
        """Write to the action topic; return the id under which the record is known."""
        value = json.dumps({"complaint_id": str(complaint), "action": action}).encode()
        record = (str(complaint).encode(), value, [("ce_id", name.encode())])
        await self.journey.write(f"agency-{self.code}-action", [record])
        return agency_record_id(self.code, name)

    async def reads(self, action: UUID) -> tuple[object, object]:
        """Return status and code of an action, or of the problem."""
        _, seen = await self.journey.call("GET", f"/v1/actions/{action}", headers=self.headers)
        return seen.get("status"), seen.get("code")

    async def list(self) -> list[dict[str, Any]]:
        path = f"/v1/agencies/{self.code}/complaints"
        _, page = await self.journey.call("GET", path, headers=self.headers)
        items: list[dict[str, Any]] = page["items"]
        return items


async def desk(journey: Journey, code: str) -> Desk:
    return Desk(journey, code, await journey.key("agency", code, code))


async def test_every_sender_reads_what_became_of_its_action(
    new_journey: NewJourney, eventually: Eventually
) -> None:
    journey = await new_journey()
    holder, other = await desk(journey, HOLDER), await desk(journey, OTHER)
    report = {"text": "Jalan rusak parah di depan pasar.", "place": {"region_code": "36.03"}}
    _, told = await journey.call("POST", "/v1/complaints", body=report)
    case, code = told["complaint_id"], {"Tracking-Code": told["tracking_code"]}

    async def by_reporter(**action: object) -> Any:
        path = f"/v1/complaints/{told['number']}/actions"
        headers = code | {"Idempotency-Key": str(uuid4())}
        status, answer = await journey.call("POST", path, body=action, headers=headers)
        assert status == 202, answer
        return answer["action_id"]

    def becomes(desk: Desk, action: UUID, *expected: str | None) -> Callable[[], Awaitable[bool]]:
        async def holds() -> bool:
            return await desk.reads(action) == expected

        return holds

    async def is_listed() -> bool:
        return [row["number"] for row in await holder.list()] == [told["number"]]

    await eventually(is_listed, "the case in its institution's list")
    assert await other.list() == []

    done = await holder.write(case, "1", kind="follow_up", text="Petugas meninjau.")
    await eventually(becomes(holder, done, "applied", None), "the follow-up")
    await by_reporter(kind="reply", text="Belum ada petugas.")
    unit = await holder.write(case, "2", kind="assign_unit", unit="Dinas PU")
    await eventually(becomes(holder, unit, "applied", None), "the unit")

    foreign = await other.write(case, "1", kind="complete", text="Bukan kami, tapi selesai.")
    await eventually(becomes(other, foreign, "refused", "not_holder"), "the foreign action")
    assert await holder.reads(foreign) == (404, "not_found")

    final = await holder.write(case, "3", kind="complete", text="Sudah ditambal.")
    await holder.write(case, "3", kind="complete", text="Sudah ditambal.")
    late = await holder.write(case, "4", kind="follow_up", text="Sekali lagi.")
    await eventually(becomes(holder, late, "refused", "wrong_status"), "the late follow-up")
    assert await holder.reads(final) == ("applied", None)

    await by_reporter(kind="rate", rating=2)
    await by_reporter(kind="reopen", text="Berlubang lagi.")
    again = await holder.write(case, "5", kind="complete", text="Ditambal lagi.")
    await eventually(becomes(holder, again, "applied", None), "the second answer")
    # A case is written before its events are sent, and the next one is intake's own.
    await eventually(lambda: answers(journey) == 2, "the event of the second answer")
    nobody = uuid4()
    await holder.write(nobody, "6", kind="follow_up", text="Tidak ada.")

    heard: list[tuple[str, str | None]] = []

    async def hears_all() -> bool:
        heard[:] = [
            (event["outcome"], (event.get("refusal") or {}).get("code"))
            for event in await events_of(journey, HOLDER)
        ]
        return ("refused", "unknown_complaint") in heard

    await eventually(hears_all, "the refusal for an unknown complaint")
    assert heard == [
        ("routed", None),
        ("followed_up", None),
        ("replied", None),
        ("assigned", None),
        ("completed", None),
        ("refused", "wrong_status"),
        ("rated", None),
        ("reopened", None),
        ("completed", None),
        ("refused", "unknown_complaint"),
    ]
    (foreign_news,) = await events_of(journey, OTHER)
    assert foreign_news["refusal"]["code"] == "not_holder"
    assert "complaint" not in foreign_news
    (row,) = await holder.list()
    assert (row["status"], row["unit"]) == ("completed", "Dinas PU")


def answers(journey: Journey) -> int:
    """Return how often the institution has heard that the case is completed."""
    records = journey.observer.on(Stream.AGENCY)
    heard = {one.ident for one in records if (one.place, one.outcome) == (HOLDER, "completed")}
    return len(heard)


async def events_of(journey: Journey, code: str) -> list[dict[str, Any]]:
    """Return what an institution has heard, each event once."""
    found: dict[str, dict[str, Any]] = {}
    for record in await journey.raw_records():
        if record.topic == f"agency-{code}":
            headers = dict(record.headers)
            found.setdefault(str(headers["ce_id"]), json.loads(record.value or b""))
    return list(found.values())
