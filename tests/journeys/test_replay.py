"""Scenarios through real services: small ones always, whole ones by `make prove`.

The league, the metrics and the direct count must say what the definition says, to the last digit.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from deploy.dev.replay.scenarios import NAMES
from tests.conftest import BROKER

pytestmark = pytest.mark.timeout(300)
ROOT = Path(__file__).parents[2]
# The smallest at which institutions still differ; the country's day has two complaints for each of
# 680 institutions at any scale.
SCALES = {
    "kepri-2022": "0.05",
    "tangerang-2021h1": "0.05",
    "tangerang-2018-2021": "0.05",
    "tangerang-units": "0.1",
    "covid-2020": "0.002",
    "nation-day": "0.01",
}


def replay(name: str, *more: str, timeout: float = 170) -> tuple[int, dict[str, Any]]:
    """Run the command; return its exit code and its JSON object."""
    command = [sys.executable, "-m", "deploy.cli", "replay", name, "--broker", BROKER, *more]
    ended = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=timeout, check=False
    )
    assert ended.returncode in (0, 1), ended.stderr[-3000:]
    result: dict[str, Any] = json.loads(ended.stdout.splitlines()[-1])
    return ended.returncode, result


def assert_exact(ended: tuple[int, dict[str, Any]]) -> None:
    code, result = ended
    wrong = [figure for figure in result["figures"] if not figure["ok"]]
    assert (code, wrong) == (0, [])
    assert all(figure["league"] == figure["direct"] for figure in result["figures"])
    assert any(figure["metrics"] == figure["expected"] for figure in result["figures"])


@pytest.mark.parametrize("name", NAMES)
def test_every_source_says_what_a_part_of_a_scenario_must_give(name: str) -> None:
    assert_exact(replay(name, "--scale", SCALES[name]))


@pytest.mark.parametrize("name", ["kepri-2022"])
def test_one_complaint_that_was_fed_otherwise_is_seen(name: str) -> None:
    code, result = replay(name, "--scale", "0.01", "--change-one")

    assert code == 1
    for source in ("league", "metrics", "direct"):
        assert any(figure[source] != figure["expected"] for figure in result["figures"])


@pytest.mark.prove
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("name", NAMES)
def test_every_source_says_what_a_whole_scenario_must_give(name: str) -> None:
    assert_exact(replay(name, timeout=3500))
