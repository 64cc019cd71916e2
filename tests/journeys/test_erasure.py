"""A complaint with a name, words and answers that quote them, erased: nothing of it is left.

Only Kafka's older records hold words until their retention; everything that is written from then
on is looked through, wherever it is written.
"""

import asyncio
import json
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.router.deadlines.due_index import CLOCKS
from services.router.republishing.input_positions import POSITION
from shared.contracts.topics import EVENT
from shared.database.collections import (
    CASES,
    CONTACTS,
    DELIVERIES,
    ERASURES,
    FACTS,
    NEIGHBOURS,
    VAULT,
)
from shared.database.mongo import Mongo
from tests.journeys.conftest import Journey, NewJourney, bearer
from tests.journeys.test_restore import FORCE, salur, shown

pytestmark = [pytest.mark.connected, pytest.mark.timeout(400)]
Eventually = Callable[..., Awaitable[None]]
FIRST, SECOND = "kab-3603", "prov-36"
WORD = "zamrudan"  # in all that is written, by anybody
REPORTER = {"name": "Siti Kemuning", "email": "siti@kemuning.example", "phone": "081298765432"}
TRACES = (WORD, "kemuning", "Kemuning", "081298765432", "Gang Pandan")
FORM = {
    "title": f"Jalan {WORD} rusak",
    "text": f"Jalan rusak dan berlubang di depan rumah saya di Gang Pandan, warung {WORD}.",
    "place": {
        "text": f"Gang Pandan, warung {WORD}",
        "region_code": "36.03",
        "latitude": -6.2,
        "longitude": 106.4,
    },
    "category": "roads",
    "reporter": REPORTER,
}


def traces(value: object) -> list[str]:
    """Return the words of the complaint or its reporter that are in a value."""
    return [trace for trace in TRACES if trace in str(value)]


class Told:
    """The complaint, its callers, and everything that anybody keeps of it."""

    def __init__(self, journey: Journey, mongo: Mongo, answer: dict[str, Any]) -> None:
        self.journey = journey
        self.mongo = mongo
        self.answer = answer
        self.id, self.number = UUID(answer["complaint_id"]), answer["number"]
        self.code = {"Tracking-Code": answer["tracking_code"]}

    async def act(self, agency: str | None, **action: object) -> tuple[int, Any]:
        """Act as an institution, or as the reporter where that is None."""
        who = bearer(await self.journey.key("agency", f"of-{agency}", agency)) if agency else {}
        headers = (who or self.code) | {"Idempotency-Key": str(uuid4())}
        path = f"/v1/complaints/{self.number}/actions"
        return await self.journey.call("POST", path, body=action, headers=headers)

    async def case(self) -> dict[str, Any]:
        (found,) = await self.mongo.cases(CASES).find({"_id": self.id})
        return found

    def has(self, seq: int) -> Callable[[], Awaitable[bool]]:
        async def holds() -> bool:
            found = await self.mongo.cases(CASES).find({"_id": self.id})
            return bool(found) and found[0]["seq"] >= seq

        return holds

    async def kept(self) -> dict[str, list[dict[str, Any]]]:
        """Return what lies in each collection, of this complaint or at all."""
        private, cases = self.mongo.private, self.mongo.cases
        return {
            VAULT: await private(VAULT).find({}),
            CONTACTS: await private(CONTACTS).find({}),
            DELIVERIES: await private(DELIVERIES).find({}),
            ERASURES: await private(ERASURES).find({}),
            CASES: await cases(CASES).find({}),
            FACTS: await cases(FACTS).find({}),
            NEIGHBOURS: await cases(NEIGHBOURS).find({"reports.number": self.number}),
        }

    async def is_counted(self) -> bool:
        """Tell whether metrics has seen the last entry."""
        (fact,) = await self.mongo.cases(FACTS).find({"_id": self.id})
        return bool(fact["seq"] == (await self.case())["seq"])

    async def delivered(self) -> Counter[tuple[str, str]]:
        rows = await self.mongo.private(DELIVERIES).find({"state": "delivered"})
        told = ((row["agency"], json.loads(row["body"])["data"]["outcome"]) for row in rows)
        return Counter(told)

    async def league(self) -> dict[str, Any]:
        metrics = self.journey.stack.of("metrics")[0]
        status, text = await asyncio.to_thread(metrics.get, "/league?period=2000..2100")
        assert status == 200
        found: dict[str, Any] = json.loads(text)
        return {name: value for name, value in found.items() if name != "as_of"}


