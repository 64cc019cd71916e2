"""Whole runs: a system on three brokers, broken in seeded ways, keeps every promise."""

import json
import os
import secrets
import subprocess
import sys
from typing import Any

import pytest

from deploy.dev.chaos.oracle.sabotage import Sabotage

KEPT = ("lost", "doubled", "disordered", "misled", "leaked", "miscounted", "dead", "unanswered")
SEED = 6  # no clock of a notifier goes ahead: see the page


def chaos(*words: str | int) -> tuple[int, dict[str, Any], str]:
    """Run `salur chaos`; return its exit code, its result, and what it told a person."""
    argv = [sys.executable, "-m", "deploy.cli", "chaos", *map(str, words)]
    done = subprocess.run(argv, check=False, capture_output=True, text=True)
    said = done.stdout.strip().splitlines()
    assert said, done.stderr
    return done.returncode, json.loads(said[-1]), done.stderr


def assert_kept(result: dict[str, Any], runs: int, told: str) -> None:
    assert {name: result[name] for name in KEPT} == dict.fromkeys(KEPT, 0), told
    assert (result["runs"], result["passed"]) == (runs, runs), told
    assert result["sabotage_caught"] == len(Sabotage), told
    assert result["accepted"] > 0


@pytest.mark.apache
@pytest.mark.timeout(1200)
def test_eight_runs_break_no_promise() -> None:
    code, result, told = chaos("--runs", 8, "--seed", SEED, "--at-once", 4)

    assert_kept(result, 8, told)
    assert code == 0


@pytest.mark.prove
@pytest.mark.timeout(7200)
def test_sixty_runs_break_no_promise(capsys: pytest.CaptureFixture[str]) -> None:
    seed = int(os.environ.get("SALUR_TEST_SEED") or secrets.randbelow(1_000_000))
    with capsys.disabled():
        sys.stdout.write(f"\nSALUR_TEST_SEED={seed}\n")

    code, result, told = chaos("--runs", 60, "--seed", seed)

    assert_kept(result, 60, told)
    assert code == 0


@pytest.mark.prove
@pytest.mark.timeout(600)
@pytest.mark.parametrize("sabotage", Sabotage)
def test_a_record_that_is_tampered_with_ends_the_command_wrong(sabotage: Sabotage) -> None:
    code, result, told = chaos(
        "--runs", 1, "--seed", SEED, "--at-once", 1, "--only", "kill router", "--sabotage", sabotage
    )

    assert (code, result["passed"]) == (1, 1), told
    assert "and the oracle found it" in told
