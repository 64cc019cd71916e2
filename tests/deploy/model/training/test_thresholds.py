"""From which confidence on a label is accepted, on probabilities made by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deploy.model.training import thresholds as module
from deploy.model.training.thresholds import choose_thresholds, decide
from services.router.domain.classifier.model import NEVER, Floats

LABELS = ("a", "b", "c")


def said(*rows: tuple[str, float]) -> Floats:
    """Return probabilities: the named label has the given one, the others share the rest."""
    found = np.array([[(1 - p) / 2] * 3 for _, p in rows], np.float32)
    for at, (label, p) in enumerate(rows):
        found[at, LABELS.index(label)] = p
    return found


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Labels borrow nothing from each other."""
    monkeypatch.setattr(module, "BORROWED", 0)


@pytest.mark.usefixtures("alone")
@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
def test_a_threshold_is_the_smallest_at_which_19_of_20_are_right() -> None:
    rows = [("a", 0.9)] * 19 + [("a", 0.8), ("a", 0.7), ("b", 0.6)]
    truth = ["a"] * 19 + ["b", "b", "b"]

    assert choose_thresholds(truth, LABELS, said(*rows)) == pytest.approx((0.8, 0.6, NEVER))


@pytest.mark.usefixtures("alone")
def test_equal_confidences_are_accepted_together_or_not_at_all() -> None:
    rows = [("a", 0.9)] * 10 + [("b", 0.9), ("c", 0.9)]
    truth = ["a"] * 9 + ["b", "b", "a"]

    assert choose_thresholds(truth, LABELS, said(*rows)) == pytest.approx((NEVER, 0.9, NEVER))


def test_a_label_never_said_takes_the_threshold_of_all_together() -> None:
    rows = [("a", 0.9)] * 19 + [("a", 0.8), ("b", 0.7), ("b", 0.7)]
    truth = ["a"] * 19 + ["b", "c", "c"]

    found = choose_thresholds(truth, LABELS, said(*rows))

    assert found[2] == pytest.approx(0.8)


def test_few_texts_do_not_make_a_threshold_by_luck() -> None:
    rows = [("a", 0.9)] * 95 + [("a", 0.8)] * 10 + [("b", 0.55)] * 2
    truth = ["a"] * 95 + ["b"] * 10 + ["b"] * 2

    found = choose_thresholds(truth, LABELS, said(*rows))

    assert found[1] > 0.55  # right twice of twice, where all together are right too seldom


def test_a_label_that_is_often_wrong_is_never_accepted() -> None:
    rows = [("a", 0.9)] * 200 + [("b", 0.9)] * 40
    truth = ["a"] * 200 + ["b"] * 20 + ["c"] * 20

    found = choose_thresholds(truth, LABELS, said(*rows))

    assert found[0] < 1 < found[1]


def test_no_label_is_accepted_below_one_half() -> None:
    rows = [("a", 0.4)] * 200

    assert choose_thresholds(["a"] * 200, LABELS, said(*rows)) == (0.5, 0.5, 0.5)


def test_what_thresholds_decide_is_counted_by_label() -> None:
    rows = [("a", 0.9), ("a", 0.8), ("a", 0.5), ("b", 0.9), ("c", 0.9)]
    truth = ["a", "b", "a", "b", "unknown"]

    found = decide(truth, LABELS, said(*rows), thresholds=(0.8, NEVER, 0.9))

    assert (found.texts, found.share, found.precision) == (5, 3 / 5, 1 / 3)
    assert [(one.said, one.decided, one.right) for one in found.labels] == [
        (3, 2, 1),
        (1, 0, 0),
        (1, 1, 0),
    ]


def test_deciding_nothing_has_no_precision() -> None:
    found = decide(["a"], LABELS, said(("a", 0.9)), thresholds=(NEVER,) * 3)

    assert (found.share, found.precision) == (0, None)


@settings(max_examples=50, deadline=None)
@given(
    rows=st.lists(st.tuples(st.sampled_from(LABELS), st.floats(0.4, 1)), min_size=1, max_size=60),
    right=st.lists(st.booleans(), min_size=60, max_size=60),
)
def test_every_label_has_a_threshold_and_what_is_decided_reaches_it(
    rows: list[tuple[str, float]], right: list[bool]
) -> None:
    truth = [label if hit else "other" for (label, _), hit in zip(rows, right, strict=False)]
    probabilities = said(*rows)

    found = choose_thresholds(truth, LABELS, probabilities)
    decided = decide(truth, LABELS, probabilities, thresholds=found)

    assert all(0 < one <= NEVER for one in found)
    reaching = sum(np.float32(p) >= np.float32(found[LABELS.index(label)]) for label, p in rows)
    assert round(decided.share * len(rows)) == reaching
