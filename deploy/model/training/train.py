"""From labelled rows to a model and its figures: hold out, choose, measure, fit on all."""

import hashlib
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version

import numpy as np

from deploy.model.datasets.labelled_rows import Labelled, Rows
from deploy.model.datasets.split import Split, split
from deploy.model.training.figures import Figures, measure
from deploy.model.training.fitting import (
    ChosenSettings,
    Tell,
    TrainingSet,
    Unseen,
    choose,
    fit,
)
from deploy.model.training.linear_svm import Settings
from deploy.model.training.thresholds import Decided, Thresholds, choose_thresholds, decide
from services.router.domain.classifier.model import NEVER, Model
from services.router.domain.classifier.predict import Classifier
from services.router.reference.model_encoding import LARGEST, encode_model
from services.router.reference.model_file import MOST_LABELS, decode_model
from shared.errors import Misconfigured

FEWEST_ROWS = 10
LEAST_SECONDS = 0.3


@dataclass(frozen=True, slots=True)
class ModelPurpose:
    """What a model's file says of itself beside its figures, and how many bytes it may have."""

    about: Mapping[str, object]
    largest: int


@dataclass(frozen=True, slots=True)
class Trained:
    """A model's file, trained on all rows, and what the same settings reached on rows held out.

    `decided` was measured on those too, with thresholds chosen in the folds of the other rows.
    """

    content: bytes
    model: Model
    figures: Figures
    decided: Decided
    held_out: str
    trained_whole: tuple[str, ...]
    settings: tuple[Settings, ...]
    texts_per_second: float


def train(rows: Rows, *, by_time: bool, seed: int, tell: Tell) -> Trained:
    """Return a trained model; equal rows and seed give an equal file.

    Raises:
        Misconfigured: too few rows or labels, or too many labels.
    """
    _check(rows.kept)
    plan = split(rows.kept, by_time=by_time, seed=seed)
    return train_split(rows, plan, seed=seed, purpose=ModelPurpose({}, LARGEST), tell=tell)


def train_split(
    rows: Rows, plan: Split, *, seed: int, purpose: ModelPurpose, tell: Tell
) -> Trained:
    """Return a model trained by a given split, for a purpose.

    Raises:
        Misconfigured: nothing is held out, or the file cannot be made small enough.
    """
    if not len(plan.held):
        raise Misconfigured("no row can be held out; give rows a time, or labels 3 rows each")
    labels = tuple(sorted({row.label for row in rows.kept}))
    inside = np.delete(np.arange(len(rows.kept)), plan.held).tolist()
    learned = _set([rows.kept[at] for at in inside], labels)
    choice = choose(learned, plan.fold, tell)
    tell("measuring on the rows held out")
    measured = [rows.kept[at] for at in plan.held]
    first = encode_model(_model(learned, choice), purpose.largest)
    found = _measured(first, choice.unseen, measured)
    tell("fitting on all rows")
    last = replace(
        _model(_set(rows.kept, labels), choice),
        about={**_about(rows, choice, found.figures, seed), **purpose.about},
        thresholds=found.thresholds,
    )
    content = encode_model(last, purpose.largest)
    return Trained(
        content=content,
        model=decode_model(content, "model"),
        figures=found.figures,
        decided=found.decided,
        held_out=plan.name,
        trained_whole=tuple(sorted(set(labels) - {row.label for row in measured})),
        settings=choice.settings,
        texts_per_second=found.texts_per_second,
    )


def pace(classifier: Classifier, texts: Sequence[str]) -> float:
    """Return texts per second, tokenising included, on texts whose words were met before."""
    began, done = time.perf_counter(), 0
    while (spent := time.perf_counter() - began) < LEAST_SECONDS:
        classifier.probabilities(texts)
        done += len(texts)
    return done / spent


@dataclass(frozen=True, slots=True)
class _Measured:
    figures: Figures
    thresholds: Thresholds
    decided: Decided
    texts_per_second: float


def _measured(content: bytes, unseen: Unseen, rows: Sequence[Labelled]) -> _Measured:
    """Measure a model as it is read from its file.

    The thresholds returned are chosen on these rows and on those of the folds; what they decide
    of these rows is measured with thresholds of the folds alone.
    """
    model = decode_model(content, "model")
    classifier, labels = Classifier(model), model.labels
    texts, truth = [row.text for row in rows], [row.label for row in rows]
    found = classifier.probabilities(texts)
    before = [labels[at] for at in unseen.truth]
    first = choose_thresholds(before, labels, unseen.probabilities)
    every = np.concatenate([unseen.probabilities, found])
    return _Measured(
        figures=measure(truth, labels, found),
        thresholds=choose_thresholds([*before, *truth], labels, every),
        decided=decide(truth, labels, found, thresholds=first),
        texts_per_second=pace(classifier, texts),
    )


def _check(rows: Sequence[Labelled]) -> None:
    labels = len({row.label for row in rows})
    if len(rows) < FEWEST_ROWS or labels < 2:
        found = f"{len(rows)} rows with {labels} labels are left"
        raise Misconfigured(f"{found}; give at least {FEWEST_ROWS} rows with 2 labels")
    if labels > MOST_LABELS:
        wrong = f"{labels} labels, {MOST_LABELS} are allowed"
        raise Misconfigured(f"{wrong}; name a column with fewer different values")


def _set(rows: Sequence[Labelled], labels: tuple[str, ...]) -> TrainingSet:
    places = {label: at for at, label in enumerate(labels)}
    truth = np.array([places[row.label] for row in rows], np.int64)
    return TrainingSet([row.words for row in rows], truth, labels)


def _model(rows: TrainingSet, choice: ChosenSettings) -> Model:
    vocabulary, weights = fit(rows, choice.settings)
    return Model(
        labels=rows.labels,
        vocabulary=vocabulary,
        weights=weights,
        sharpness=choice.sharpness,
        doubt=choice.doubt,
        about={},
        thresholds=(NEVER,) * len(rows.labels),
    )


def _about(rows: Rows, choice: ChosenSettings, figures: Figures, seed: int) -> dict[str, object]:
    said = sorted(f"{row.label}\t{row.text}" for row in rows.kept)
    return {
        "origin": "labelled rows",
        "created_by": f"salur {version('salur')}",
        "rows": len(rows.kept),
        "rows_per_label": dict(sorted(Counter(row.label for row in rows.kept).items())),
        "data_sha256": hashlib.sha256("\n".join(said).encode()).hexdigest(),
        "settings": [{"cost": one.cost, "balance": one.balance} for one in choice.settings],
        "seed": seed,
        "accuracy": round(figures.accuracy, 4),
        "macro_f1": round(figures.macro_f1, 4),
    }