async def lived(told: Told, eventually: Eventually) -> None:
    """Let two institutions have it, and let everybody quote it."""
    await eventually(told.has(1), "the case")
    assert (await told.case())["institution"] == FIRST
    await told.act(FIRST, kind="return_to_reporter", text=f"Di mana warung {WORD}?")
    await eventually(told.has(2), "the question")
    await told.act(None, kind="supplement", text=f"Gang Pandan, {WORD}.", place={"text": WORD})
    await eventually(told.has(3), "the supplement")
    await told.act(FIRST, kind="follow_up", text=f"Petugas ke {WORD}, kata pelapor Gang Pandan.")
    await eventually(told.has(4), "the follow-up")
    await told.act(None, kind="reply", text=f"Belum ada petugas di {WORD}.")
    await told.act(FIRST, kind="transfer", institution=SECOND, text=f"Jalan {WORD} milik provinsi.")
    await eventually(told.has(6), "the transfer")
    await told.act(SECOND, kind="follow_up", text=f"Jalan {WORD} kami tinjau.")
    await eventually(told.has(7), "the second institution's follow-up")
    # Routed, returned, supplemented, followed up, replied, away; routed, followed up.
    await eventually(lambda: len(told.journey.receiver.sayings) >= 8, "eight webhooks")

    async def all_are_delivered() -> bool:
        return (await told.delivered()).total() == 8

    await eventually(all_are_delivered, "eight rows, all delivered")


async def ends(journey: Journey) -> Counter[tuple[str, int]]:
    """Return how many records each partition holds."""
    return Counter((record.topic, record.partition) for record in await journey.raw_records())


async def written_since(journey: Journey, before: Counter[tuple[str, int]]) -> list[Any]:
    """Return the records behind those that were there, in the order of their partitions."""
    seen: Counter[tuple[str, int]] = Counter()
    found = []
    for record in sorted(await journey.raw_records(), key=lambda record: record.offset):
        place = (record.topic, record.partition)
        seen[place] += 1
        if seen[place] > before[place]:
            found.append(record)
    return found


def logs_and_metrics(journey: Journey) -> str:
    """Return all that the services have logged, and what each shows to Prometheus."""
    folder: Path = journey.stack.options.folder
    logged = [(folder / f"{one.name}.log").read_text() for one in journey.stack.instances]
    return "".join([*logged, *(one.get("/metrics")[1] for one in journey.stack.instances)])


async def test_after_an_erasure_nothing_is_left_and_nothing_comes_back(
    new_journey: NewJourney, eventually: Eventually
) -> None:
    journey = await new_journey(env={"ROUTER_MODEL": "", "INTAKE_ERASURES_SECONDS": "0.3"})
    await journey.listen()
    metrics = journey.stack.of("metrics")[0]
    async with Mongo(journey.stack.mongo) as mongo:
        key = {"Idempotency-Key": str(uuid4())}
        status, answer = await journey.call("POST", "/v1/complaints", body=FORM, headers=key)
        assert status == 202, answer
        told = Told(journey, mongo, answer)
        await lived(told, eventually)
        held = f'salur_cases{{agency="{SECOND}",status="in_progress"}} 1'
        await eventually(lambda: held in shown(metrics), "the case in the counts")
        before, counts, league = await told.kept(), shown(metrics), await told.league()
        for name in (CASES, DELIVERIES):
            assert traces(before[name]), f"{name} holds no words before: the test shows nothing"
        assert before[VAULT], "the vault holds no row before: the test shows nothing"
        assert before[CONTACTS], "no contacts are kept before: the test shows nothing"
        assert not traces([before[VAULT], before[CONTACTS]])  # sealed
        assert before[NEIGHBOURS], "the router keeps no sketch: the test shows nothing"
        ended = await ends(journey)

        operator = await journey.key("operator", "tests")
        url = journey.stack.url("intake")
        code, view, words = await salur(
            journey,
            "erase",
            told.number,
            "--reason",
            "consent_withdrawn",
            "--wait",
            "60",
            "--url",
            url,
            "--key",
            operator,
        )

        assert (code, view["state"], view["waits_for"]) == (0, "fading", ["records"]), words
        assert view["institutions_told"] == [FIRST, SECOND]

        async def both_have_heard() -> bool:
            heard = await told.delivered()
            return heard[FIRST, "erased"] == heard[SECOND, "erased"] == 1

        await eventually(both_have_heard, "`erased` at both institutions")
        assert {c.place for c in journey.receiver.sayings if c.outcome == "erased"} == {
            FIRST,
            SECOND,
        }

        await check_nothing_is_left(told, before)
        await check_nothing_comes_back(told, key)
        assert not [r for r in await written_since(journey, ended) if traces(r.value)]
        assert not traces(await asyncio.to_thread(logs_and_metrics, journey))
        await eventually(lambda: shown(metrics) == counts, "the same counts as before")
        assert await told.league() == league
        assert (
            'salur_erasures{state="fading"} 1.0' in journey.stack.of("intake")[0].get("/metrics")[1]
        )

        await check_restored(told, eventually)


