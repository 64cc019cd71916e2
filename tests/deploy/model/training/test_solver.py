"""The solver finds what liblinear finds, and the matrix is what the classifier scores with."""

from collections.abc import Callable

import numpy as np
import pytest

from deploy.model.training.matrix import Matrix, learn_vocabulary
from deploy.model.training.solver import SvmProblem, solve
from services.router.domain.classifier.model import Floats, Model
from services.router.domain.classifier.predict import Classifier
from services.router.domain.classifier.tokenizer import words

Rows = Callable[..., list[tuple[str, str]]]


class Dense:
    """Texts as a plain matrix."""

    def __init__(self, values: Floats) -> None:
        self._values = values
        self.shape = values.shape

    def scores(self, weights: Floats) -> Floats:
        return np.asarray(self._values @ weights)

    def back(self, scores: Floats) -> Floats:
        return np.asarray(self._values.T @ scores)


@pytest.mark.parametrize("cost", [0.3, 3.0])
def test_the_objective_is_as_low_as_liblinear_finds_it(cost: float) -> None:
    from sklearn.svm import LinearSVC

    random = np.random.default_rng(1)
    values = random.normal(0, 0.3, (300, 20)).astype(np.float32)
    wanted = values @ random.normal(0, 1, (20, 3)) + random.normal(0, 0.5, (300, 3))
    truth = wanted.argmax(axis=1)
    signs = np.where(truth[:, None] == np.arange(3), 1, -1).astype(np.float32)

    ours = solve(SvmProblem(Dense(values), signs, np.full_like(signs, cost)))

    plain = LinearSVC(C=cost, fit_intercept=False, tol=1e-6, max_iter=100_000).fit(values, truth)
    best = objective(values, signs, plain.coef_.T, cost)
    assert np.all(objective(values, signs, ours, cost) <= best * 1.001)


def objective(values: Floats, signs: Floats, weights: Floats, cost: float) -> Floats:
    missing = np.maximum(1 - signs * (values @ weights), 0)
    return np.asarray(np.sum(weights**2, axis=0) / 2 + cost * np.sum(missing**2, axis=0))


def test_the_transposed_product_is_one(labelled: Rows) -> None:
    texts = [words(text) for text, _ in labelled(40)]
    matrix = Matrix(texts, learn_vocabulary(texts))
    random = np.random.default_rng(1)
    weights = random.normal(size=(matrix.shape[1], 2)).astype(np.float32)
    scores = random.normal(size=(40, 2)).astype(np.float32)

    forth = np.sum(matrix.scores(weights) * scores)
    back = np.sum(weights * matrix.back(scores))

    assert forth == pytest.approx(back, rel=1e-3)


def test_the_classifier_scores_as_the_matrix_it_was_trained_with(labelled: Rows) -> None:
    rows = labelled(60)
    vocabulary = learn_vocabulary([words(text) for text, _ in rows[:30]])
    texts = [text for text, _ in rows] + ["", "jalan jalan xyzzy"]
    matrix = Matrix([words(text) for text in texts], vocabulary)
    weights = np.random.default_rng(1).normal(size=(matrix.shape[1], 3)).astype(np.float32)
    found = matrix.learned(weights)

    model = Model(("a", "b", "c"), vocabulary, found, 1.0, 0.0, {}, (0.5,) * 3)

    scores = Classifier(model).scores(texts)

    assert np.abs(scores - matrix.scores(weights)).max() < 1e-4
