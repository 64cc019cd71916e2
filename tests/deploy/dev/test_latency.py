"""How long a complaint takes: from when it was due, by percentiles. No figure is judged."""

import json
import subprocess
import sys

import pytest

from deploy.dev.bench.latency.timeline import ACCEPTED, NOTIFIED, ROUTED, Timeline
from tests.shared.conftest import Ticks


def test_the_wait_begins_when_a_complaint_was_due_not_when_it_was_sent() -> None:
    ticks = Ticks()
    timeline = Timeline(now=ticks)
    ticks.now += 2.0  # the sender itself was held up

    timeline.accepted("1", due=100.5)

    assert timeline.figures[ACCEPTED]["most"] == 1500.0


def test_what_comes_twice_counts_when_it_came_first() -> None:
    ticks = Ticks()
    timeline = Timeline(now=ticks)
    timeline.accepted("1", due=ticks.now)
    for _ in range(2):
        ticks.now += 1.0
        timeline.note(NOTIFIED, "1")

    assert timeline.figures[NOTIFIED] == {"complaints": 1} | dict.fromkeys(
        ("p50", "p90", "p99", "p999", "most"), 1000.0
    )


def test_percentiles_are_of_all_complaints_seen_there() -> None:
    ticks = Ticks()
    timeline = Timeline(now=ticks)
    for number in range(1, 101):
        timeline.accepted(str(number), due=ticks.now)
    for number in range(1, 101):
        ticks.now = 100.0 + number / 1000
        timeline.note(ROUTED, str(number))

    found = timeline.figures[ROUTED]
    assert (found["p50"], found["p90"], found["p99"], found["most"]) == (50.0, 90.0, 99.0, 100.0)


@pytest.mark.prove
@pytest.mark.timeout(400)
def test_a_small_run_tells_all_places() -> None:
    words = ["bench", "--rate", "20", "--complaints", "60", "--institutions", "5"]
    done = subprocess.run(
        [sys.executable, "-m", "deploy.cli", *words],
        capture_output=True,
        text=True,
        check=False,
        timeout=350,
    )

    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])["milliseconds"]
    assert found.keys() == {ACCEPTED, ROUTED, NOTIFIED}
    assert found[ACCEPTED]["complaints"] == found[ROUTED]["complaints"] == 60
    assert all(one["p50"] <= one["p99"] <= one["most"] for one in found.values())
