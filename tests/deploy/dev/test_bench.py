"""The bench: what it reads, what it tells, and one small run of it. No figure is judged."""

import asyncio
import io
import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence

import pytest
from rich.console import Console

from deploy.dev.bench.baseline import copied
from deploy.dev.bench.choice import choose, complaints_for
from deploy.dev.bench.cpu import cpu_ns, require_linux
from deploy.dev.bench.idle import resident_bytes
from deploy.dev.bench.measure import CostReading, Meter
from deploy.dev.bench.overload.connection import RawConnection, TimedReply
from deploy.dev.bench.overload.run import Overload
from deploy.dev.bench.report import BASELINE, STAGES, StageReading, figures, table
from deploy.operate.agencies.institutions import read_directory
from deploy.processes import PartFailed
from shared.contracts.topics import SERVICES

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="reads other processes' CPU time")
COMPLAINTS, INSTITUTIONS = 60, 5


def cost(cpu_us: float) -> CostReading:
    return CostReading(records=10, used={"intake-1": int(cpu_us * 10_000)}, seconds=2.0)


def readings(cpu_us: float = 1.0, bare: Sequence[float] = (1.0, 1.0)) -> dict[str, StageReading]:
    """Return readings that differ by stage; the first costs twice `cpu_us`, the last most."""
    stages = [stage for stage in STAGES if stage != BASELINE]
    loops = [cost(one) for one in bare]
    return {
        stage: StageReading(cost(cpu_us * place), loops)
        for place, stage in enumerate(stages, start=2)
    }


@on_linux
def test_cpu_time_is_what_the_process_itself_would_say() -> None:
    before = time.process_time_ns()
    read = cpu_ns(os.getpid())

    assert before <= read <= time.process_time_ns()


@on_linux
def test_cpu_time_of_another_process_grows_while_it_works() -> None:
    with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as busy:
        try:
            first, deadline = cpu_ns(busy.pid), time.monotonic() + 20
            while cpu_ns(busy.pid) < first + 10_000_000:
                assert time.monotonic() < deadline
        finally:
            busy.kill()


@on_linux
def test_a_process_that_has_ended_is_named() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        ended.wait()

    with pytest.raises(PartFailed, match=str(ended.pid)):
        cpu_ns(ended.pid)


@on_linux
def test_memory_is_what_the_process_holds() -> None:
    before = resident_bytes(os.getpid())
    held = b"x" * 50_000_000

    assert before + len(held) / 2 < resident_bytes(os.getpid()) < before + 2 * len(held)


def test_without_linux_it_says_so() -> None:
    with pytest.raises(PartFailed, match="only Linux"):
        require_linux("darwin")


def test_a_reading_is_per_record_and_per_second() -> None:
    reading = CostReading(200, {"intake-1": 600_000, "router-1": 400_000}, seconds=0.5)

    assert reading.cpu_us == 5.0
    assert reading.cpu_us_by_process == {"intake-1": 3.0, "router-1": 2.0}
    assert reading.per_second == 400.0


async def test_the_clock_stops_before_the_cpu_time() -> None:
    meter = Meter([])
    meter.stop_clock()
    stopped = meter.read(1).seconds

    assert meter.read(1).seconds == stopped


async def test_a_wait_without_progress_ends_by_name() -> None:
    async def three() -> int:
        return 3

    with pytest.raises(PartFailed, match="stalled at 3 of 4 webhooks"):
        await Meter([], patience=0.0).until(4, three, "webhooks")


def test_a_ratio_is_to_the_bare_loop_around_its_stage() -> None:
    found = figures([readings(bare=(1.0, 3.0))])

    assert (found["intake"]["ratio"], found["intake"]["cpu_us"]) == (1.0, 2.0)
    assert found["whole"]["ratio"] == len(STAGES) / 2
    assert (found["baseline"]["cpu_us"], found["baseline"]["drift"]) == (2.0, 3.0)


def test_a_drift_of_the_machine_leaves_the_ratios_alone() -> None:
    rounds = [readings(1.0, (1.0, 1.0)), readings(3.0, (3.0, 3.0))]

    found = figures(rounds)

    assert all(found[stage]["ratio_least"] == found[stage]["ratio_most"] for stage in rounds[0])
    assert found["baseline"]["drift"] == 3.0


def test_the_median_of_the_rounds_counts_and_their_spread_is_told() -> None:
    found = figures([readings(each) for each in (5.0, 1.0, 2.0)])["intake"]

    assert (found["cpu_us"], found["ratio"]) == (4.0, 4.0)
    assert (found["ratio_least"], found["ratio_most"]) == (2.0, 10.0)


