"""Predictions from a model small enough to work out by hand."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.router.domain.classifier import predict
from services.router.domain.classifier.model import Model
from services.router.domain.classifier.predict import Classifier

TEXTS = st.lists(st.text("jalan rusk ipmtid12.", max_size=40), max_size=20)


def label_of(model: Model, text: str) -> str:
    return model.labels[int(Classifier(model).scores([text]).argmax())]


def test_words_decide(model: Model) -> None:
    assert label_of(model, "jln rusak") == "road"
    assert label_of(model, "lampu mati") == "light"


def test_a_known_pair_counts_beside_its_words(model: Model) -> None:
    together, apart = Classifier(model).scores(["jalan mati", "mati jalan"])

    assert together[1] > apart[1]


def test_a_word_never_seen_is_read_by_its_pieces(model: Model) -> None:
    assert label_of(model, "lampunya") == "light"


def test_scores_are_those_worked_out_by_hand(model: Model) -> None:
    found = Classifier(model).scores(["rusak rusak"])[0]

    # A text of one word, however often, has that word's vector scaled to length one.
    assert found == pytest.approx(model.weights.words[2] / 1.2 + model.weights.bias)


def test_a_text_without_words_has_the_bias_alone(model: Model) -> None:
    found = Classifier(model).scores(["jalan", "", "...", "lampu"])

    assert found[1] == pytest.approx(model.weights.bias)
    assert found[2] == pytest.approx(model.weights.bias)


def test_no_texts_have_no_predictions(model: Model) -> None:
    assert Classifier(model).probabilities([]).shape == (0, 2)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=TEXTS)
def test_probabilities_sum_to_one_and_do_not_depend_on_the_batch(
    model: Model, texts: list[str]
) -> None:
    classifier = Classifier(model)
    together = classifier.probabilities(texts)

    for text, row in zip(texts, together, strict=True):
        alone = Classifier(model).probabilities([text])[0]
        assert row.sum() == pytest.approx(1, abs=1e-5)
        assert row == pytest.approx(alone, abs=1e-5)


def test_memory_of_unknown_words_is_bounded(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(predict, "MOST_UNKNOWN", 100)
    classifier = Classifier(model)
    fresh = Classifier(model).scores(["lampunya jalan"])

    for at in range(40):
        letters = "".join(chr(97 + at // 26**power % 26) for power in range(3))
        classifier.scores([f"{letters}{chr(97 + k)}x{chr(98 + k)}" for k in range(20)])

    assert len(classifier._memory) < 1_000
    assert np.allclose(classifier.scores(["lampunya jalan"]), fresh)
