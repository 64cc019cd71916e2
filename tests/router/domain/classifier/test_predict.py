"""Predictions from a model small enough to work out by hand."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.router.domain.classifier import token_cache
from services.router.domain.classifier.features import Pairs
from services.router.domain.classifier.model import PAIR_BASE, Model
from services.router.domain.classifier.predict import Classifier
from services.router.domain.classifier.token_cache import TokenCache
from services.router.domain.classifier.tokenizer import words

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
    monkeypatch.setattr(token_cache, "MOST_UNKNOWN", 100)
    classifier = Classifier(model)
    fresh = Classifier(model).scores(["lampunya jalan"])

    for at in range(40):
        letters = "".join(chr(97 + at // 26**power % 26) for power in range(3))
        classifier.scores([f"{letters}{chr(97 + k)}x{chr(98 + k)}" for k in range(20)])

    assert len(classifier._memory) < 1_000
    assert np.allclose(classifier.scores(["lampunya jalan"]), fresh)


def test_a_long_run_is_read_and_not_kept(model: Model) -> None:
    classifier = Classifier(model)
    before = len(classifier._memory)

    classifier.scores(["a" * 50_000, "rusak.jalan" * 10])

    assert len(classifier._memory) == before


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(said=st.lists(st.text("ampu", min_size=1, max_size=9), unique=True, max_size=9))
def test_a_row_of_an_unknown_word_is_the_mix_of_its_pieces(model: Model, said: list[str]) -> None:
    token_cache = TokenCache(model)
    _, slots = token_cache.read([" ".join(said)])

    for spelled, slot in zip(words(" ".join(said)), slots.tolist(), strict=True):
        if slot >= len(model.vocabulary.words):
            places, shares = model.vocabulary.mix(spelled)
            row = model.vocabulary.unseen_idf * (shares @ model.weights.pieces[places])
            assert token_cache.rows[slot] == pytest.approx(row, rel=1e-5)


PLACES_OF_WORDS = st.integers(0, 300)
KEYS = st.builds(lambda first, second: first * PAIR_BASE + second, PLACES_OF_WORDS, PLACES_OF_WORDS)


@given(known=st.sets(KEYS), asked=st.lists(KEYS))
def test_a_pair_is_found_where_it_is_and_only_there(known: set[int], asked: list[int]) -> None:
    keys = sorted(known)
    asked += keys

    found = Pairs(np.array(keys, np.int64)).places(np.array(asked, np.int64))

    assert found.tolist() == [keys.index(key) if key in known else -1 for key in asked]
