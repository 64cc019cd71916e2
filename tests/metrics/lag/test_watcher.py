"""The lag watcher: what it shows, and what it shows no more."""

from collections.abc import Awaitable, Callable

import pytest

from services.metrics.lag.watcher import MOST_FAILURES
from shared.errors import BrokerAway
from tests.metrics.lag.conftest import Bench
from tests.metrics.memory import FakeOffsets


async def test_every_partition_shows_its_lag_and_every_kind_of_topic_its_age() -> None:
    bench = Bench(FakeOffsets({"complaint-input": 2, "agency-kab-3603": 1}))
    bench.watcher.hold(True)

    await bench.watcher.look()

    assert bench.lag() == {
        ("router", "complaint-input", "0"): 6,
        ("router", "complaint-input", "1"): 6,
        ("notifier", "agency-kab-3603", "0"): 6,
    }
    assert bench.age() == {
        ("router", "complaint-input"): 3600 - 4 * 60,
        ("notifier", "agency-<code>"): 3600 - 4 * 60,
    }


async def test_a_group_that_never_began_shows_no_lag_where_it_may_be_left_out() -> None:
    bench = Bench(FakeOffsets({"complaint-event": 1}))
    bench.watcher.hold(True)

    await bench.watcher.look()
    assert ("notifier-reporters", "complaint-event", "0") in bench.lag()

    bench.offsets.committed = None  # type: ignore[union-attr]  # a fake's
    await bench.watcher.look()
    assert set(bench.lag()) == {("metrics", "complaint-event", "0")}


async def test_a_watch_handed_over_shows_nothing() -> None:
    bench = Bench(FakeOffsets({"complaint-input": 1}))
    bench.watcher.hold(True)
    await bench.watcher.look()

    bench.watcher.hold(False)
    assert bench.lag() == bench.age() == {}

    await bench.watcher.look()  # a round that was under way
    assert bench.lag() == bench.age() == {}


async def test_old_numbers_vanish_when_kafka_stays_away() -> None:
    offsets = FakeOffsets({"complaint-input": 1})
    bench = Bench(offsets)
    bench.watcher.hold(True)
    await bench.watcher.look()

    offsets.away = True
    for failures in range(MOST_FAILURES):
        assert len(bench.lag()) == 1, f"after {failures} failures"
        with pytest.raises(BrokerAway):
            await bench.watcher.look()
    assert bench.lag() == bench.age() == {}

    offsets.away = False
    await bench.watcher.look()
    assert len(bench.lag()) == 1


async def test_kafka_away_does_not_end_the_watch(
    eventually: Callable[..., Awaitable[None]],
) -> None:
    offsets = FakeOffsets({"complaint-input": 1})
    bench = Bench(offsets, lag_seconds=0.01)
    bench.watcher.hold(True)
    await bench.watcher.start()

    offsets.away = True
    await eventually(lambda: not bench.lag(), "nothing shown")
    assert bench.watcher.alive()
    offsets.away = False
    await eventually(lambda: bool(bench.lag()), "lag shown again")

    await bench.watcher.stop()
