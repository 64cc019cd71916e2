"""From labelled rows to a model and its figures: hold out, choose, measure, fit on all."""

import hashlib
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version

import numpy as np

from deploy.learning.figures import Figures, measure
from deploy.learning.fitting import Choice, Set, Settings, Tell, choose, fit
from deploy.learning.rows import Labelled, Rows
from deploy.learning.split import hold_out, hold_out_newest
from services.router.domain.classifier.model import Model
from services.router.domain.classifier.predict import Classifier
from services.router.model_file import MOST_LABELS, decode_model, encode_model
from shared.errors import Misconfigured

FEWEST_ROWS = 10
LEAST_SECONDS = 0.3


@dataclass(frozen=True, slots=True)
class Trained:
    """A model's file, trained on all rows, and what the same settings reached on rows held out."""

    content: bytes
    model: Model
    figures: Figures
    held_out: str
    trained_whole: tuple[str, ...]
    settings: tuple[Settings, ...]
    texts_per_second: float


def train(rows: Rows, *, by_time: bool, seed: int, tell: Tell) -> Trained:
    """Return a trained model; equal rows and seed give an equal file.

    Raises:
        Misconfigured: too few rows or labels, or too many labels.
    """
    kept = rows.kept
    _check(kept)
    held = hold_out_newest(kept) if by_time else hold_out(kept, seed)
    if not len(held):
        raise Misconfigured("no row can be held out; give rows a time, or labels 3 rows each")
    outside = np.isin(np.arange(len(kept)), held)
    inside = [row for row, out in zip(kept, outside, strict=True) if not out]
    choice = choose(_set(inside), seed, tell)
    tell("measuring on the rows held out")
    first = _model(inside, choice, {})
    measured = [kept[at] for at in held]
    figures, speed = measured_with(decode_model(encode_model(first), "model"), measured)
    tell("fitting on all rows")
    content = encode_model(_model(kept, choice, _about(rows, choice, figures, seed)))
    return Trained(
        content=content,
        model=decode_model(content, "model"),
        figures=figures,
        held_out="newest" if by_time else "a part of each label",
        trained_whole=tuple(sorted({r.label for r in kept} - {r.label for r in measured})),
        settings=choice.settings,
        texts_per_second=speed,
    )


def measured_with(model: Model, rows: Sequence[Labelled]) -> tuple[Figures, float]:
    """Return the figures of a model on rows, and how many texts it took per second."""
    texts = [row.text for row in rows]
    classifier = Classifier(model)
    found = classifier.probabilities(texts)
    figures = measure([row.label for row in rows], model.labels, found)
    return figures, pace(classifier, texts)


def pace(classifier: Classifier, texts: Sequence[str]) -> float:
    """Return texts per second, tokenising included, on texts whose words were met before."""
    began, done = time.perf_counter(), 0
    while (spent := time.perf_counter() - began) < LEAST_SECONDS:
        classifier.probabilities(texts)
        done += len(texts)
    return done / spent


def _check(rows: Sequence[Labelled]) -> None:
    labels = len({row.label for row in rows})
    if len(rows) < FEWEST_ROWS or labels < 2:
        found = f"{len(rows)} rows with {labels} labels are left"
        raise Misconfigured(f"{found}; give at least {FEWEST_ROWS} rows with 2 labels")
    if labels > MOST_LABELS:
        wrong = f"{labels} labels, {MOST_LABELS} are allowed"
        raise Misconfigured(f"{wrong}; name a column with fewer different values")


def _set(rows: Sequence[Labelled]) -> Set:
    labels = tuple(sorted({row.label for row in rows}))
    places = {label: at for at, label in enumerate(labels)}
    truth = np.array([places[row.label] for row in rows], np.int64)
    return Set([row.words for row in rows], truth, labels)


def _model(rows: Sequence[Labelled], choice: Choice, about: dict[str, object]) -> Model:
    found = _set(rows)
    vocabulary, weights = fit(found, choice.settings)
    return Model(found.labels, vocabulary, weights, choice.sharpness, choice.doubt, about)


def _about(rows: Rows, choice: Choice, figures: Figures, seed: int) -> dict[str, object]:
    said = sorted(f"{row.label}\t{row.text}" for row in rows.kept)
    return {
        "created_by": f"salur {version('salur')}",
        "rows": len(rows.kept),
        "rows_per_label": dict(sorted(Counter(row.label for row in rows.kept).items())),
        "data_sha256": hashlib.sha256("\n".join(said).encode()).hexdigest(),
        "settings": [{"cost": one.cost, "balance": one.balance} for one in choice.settings],
        "seed": seed,
        "accuracy": round(figures.accuracy, 4),
        "macro_f1": round(figures.macro_f1, 4),
    }
