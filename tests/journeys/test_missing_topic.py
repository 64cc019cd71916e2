"""One institution without a topic: its complaints wait in triage, all others go through."""

import asyncio

import pytest

from tests.journeys.conftest import AGENCIES, REGIONS, NewJourney

# On the embedded broker a topic comes to exist by being asked for.
pytestmark = [pytest.mark.apache, pytest.mark.timeout(300)]
WITHOUT = "kab-1101"


async def test_an_institution_without_a_topic_stops_nobody_else(new_journey: NewJourney) -> None:
    provisioned = tuple(code for code in AGENCIES if code != WITHOUT)
    journey = await new_journey(agencies=provisioned)
    await journey.listen(provisioned)

    await journey.feed(350)
    verdict = await journey.arrives()

    to_nobody = [n for n in range(1, 351) if n % 7 == 0]
    to_it = [n for n in range(1, 351) if n % 7 and REGIONS[n % len(REGIONS)] == "11.01"]
    assert verdict.counts.triaged == len(to_nobody) + len(to_it)
    assert verdict.counts.routed == 350 - verdict.counts.triaged
    scrape = journey.stack.of("router")[0].get("/metrics")[1]
    assert f'salur_not_provisioned_total{{agency="{WITHOUT}"}} {len(to_it)}.0' in scrape


async def test_a_topic_that_is_deleted_in_the_middle_stops_nobody_either(
    new_journey: NewJourney,
) -> None:
    journey = await new_journey(
        env={"ROUTER_TOPICS_SECONDS": "3600", "SALUR_KAFKA__PUBLISH_TIMEOUT_MS": "3000"}
    )
    await journey.listen()
    await journey.feed(70)
    await journey.arrives()

    await journey.delete_topic(f"agency-{WITHOUT}")
    await journey.feed(70)

    # The second half of that institution's complaints: no record, hence triage.
    verdict = await journey.arrives()
    to_it = [n for n in range(71, 141) if n % 7 and REGIONS[n % len(REGIONS)] == "11.01"]
    to_nobody = [n for n in range(1, 141) if n % 7 == 0]
    assert verdict.counts.triaged == len(to_nobody) + len(to_it)
    await asyncio.to_thread(journey.stack.wait_ready)