async def check_nothing_is_left(told: Told, before: dict[str, list[dict[str, Any]]]) -> None:
    kept = await told.kept()
    for name, documents in kept.items():
        assert not traces(documents), name
    assert kept[VAULT] == kept[CONTACTS] == []
    assert kept[NEIGHBOURS] == []
    (was,), (case,) = before[CASES], kept[CASES]
    state = ("status", "institution", "unit", "category", "received_at")
    assert [case[name] for name in state] == [was[name] for name in state]
    assert [e["outcome"] for e in case["history"]] == [
        *(e["outcome"] for e in was["history"]),
        "erased",
    ]
    (fact,), (counted,) = before[FACTS], kept[FACTS]
    assert {**counted, "seq": 0} == {**fact, "seq": 0}


async def check_nothing_comes_back(told: Told, key: dict[str, str]) -> None:
    """Repeat the submission, let its reporter write, and its institution act."""
    journey = told.journey
    status, again = await journey.call("POST", "/v1/complaints", body=FORM, headers=key)
    assert (status, again) == (202, told.answer)
    assert (await told.act(None, kind="reply", text=f"Warung {WORD}!"))[0] == 409
    path = f"/v1/complaints/{told.number}"
    _, seen = await journey.call("GET", path, headers=told.code)
    assert [line["outcome"] for line in seen["timeline"]][-1] == "erased"
    assert not traces(seen)
    assert (await told.kept())[VAULT] == []


async def check_restored(told: Told, eventually: Eventually) -> None:
    """Lose cases and facts, restore them, and let the router read on."""
    journey = told.journey
    await eventually(told.is_counted, "the fact of the last entry")
    stopped = [*journey.stack.of("router"), *journey.stack.of("metrics")]
    await asyncio.gather(*(asyncio.to_thread(one.stop) for one in stopped))
    kept = await told.kept()
    for name in (CASES, FACTS, NEIGHBOURS):
        await told.mongo.cases(name).delete({})

    code, report, words = await salur(journey, "restore", *FORCE)

    assert (code, report["undecodable"]) == (0, 0), words
    restored = await told.kept()
    without = {CLOCKS, POSITION}  # which no event tells
    for name in (CASES, FACTS):
        assert not traces(restored[name])
        (one,), (other,) = restored[name], kept[name]
        assert {k: one[k] for k in one.keys() - without} == {
            k: other[k] for k in other.keys() - without
        }
    ended = await ends(journey)
    for service in stopped:
        await asyncio.to_thread(service.start)
    # The first submission once more, as a group that lost its offsets would read it.
    first = min(
        (r for r in await journey.raw_records() if r.topic == "complaint-input"),
        key=lambda record: record.offset,
    )
    await journey.write("complaint-input", [(first.key, first.value, first.headers)])

    async def is_said_again() -> bool:
        new = [r for r in await written_since(journey, ended) if r.topic == EVENT]
        return len(new) >= len(restored[CASES][0]["history"])

    await eventually(is_said_again, "all entries said again")
    new = [r for r in await written_since(journey, ended) if r.topic != "complaint-input"]
    assert not [r for r in new if traces(r.value)]
    final = await told.kept()
    assert final[NEIGHBOURS] == []
    assert not traces(final)
