"""Features that tell labels apart count for more, and the products stay each other's transpose."""

import numpy as np
import pytest

from deploy.model.training.contrast import Contrasted, contrast
from deploy.model.training.matrix import Matrix, learn_vocabulary

TEXTS = (("jalan", "rusak"), ("jalan", "lubang"), ("lampu", "jalan"), ("lampu", "padam")) * 5
MINE = np.array([[True, False], [True, False], [False, True], [False, True]] * 5)


@pytest.fixture
def matrix() -> Matrix:
    return Matrix(TEXTS, learn_vocabulary(TEXTS))


def test_a_word_of_one_label_counts_for_more_than_a_word_of_both(matrix: Matrix) -> None:
    scale = contrast(matrix, MINE)

    words = sorted({word for text in TEXTS for word in text})
    assert scale[words.index("lampu"), 1] > scale[words.index("jalan"), 1]
    assert scale[words.index("rusak"), 0] > 1 > scale[words.index("jalan"), 0] - 0.2


def test_the_bias_stays_as_it_is_and_every_scale_is_above_zero(matrix: Matrix) -> None:
    scale = contrast(matrix, MINE)

    assert scale.shape == (matrix.shape[1], 2)
    assert scale[-1].tolist() == [1, 1]
    assert scale.min() > 0.5


def test_a_label_without_texts_has_a_scale_too(matrix: Matrix) -> None:
    scale = contrast(matrix, np.zeros((len(TEXTS), 1), bool))

    assert np.isfinite(scale).all()
    assert scale.min() > 0.5


def test_back_is_the_transpose_of_scores(matrix: Matrix) -> None:
    random = np.random.default_rng(1)
    texts = Contrasted(matrix, contrast(matrix, MINE))
    weights = random.normal(size=(matrix.shape[1], 2)).astype(np.float32)
    scores = random.normal(size=(len(TEXTS), 2)).astype(np.float32)

    forth = np.sum(scores * texts.scores(weights))

    assert forth == pytest.approx(np.sum(weights * texts.back(scores)), rel=1e-3)
