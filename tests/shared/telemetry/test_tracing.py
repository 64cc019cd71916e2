"""What is a valid `traceparent`, who decides what is written, and what a batch carries on."""

import socket
import subprocess
import sys
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from shared.errors import BrokerAway, Misconfigured
from shared.kafka.envelope import Outgoing
from shared.stage.batch_traces import TracedBatch
from shared.telemetry.trace_export import ExportedTracing
from shared.telemetry.tracing import (
    OFF,
    TRACEPARENT,
    TracingSettings,
    is_sampled,
    read_traceparent,
    trace_id,
    trace_of,
    traceparent_in,
    tracing_of,
)
from tests.support.builders import FakeRecord, complaint_id

ID, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
GIVEN = f"00-{ID}-{SPAN}-01"
KEY = str(complaint_id("one")).encode()


def carrying(trace: str | bytes | None, **changes: Any) -> FakeRecord:
    value = trace.encode() if isinstance(trace, str) else trace
    return FakeRecord(**({"key": KEY, "headers": ((TRACEPARENT, value),)} | changes))


def event(key: bytes = KEY, trace: str | None = None) -> Outgoing:
    return Outgoing(
        topic="complaint-event",
        key=key,
        value=b"{}",
        ce_id="1",
        ce_type="id.salur.case.routed.v1",
        ce_source="salur/test",
        ce_time=datetime(2026, 3, 2, tzinfo=UTC),
        trace=trace,
    )


# The header


@given(st.uuids(), st.integers(1, 2**64 - 1), st.integers(0, 255))
def test_what_the_standard_allows_is_taken_as_it_is(trace: Any, span: int, flags: int) -> None:
    text = f"00-{trace.hex}-{span:016x}-{flags:02x}"

    assert read_traceparent(text) == text
    assert (trace_id(text), is_sampled(text)) == (trace.hex, flags % 2 == 1)


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        f"{GIVEN}\n",
        f" {GIVEN}",
        f"{GIVEN}-more",
        GIVEN.upper(),
        f"ff-{ID}-{SPAN}-01",
        f"01-{ID}-{SPAN}-01",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{ID}-{'0' * 16}-01",
        f"00-{ID}-{SPAN}-1",
        f"00-{ID[:-1]}é-{SPAN}-01",
    ],
)
def test_anything_else_is_dropped(text: str | None) -> None:
    assert read_traceparent(text) is None


@given(st.text(max_size=60))
def test_no_text_raises(text: str) -> None:
    assert read_traceparent(text) in (None, text)


@pytest.mark.parametrize("value", [None, b"", b"\xff\xfe", GIVEN.encode() + b"\x00"])
def test_a_hostile_header_of_a_record_is_no_trace(value: bytes | None) -> None:
    assert trace_of(carrying(value)) is None


def test_a_header_is_found_among_others() -> None:
    assert trace_of(carrying(GIVEN)) == GIVEN
    assert trace_of(FakeRecord(headers=(("ce_id", b"1"),))) is None
    assert traceparent_in([(b"host", b"x"), (b"traceparent", GIVEN.encode())]) == GIVEN
    assert traceparent_in([(b"host", b"x")]) is None


def test_an_event_has_the_header_only_where_it_has_a_trace() -> None:
    assert dict(event(trace=GIVEN).headers)[TRACEPARENT] == GIVEN.encode()
    assert event().headers == event(trace=GIVEN).headers[:-1]


# Off


def test_off_passes_a_services_trace_on_and_makes_none() -> None:
    assert OFF.enter("request", GIVEN, kind="server").trace is None
    assert OFF.enter("request", "hostile", kind="server").trace is None
    assert OFF.span("work", GIVEN, kind="consumer").trace == GIVEN
    assert tracing_of("intake", TracingSettings(), instance="") is OFF


def test_off_imports_nothing_of_opentelemetrys_sdk() -> None:
    modules = [f"services.{name}.app" for name in ("intake", "router", "notifier", "metrics")]
    code = f"import sys, {', '.join(modules)}; print('opentelemetry.sdk' in sys.modules)"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "False"


def test_an_endpoint_without_the_extra_is_refused_with_the_way_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "shared.telemetry.trace_export", None)

    with pytest.raises(Misconfigured, match=r"salur\[tracing\]"):
        tracing_of("intake", TracingSettings(endpoint="http://collector:4318"), instance="")


@pytest.mark.parametrize("endpoint", ["collector:4318", "grpc://collector:4317", "http://"])
def test_an_endpoint_that_is_no_http_url_is_refused(endpoint: str) -> None:
    with pytest.raises(ValueError, match="http://collector:4318"):
        TracingSettings(endpoint=endpoint)


# On


