"""One trace from the HTTP request to the webhook, in a collector, through all four services."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from aiohttp import web

from deploy.operate.intake_client.client import IntakeClient
from deploy.processes import free_port
from shared.telemetry.tracing import TRACEPARENT, trace_of
from tests.journeys.collector import Collector, Seen
from tests.journeys.conftest import Journey, NewJourney

pytestmark = [pytest.mark.connected, pytest.mark.timeout(300)]
Eventually = Callable[..., Awaitable[None]]
KAB = "kab-3603"
SERVICES = {"salur-intake", "salur-router", "salur-notifier", "salur-metrics"}
CALLER, CALLERS_SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
PERSONAL = (b"berlubang", b"Ratna", b"ratna@", b"7777", b"besok", b"whsec_", b"/hook", b"Zulaikha")
HOSTILE = "00-4BF92F3577B34DA6A3CE929D0E0E4736-Zulaikha-01"


class Desk:
    """The institution's receiver, with the headers of what came."""

    def __init__(self) -> None:
        self.url = f"http://127.0.0.1:{free_port()}/hook"
        self.came: list[dict[str, str]] = []

    async def take(self, request: web.Request) -> web.Response:
        body = json.loads(await request.read())
        self.came.append(
            {"type": body["type"], **{k.lower(): v for k, v in request.headers.items()}}
        )
        return web.Response(status=204)

    def trace(self, outcome: str, trace: str) -> str | None:
        """Return the `traceparent` of a webhook about an outcome in a trace."""
        found = (one.get(TRACEPARENT, "") for one in self.came if f".{outcome}." in one["type"])
        return next((one for one in found if one[3:35] == trace), None)


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    desk = Desk()
    application = web.Application()
    application.router.add_post("/hook", desk.take)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", int(desk.url.split(":")[2].split("/")[0])).start()
    yield desk
    await runner.cleanup()


async def submit(journey: Journey, traceparent: str) -> dict[str, Any]:
    status, told = await journey.call(
        "POST",
        "/v1/complaints",
        body={
            "text": "Jalan di depan pasar berlubang, hubungi 0813-7777-1234.",
            "place": {"region_code": "36.03"},
            "reporter": {"name": "Ratna Wulandari", "email": "ratna@example.org"},
        },
        headers={TRACEPARENT: traceparent},
    )
    assert status == 202
    return dict(told)


async def test_one_trace_leads_from_the_request_to_the_webhook(
    new_journey: NewJourney, desk: Desk, eventually: Eventually
) -> None:
    async with Collector() as collector:
        env = {
            "SALUR_TRACING__ENDPOINT": collector.url,
            "SALUR_TRACING__SAMPLE": "1",
            "SALUR_LOG_LEVEL": "DEBUG",
        }
        journey = await new_journey(env=env, agencies=(KAB,))
        operator = await journey.key("operator", "tests")
        async with IntakeClient(journey.stack.url("intake"), operator) as client:
            await client.set_endpoint(KAB, desk.url)

        told = await submit(journey, f"00-{CALLER}-{CALLERS_SPAN}-01")
        chain = ["intake request", "router process", "notifier process", "notifier deliver"]
        await eventually(
            lambda: len(whole(collector, "intake request", *chain)) == 1,
            "the span of each stage, and that of the webhook",
        )
        (ours,) = whole(collector, "intake request")
        spans = {one.name: one for one in collector.of(ours)}
        assert {one.service for one in spans.values()} == SERVICES
        assert spans["intake request"].links == (CALLER,)
        assert lineage(spans, chain) == ["", *(spans[name].span for name in chain)]
        assert spans["metrics process"].parent == spans["router process"].span
        header = desk.trace("routed", ours)
        assert header == f"00-{ours}-{spans['notifier deliver'].span}-01"
        assert not collector.of(CALLER)
        assert all(CALLER not in one.get(TRACEPARENT, "") for one in desk.came)
        assert spans["router process"].attributes["salur.complaint"] == told["number"]
        assert spans["router process"].events == ("handled", "published")
        assert spans["intake request"].attributes == {
            "http.request.method": "POST",
            "http.route": "/v1/complaints",
            "http.response.status_code": "202",
        }

        await submit(journey, HOSTILE)
        follow_up = {"kind": "follow_up", "text": "Petugas datang besok."}
        value = json.dumps({"complaint_id": told["complaint_id"], "action": follow_up}).encode()
        await journey.write(f"agency-{KAB}-action", [(None, value, ())])
        await eventually(
            lambda: len(whole(collector, "intake request", *chain)) == 2,
            "a trace for the hostile header",
        )
        await eventually(
            lambda: len(whole(collector, "intake process")) == 1,
            "a trace of the institution's own record",
        )

        everything = collector.raw + repr(await journey.raw_records()).encode()
        assert b"Zulaikha" not in everything
        logs = [path.read_bytes() for path in journey.stack.options.folder.glob("*-1.log")]
        assert len(logs) == 4
        for secret in PERSONAL:
            assert not [log for log in logs if secret in log], secret
            assert secret not in collector.raw, secret
        lines = [json.loads(line) for log in logs for line in log.splitlines()]
        mine = [one for one in lines if one.get("complaint") == told["number"]]
        assert {one["service"] for one in mine if one.get("trace_id") == ours} == {
            name.removeprefix("salur-") for name in SERVICES
        }
        assert {one["instance"] for one in mine} == {one.name for one in journey.stack.instances}
        assert all(one["level"] == "DEBUG" for one in mine)  # nothing per complaint above it


def lineage(spans: dict[str, Seen], chain: list[str]) -> list[str]:
    """Return the parent of the first span, and the spans of a chain in which each has the next."""
    ids = [spans[chain[0]].parent]
    for name in chain:
        assert spans[name].parent == ids[-1], name
        ids.append(spans[name].span)
    return ids


def whole(collector: Collector, first: str, *between: str) -> list[str]:
    """Return the traces that begin with a span of this name and reach a webhook and metrics.

    Each service exports in its own time, so what lies between may come last.
    """
    begun = {one.trace for one in collector.spans if one.name == first}
    parts = {"notifier deliver", "metrics process", *between}
    return [trace for trace in begun if {one.name for one in collector.of(trace)} >= parts]


async def test_without_a_collector_no_trace_from_outside_is_carried_and_none_is_made(
    new_journey: NewJourney, desk: Desk, eventually: Eventually
) -> None:
    journey = await new_journey(agencies=(KAB,))
    operator = await journey.key("operator", "tests")
    async with IntakeClient(journey.stack.url("intake"), operator) as client:
        await client.set_endpoint(KAB, desk.url)

    await submit(journey, f"00-{CALLER}-{CALLERS_SPAN}-01")
    await submit(journey, HOSTILE)
    await eventually(lambda: len(desk.came) == 2, "both webhooks")

    assert [one.get(TRACEPARENT) for one in desk.came] == [None, None]
    assert [trace_of(record) for record in await journey.raw_records() if trace_of(record)] == []
