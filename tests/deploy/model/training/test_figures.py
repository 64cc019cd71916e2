"""Figures of predictions, against values worked out by hand and by scikit-learn."""

import numpy as np
import pytest

from deploy.model.reporting.report import markdown
from deploy.model.training.figures import measure
from deploy.model.training.thresholds import decide
from services.router.domain.classifier.model import NEVER, Floats

LABELS = ("a", "b", "c", "d")


def sure(*rows: tuple[int, float]) -> Floats:
    """Return probabilities: the label at a place has the given one, the others share the rest."""
    found = np.array([[(1 - p) / 3] * 4 for _, p in rows], np.float32)
    for at, (place, p) in enumerate(rows):
        found[at, place] = p
    return found


def test_accuracy_and_macro_f1_are_those_of_scikit_learn() -> None:
    from sklearn.metrics import accuracy_score, f1_score

    random = np.random.default_rng(1)
    truth = [LABELS[at] for at in random.choice(4, 200, p=[0.6, 0.3, 0.08, 0.02])]
    probabilities = random.dirichlet(np.ones(3), 200).astype(np.float32)
    said = [LABELS[at] for at in probabilities.argmax(axis=1)]

    found = measure(truth, LABELS[:3], probabilities)

    assert found.accuracy == pytest.approx(accuracy_score(truth, said))
    assert found.macro_f1 == pytest.approx(f1_score(truth, said, average="macro", zero_division=0))


def test_coverage_is_the_largest_share_that_is_right_often_enough() -> None:
    rows = [(0, 0.9)] * 9 + [(1, 0.8)] + [(1, 0.7)] * 5
    truth = ["a"] * 9 + ["a"] + ["c"] * 5

    ninety, ninety_five = measure(truth, LABELS, sure(*rows)).coverage

    assert [ninety.share, ninety.threshold] == pytest.approx([10 / 15, 0.8])
    assert [ninety_five.share, ninety_five.threshold] == pytest.approx([9 / 15, 0.9])


def test_equal_confidences_are_covered_together_or_not_at_all() -> None:
    found = measure(["a", "a", "b", "b"], LABELS, sure(*[(0, 0.9)] * 4))

    assert all((one.share, one.threshold) == (0, None) for one in found.coverage)


def test_calibration_error_is_the_mean_gap_between_sure_and_right() -> None:
    found = measure(["a", "b"], LABELS, sure((0, 0.9), (0, 0.9)))

    assert found.ece == pytest.approx(0.4)
    assert [one.count for one in found.reliability] == [2]


def test_an_unknown_label_is_wrong_and_the_worst_come_first() -> None:
    found = measure(["a", "a", "new", "b"], LABELS, sure((0, 0.9), (0, 0.9), (1, 0.5), (1, 0.6)))

    assert found.accuracy == 0.75
    assert found.top3 == 0.75
    assert [one.label for one in found.worst] == ["new", "b", "a"]
    assert found.worst[0].taken_for == (("b", 1),)


def test_a_label_cannot_break_the_table() -> None:
    said = (["a|b\nc"], ("a|b\nc", "b"), np.array([[0.9, 0.1]], np.float32))

    text = markdown({}, measure(*said), decide(*said, thresholds=(0.5, NEVER)))

    assert "| a\\|b c | 1 |" in text
    assert "| a\\|b c | 0.500 | 1 | 100.0% | 100.0% |" in text
    assert "| b | never | 0 | - | - |" in text
