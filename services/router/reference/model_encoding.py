"""Writing a model's file, as `model_file.py` reads it: no larger than is asked for.

Weights are kept in one byte each, with a scale per label; the smallest are dropped until the file
is small enough.
"""

import io
import json
import zipfile
from collections.abc import Mapping

import numpy as np

from services.router.domain.classifier.model import Model
from services.router.reference.model_file import ARRAYS, FORMAT, MOST_WEIGHTS, VERSION, Array
from shared.errors import Misconfigured

LARGEST = 8_000_000
_STAMP = (1980, 1, 1, 0, 0, 0)  # equal models are equal files


def encode_model(model: Model, most: int | None = None) -> bytes:
    """Return a model's file, at most `most` bytes; `LARGEST` where nothing is said.

    Raises:
        Misconfigured: no dropping of small weights makes it small enough.
    """
    most = LARGEST if most is None else most
    _check_weights(model)
    for dropped in (0, 1, 2, 3, 5, 8, 13, 21, 34):
        content = _zipped(_members(model, dropped))
        if len(content) <= most:
            return content
    raise Misconfigured(
        f"the model has {len(content)} bytes, {most} are allowed; train with fewer labels"
    )


def _members(model: Model, dropped: int) -> Mapping[str, bytes]:
    vocabulary, weights = model.vocabulary, model.weights
    packed = {kind: _packed(getattr(weights, kind), dropped) for kind in ARRAYS}
    arrays: dict[str, Array] = {
        "bias": weights.bias,
        "words-square": weights.squares,
        "pair-keys": vocabulary.pairs,
        **{f"{kind}-weights": values for kind, (values, _) in packed.items()},
        **{f"{kind}-scale": scale for kind, (_, scale) in packed.items()},
        "words-idf": vocabulary.word_idf,
        "pairs-idf": vocabulary.pair_idf,
        "pieces-idf": vocabulary.piece_idf,
    }
    header = {
        "format": FORMAT,
        "version": VERSION,
        "labels": model.labels,
        "sharpness": model.sharpness,
        "doubt": model.doubt,
        "unseen_idf": vocabulary.unseen_idf,
        "thresholds": model.thresholds,
        "about": model.about,
    }
    return {
        "header.json": json.dumps(header, ensure_ascii=False, allow_nan=False).encode(),
        "words.txt": "\n".join(vocabulary.words).encode(),
        "pieces.txt": "\n".join(vocabulary.pieces).encode(),
        **{f"{kind}.npy": _saved(array) for kind, array in arrays.items()},
    }


def _packed(weights: Array, dropped: int) -> tuple[Array, Array]:
    """Return weights as bytes, and what one step of each label's byte is worth."""
    scale = np.abs(weights).max(axis=0, initial=1e-9).astype(np.float32) / 127
    steps = np.rint(weights / scale)
    return np.where(np.abs(steps) <= dropped, 0, steps).astype(np.int8), scale


def _saved(array: Array) -> bytes:
    out = io.BytesIO()
    np.save(out, array, allow_pickle=False)
    return out.getvalue()


def _zipped(members: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name, _STAMP), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _check_weights(model: Model) -> None:
    weights = model.weights
    count = sum(each.size for each in (weights.words, weights.pairs, weights.pieces))
    if count > MOST_WEIGHTS:
        raise Misconfigured(
            f"the model has {count} weights, {MOST_WEIGHTS} are allowed; train with fewer labels"
        )
