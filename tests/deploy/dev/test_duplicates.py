"""The measure of possible duplicates: its stream, its figures, its command."""

import json

import numpy as np
import pytest
from typer.testing import CliRunner

from deploy.cli.app import app
from deploy.dev.duplicates.measure import (
    LinkFigures,
    Pairs,
    best,
    by_words_alone,
    links,
    pairs_of,
    tuning_and_measuring,
)
from deploy.dev.duplicates.stream import SyntheticReport
from services.router.domain.duplicates.similarity import THRESHOLD

KEYS = 60


def told(event: int, street: str, text: str) -> SyntheticReport:
    return SyntheticReport("1", event, street, text)


def test_the_streams_are_the_same_every_time_and_share_no_text() -> None:
    first, second = tuning_and_measuring(12), tuning_and_measuring(12)
    texts = [{one.text for reports in half for one in reports} for half in first]

    assert first == second
    assert not texts[0] & texts[1]
    assert all(len({one.event for one in reports}) > 1 for half in first for reports in half)


def test_a_pair_is_made_of_two_reports_of_one_key() -> None:
    road, lamp = told(1, "a", "Jl. Anggrek rusak"), told(2, "a", "Jl. Anggrek gelap")
    pairs = pairs_of([[road, road, lamp], [road]])

    assert pairs.same_event.tolist() == [True, False, False]
    assert pairs.same_street.tolist() == [True, True, True]
    assert pairs.scores[0] == 1


def test_precision_and_recall_count_links_from_the_threshold_on() -> None:
    pairs = Pairs(
        scores=np.array([0.9, 0.5, 0.5, 0.4]),
        same_event=np.array([True, True, False, True]),
        same_street=np.array([True, True, True, False]),
    )

    found = links(pairs, 0.5)

    assert found.precision == pytest.approx(2 / 3)
    assert found.recall == pytest.approx(2 / 3)
    assert found.in_right_street == 1
    assert links(pairs, 0.95) == LinkFigures(0.95, 4, 3, 0, 0, 0)
    assert links(pairs, 0.95).f1 == 0


def test_the_threshold_in_use_is_the_best_of_the_tuning_half_and_holds_on_the_other() -> None:
    tuning, measuring = tuning_and_measuring()
    found = links(pairs_of(measuring))

    assert best(pairs_of(tuning)).threshold == THRESHOLD
    assert found.precision >= 0.75
    assert found.recall >= 0.77
    assert found.in_right_street >= 0.97


def test_words_alone_cannot_tell_two_events_apart() -> None:
    _, measuring = tuning_and_measuring(KEYS)

    assert best(pairs_of(measuring, by_words_alone)).f1 < 0.3


def test_the_command_ends_with_its_figures() -> None:
    result = CliRunner().invoke(app, ["measure-duplicates"])

    figures = json.loads(result.stdout.splitlines()[-1])
    assert result.exit_code == 0
    assert figures["measured"]["threshold"] == THRESHOLD
    assert figures["measured"]["precision"] == pytest.approx(
        figures["measured"]["right"] / figures["measured"]["linked"], abs=1e-4
    )
