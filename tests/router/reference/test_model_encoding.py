"""Writing a model's file: equal for equal models, and never larger than may be read."""

from dataclasses import replace

import numpy as np
import pytest

from services.router.domain.classifier.model import Model
from services.router.reference import model_encoding
from services.router.reference.model_encoding import encode_model
from services.router.reference.model_file import decode_model
from shared.errors import Misconfigured


def test_equal_models_are_equal_files(model: Model) -> None:
    assert encode_model(model) == encode_model(decode_model(encode_model(model), "a"))


def test_small_weights_are_dropped_until_the_file_is_small_enough(
    model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    random = np.random.default_rng(1)
    words = tuple(f"w{at}" for at in range(5_000))
    big = replace(
        model,
        vocabulary=replace(model.vocabulary, words=words, word_idf=np.ones(5_000, np.float32)),
        weights=replace(
            model.weights,
            words=random.normal(0, 1, (5_000, 2)).astype(np.float32),
            squares=np.ones(5_000, np.float32),
        ),
    )
    whole = len(encode_model(big))
    monkeypatch.setattr(model_encoding, "LARGEST", whole - 500)

    assert len(encode_model(big)) <= whole - 500

    monkeypatch.setattr(model_encoding, "LARGEST", 1_000)
    with pytest.raises(Misconfigured, match="train with fewer labels"):
        encode_model(big)


def test_no_model_is_written_that_no_router_reads(
    model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model_encoding, "MOST_WEIGHTS", 6)

    with pytest.raises(Misconfigured, match="train with fewer labels"):
        encode_model(model)