def test_the_whole_path_tells_each_services_share() -> None:
    whole = CostReading(10, {"intake-1": 30_000, "metrics-1": 20_000}, seconds=1.0)

    found = figures([{**readings(), "whole": StageReading(whole, [cost(1.0)])}])["whole"]

    assert (found["intake_cpu_us"], found["metrics_cpu_us"], found["cpu_us"]) == (3.0, 2.0, 5.0)


def test_the_table_has_a_line_for_every_stage() -> None:
    text = io.StringIO()
    Console(file=text, width=100).print(table(figures([readings(123.4, (61.7,))])))

    lines = text.getvalue().splitlines()
    for stage in STAGES:
        assert any(stage in line for line in lines)
    assert any("baseline" in line and "61.7" in line and "drift 1.00" in line for line in lines)
    assert any("intake" in line and "246.8" in line and "4.0 to 4.0" in line for line in lines)


def test_few_institutions_hold_a_province_and_no_type_twice() -> None:
    chosen = list(choose(read_directory(), INSTITUTIONS).institutions.values())

    assert chosen[0].code.startswith("prov-")
    assert len({one.type for one in chosen}) == INSTITUTIONS


def test_all_institutions_take_part_where_more_are_asked_for() -> None:
    directory = read_directory()

    assert set(choose(directory, 10_000).institutions) == set(directory.institutions)


def test_the_two_feeds_share_no_complaint() -> None:
    first, second = complaints_for(choose(read_directory(), INSTITUTIONS), 20)

    assert (len(first), len(second)) == (20, 20)
    assert len({key for key, _ in [*first, *second]}) == 40


def test_the_bare_loop_copies_a_value_whole() -> None:
    value = {"title": "Jalan rusak", "place": {"latitude": -6.2}, "none": None}

    assert json.loads(copied(json.dumps(value).encode())) == value


@on_linux
def bench(*options: str) -> subprocess.CompletedProcess[str]:
    words = ["bench", "--institutions", str(INSTITUTIONS), *options]
    return subprocess.run(
        [sys.executable, "-m", "deploy.cli", *words],
        capture_output=True,
        text=True,
        check=False,
        timeout=350,
    )


@pytest.mark.prove
@pytest.mark.timeout(400)
def test_a_small_run_measures_every_stage() -> None:
    done = bench("--complaints", str(COMPLAINTS))

    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout.splitlines()[-1])
    assert (result["complaints"], result["institutions"]) == (COMPLAINTS, INSTITUTIONS)
    for stage in STAGES:
        assert stage in done.stderr
        assert all(result[stage][key] > 0 for key in ("cpu_us", "per_second", "ratio"))
    assert all(result["whole"][f"{service}_cpu_us"] > 0 for service in SERVICES)
    assert all(size > 0 for found in result["sizes"].values() for size in found.values())


@pytest.mark.prove
@pytest.mark.timeout(400)
@on_linux
def test_each_service_is_measured_at_rest() -> None:
    done = bench("--idle", "5")

    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])["idle"]
    assert set(found) == set(SERVICES)
    assert all(value > 0 for one in found.values() for value in one.values())


# Overload


def told(status: int, *milliseconds: float) -> list[TimedReply]:
    return [TimedReply(status, each / 1000) for each in milliseconds]


def test_goodput_is_told_beside_the_capacity_and_refusals_by_their_time() -> None:
    answers = told(202, *range(1, 101)) + told(503, *range(1, 201)) + told(0, 5)

    found = Overload(capacity=25.0, offered=50.0, told=answers, seconds=5.0, left=0).figures

    assert (found["goodput"], found["ratio"]) == (20.0, 0.8)
    assert (found["accepted_p99_ms"], found["refused_p50_ms"], found["refused_p99_ms"]) == (
        *(99.0, 100.0),
        198.0,
    )
    assert (found["refused"], found["other"]) == (200, 1)


async def test_a_wire_reads_each_answer_to_its_end() -> None:
    ended = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for answer in (b"HTTP/1.1 202 Accepted\r\ncontent-length: 4\r\n\r\nab", b"HTTP/1.1 503 No"):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(answer)
            await writer.drain()
            if b"202" in answer:
                writer.write(b"cd")
        writer.write(b"\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        await reader.read()
        writer.close()
        await writer.wait_closed()
        ended.set()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    wire = await RawConnection.open("127.0.0.1", server.sockets[0].getsockname()[1])

    answers = [await wire.ask(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n") for _ in range(2)]

    assert [answer.status for answer in answers] == [202, 503]
    wire.close()
    await ended.wait()
    server.close()