class Traced:
    """Tracing that exports into memory."""

    def __init__(self, sample: float = 1.0) -> None:
        settings = TracingSettings(endpoint="http://127.0.0.1:9", sample=sample)
        self.tracing = ExportedTracing("test", "one", settings)
        self.exporter = InMemorySpanExporter()
        self.tracing._provider._active_span_processor._span_processors = (
            SimpleSpanProcessor(self.exporter),
        )

    @property
    def spans(self) -> list[Any]:
        return list(self.exporter.get_finished_spans())


@pytest.fixture
def traced() -> Traced:
    return Traced()


def test_a_trace_from_outside_is_linked_to_one_of_our_own(traced: Traced) -> None:
    spans = [
        traced.tracing.enter("request", text, kind="server") for text in (GIVEN, None, "hostile")
    ]
    for span in spans:
        span.end({})

    linked, *others = traced.spans
    assert [(one.context.trace_id, one.context.span_id) for one in linked.links] == [
        (int(ID, 16), int(SPAN, 16))
    ]
    assert [one.links for one in others] == [(), ()]
    assert all(one.parent is None for one in traced.spans)
    assert len({one.context.trace_id for one in traced.spans} | {int(ID, 16)}) == 4
    assert ID not in "".join(span.trace or "" for span in spans)


def test_chance_decides_and_no_caller_can(traced: Traced) -> None:
    never = Traced(sample=0.0)

    assert never.tracing.enter("request", GIVEN, kind="server").trace is None
    assert never.tracing.enter("request", None, kind="server").trace is None
    declined = traced.tracing.enter("request", f"{GIVEN[:-2]}00", kind="server").trace
    assert declined is not None
    assert is_sampled(declined)


def test_what_is_not_sampled_is_passed_on_unwritten(traced: Traced) -> None:
    unsampled = f"{GIVEN[:-2]}00"

    assert traced.tracing.span("work", unsampled, kind="consumer").trace == unsampled
    assert traced.tracing.span("work", None, kind="consumer").trace is None
    assert traced.spans == []


# A batch


def test_each_record_has_a_span_and_its_events_carry_it_on(traced: Traced) -> None:
    other = str(complaint_id("two")).encode()
    with TracedBatch(traced.tracing, "router") as batch:
        mine = batch.enter(carrying(GIVEN, offset=7))
        assert batch.enter(FakeRecord(key=other)) is None
        kept = event(trace=GIVEN)
        sent = batch.carry([event(), event(other), kept])
        batch.mark("published")

    (span,) = traced.spans
    assert [one.trace for one in sent] == [mine, None, GIVEN]
    assert sent[1] == event(other)  # what has no trace is sent as ever
    assert span.name == "router process"
    assert span.attributes["messaging.kafka.offset"] == 7
    assert len(span.attributes["salur.complaint"]) == 16
    assert [one.name for one in span.events] == ["published"]


def test_an_institutions_own_record_begins_a_trace_of_our_own(traced: Traced) -> None:
    with TracedBatch(traced.tracing, "intake") as batch:
        trace = batch.enter(carrying(GIVEN, topic="agency-kab-3603-action"))

    assert trace is not None
    assert trace_id(trace) != ID
    (span,) = traced.spans
    assert span.links[0].context.trace_id == int(ID, 16)


def test_an_error_ends_the_spans_with_its_name(traced: Traced) -> None:
    def fail() -> None:
        with TracedBatch(traced.tracing, "router") as batch:
            batch.enter(carrying(GIVEN))
            raise BrokerAway("a text that may hold anything")

    with pytest.raises(BrokerAway):
        fail()

    (span,) = traced.spans
    assert span.status.description == "BrokerAway"


def test_without_traces_a_batch_hands_events_on_as_they_are() -> None:
    events = [event()]
    with TracedBatch(OFF, "router") as batch:
        batch.enter(FakeRecord(key=KEY))

        assert batch.carry(events) is events


# A service's last seconds, with more spans than are written in any of them
ENDING = """
import asyncio, sys
from shared.telemetry.trace_export import ExportedTracing
from shared.telemetry.tracing import TracingSettings

async def end():
    settings = TracingSettings(endpoint=sys.argv[1], sample=1.0)
    tracing = ExportedTracing("test", "one", settings)
    for _ in range(2_500):
        tracing.enter("request", None, kind="server").end({})
    print("queued", flush=True)
    await tracing.stop()

asyncio.run(end())
"""


def test_a_collector_that_hangs_delays_the_end_of_the_process_by_5_seconds_at_most() -> None:
    with socket.create_server(("127.0.0.1", 0)) as collector:  # takes in, never answers
        collector.settimeout(1)
        url = f"http://127.0.0.1:{collector.getsockname()[1]}"
        argv = [sys.executable, "-c", ENDING, url]
        with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as process:
            try:
                assert process.stdout is not None
                assert process.stdout.readline() == "queued\n"
                assert process.wait(timeout=12) == 0  # to write all would take 25 s
            finally:
                process.kill()
        collector.accept()[0].close()  # and it did ask
