"""The machine knows what to do with few labels, and the classifier scores as the matrix does."""

from collections.abc import Callable

import numpy as np
import pytest
from scipy import sparse

from deploy.model.training.linear_svm import Settings, fit_linear_svm
from deploy.model.training.matrix import Matrix, learn_vocabulary
from services.router.domain.classifier.model import Floats, Model
from services.router.domain.classifier.predict import Classifier
from services.router.domain.classifier.tokenizer import words

Rows = Callable[..., list[tuple[str, str]]]
PLAIN = Settings(cost=1.0, balance=0.0)


def scores_of(truth: list[int], labels: int, settings: Settings = PLAIN) -> Floats:
    """Return the scores of texts that each hold one word, their label's own."""
    words = np.eye(labels)[truth]
    features = sparse.csr_matrix(np.column_stack([words, np.ones(len(truth))]))
    found = fit_linear_svm(features, np.array(truth), labels=labels, settings=settings)
    return np.asarray(features @ found)


@pytest.mark.parametrize(
    ("truth", "labels"), [([0, 1, 2] * 5, 3), ([0, 1] * 5, 2), ([0, 2] * 5, 3), ([1] * 5, 2)]
)
def test_a_text_scores_highest_for_its_own_label_also_where_others_have_no_rows(
    truth: list[int], labels: int
) -> None:
    found = scores_of(truth, labels)

    assert found.argmax(axis=1).tolist() == truth
    without = sorted({*range(labels)} - {*truth})
    assert np.all(found[:, without] == -1)


def test_balance_makes_a_rare_label_count_for_more() -> None:
    truth = [0] * 40 + [1] * 30 + [2]

    even, balanced = (
        scores_of(truth, 3, Settings(cost=0.1, balance=balance)) for balance in (0.0, 1.0)
    )

    assert balanced[-1, 2] > even[-1, 2]


def test_the_classifier_scores_as_the_matrix_it_was_trained_with(labelled: Rows) -> None:
    rows = labelled(60)
    vocabulary = learn_vocabulary([words(text) for text, _ in rows[:30]])
    texts = [text for text, _ in rows] + ["", "jalan jalan xyzzy"]
    matrix = Matrix([words(text) for text in texts], vocabulary)
    size = matrix.features.shape[1]
    weights = np.random.default_rng(1).normal(size=(size, 3)).astype(np.float32)
    found = matrix.learned(weights)

    model = Model(("a", "b", "c"), vocabulary, found, 1.0, 0.0, {}, (0.5,) * 3)

    scores = Classifier(model).scores(texts)

    assert np.abs(scores - matrix.scores(weights)).max() < 1e-4
