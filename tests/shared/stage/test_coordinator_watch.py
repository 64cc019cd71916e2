"""A stage that does not hear from its group says so, holds nothing, and goes on afterwards."""

from collections.abc import AsyncIterator, Awaitable, Callable
from uuid import uuid4

import pytest
from aiokafka.admin import NewTopic

from shared.kafka.clients import create_admin
from shared.settings import KafkaSettings
from tests.conftest import BROKER
from tests.shared.conftest import Bench, Told
from tests.support.network_cut import Cut

pytestmark = pytest.mark.connected


@pytest.fixture
async def far(cut: Cut) -> AsyncIterator[Bench]:
    settings = KafkaSettings(
        bootstrap_servers=cut.url,
        idempotence=BROKER == "apache",
        session_timeout_ms=6_000,
        request_timeout_ms=2_000,
    )
    topic = f"far-{uuid4().hex[:8]}"
    async with cut:
        admin = create_admin(settings)
        await admin.start()
        await admin.create_topics([NewTopic(topic, 1, 1), NewTopic(f"{topic}-dlq", 1, 1)])
        await admin.close()
        bench = Bench(settings, topic)
        yield bench
        cut.heal()
        await bench.close()


async def test_a_stage_without_heartbeats_holds_nothing_and_tells_why_until_they_come_again(
    far: Bench, cut: Cut, eventually: Callable[..., Awaitable[None]]
) -> None:
    told = Told()
    stage = await far.start(told)
    await eventually(lambda: told.held == [1], "an assignment")
    assert stage.cut_off_reason is None

    cut.cut()
    await eventually(lambda: told.held == [1, 0], "nothing held")
    assert "no heartbeat" in (stage.cut_off_reason or "")
    age = far.telemetry.gauge("salur_stage_heartbeat_age_seconds").labels(far.group)
    assert age._value.get() >= 0.8 * 6

    cut.heal()
    await eventually(lambda: told.held[-1] == 1, "held again")
    assert stage.cut_off_reason is None
    await far.send(["good"])
    await eventually(lambda: told.seen == ["good"], "its work goes on")
