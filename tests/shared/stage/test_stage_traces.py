"""A stage carries each record's trace on, and says of a bad one where it lies, once."""

import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime

import pytest

from shared.kafka.envelope import Outgoing
from shared.stage.handler import DecodedRecord, HandlerResult
from tests.shared.conftest import Bench, Recorder

pytestmark = pytest.mark.connected
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
GIVEN = f"00-{TRACE}-00f067aa0ba902b7-01"
Eventually = Callable[..., Awaitable[None]]


class Echo(Recorder):
    """Publishes one event for each record, under its key."""

    def __init__(self, topic: str) -> None:
        super().__init__()
        self._topic = topic

    async def handle(self, batch: Sequence[DecodedRecord[str]]) -> HandlerResult:
        await super().handle(batch)
        return HandlerResult([self._event(item) for item in batch])

    def _event(self, item: DecodedRecord[str]) -> Outgoing:
        return Outgoing(
            topic=self._topic,
            key=item.record.key or b"",
            value=b"{}",
            ce_id=item.value,
            ce_type="id.salur.test.v1",
            ce_source="salur/test",
            ce_time=datetime(2026, 3, 2, tzinfo=UTC),
        )


def told_of(caplog: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    """Return the lines about dead letters."""
    return [one for one in caplog.records if "dead-letters" in one.getMessage()]


async def test_a_records_trace_is_on_its_events_and_on_its_dead_letter(
    bench: Bench, eventually: Eventually, caplog: pytest.LogCaptureFixture
) -> None:
    header = [("traceparent", GIVEN.encode())]
    await bench.send(["traced", "bad-traced"], headers=header)
    await bench.send(["plain", "traced-not"], headers=[("traceparent", b"hostile")])
    echo = Echo(f"{bench.group}-dlq")

    with caplog.at_level(logging.WARNING, "shared.stage.stage"):
        await bench.start(echo)

        async def all_out() -> bool:
            return len(await bench.dead()) == 4

        await eventually(all_out, "three events and a dead letter")
        await eventually(lambda: bool(told_of(caplog)), "the line about the dead letter")

    found = {one.get("ce_id", "letter"): one.get("traceparent") for one in await bench.dead()}
    assert found == {"traced": GIVEN, "letter": GIVEN, "plain": None, "traced-not": None}
    (line,) = told_of(caplog)
    told = vars(line)
    assert (told["topic"], told["offset"], told["reason"]) == (bench.topic, 1, "bad_text")
    assert told["trace_id"] == TRACE
    assert "begins with bad" not in caplog.text
