"""Training: the same for the same seed, and no worse than a plain pipeline."""

from collections.abc import Callable
from pathlib import Path

import pytest

from deploy.model.datasets.csv_table import read_table
from deploy.model.datasets.labelled_rows import Columns, Rows, read_rows
from deploy.model.datasets.split import hold_out
from deploy.model.training.train import train
from services.router.reference.model_encoding import LARGEST
from shared.errors import Misconfigured

Made = Callable[..., list[tuple[str, str]]]
Csv = Callable[..., Path]
MARGIN = 0.01


def quiet(_: str) -> None:
    """Tell nobody."""


def rows_of(file: Path) -> Rows:
    return read_rows(read_table(file), Columns("text", "label"))


def test_equal_rows_and_seed_give_an_equal_file(labelled: Made, csv_of: Csv) -> None:
    rows = rows_of(csv_of(labelled(150)))

    first, again, other = (train(rows, by_time=False, seed=s, tell=quiet) for s in (1, 1, 2))

    assert first.content == again.content
    assert first.content != other.content


def test_rare_labels_are_trained_and_named(labelled: Made, csv_of: Csv) -> None:
    rare = [("sapi masuk kebun", "ternak"), ("meteor jatuh", "langit"), ("meteor lagi", "langit")]

    trained = train(rows_of(csv_of([*labelled(150), *rare])), by_time=False, seed=1, tell=quiet)

    assert trained.trained_whole == ("langit", "ternak")
    assert {"langit", "ternak"} < set(trained.model.labels)
    assert len(trained.content) < LARGEST


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ([("a", "b"), ("c", "d")], "2 rows with 2 labels"),
        ([(f"kata{chr(97 + at)}", "satu") for at in range(20)], "with 1 labels"),
        ([(f"kata {chr(97 + at)}", f"label {at}") for at in range(20)], "no row can be held out"),
    ],
)
def test_what_cannot_be_learned_from_is_refused(
    csv_of: Csv, rows: list[tuple[str, str]], reason: str
) -> None:
    with pytest.raises(Misconfigured, match=reason):
        train(rows_of(csv_of(rows)), by_time=False, seed=1, tell=quiet)


def test_it_is_no_worse_than_the_best_of_plain_pipelines(labelled: Made, csv_of: Csv) -> None:
    rows = rows_of(csv_of(labelled(1_500, 20, seed=4)))

    found = train(rows, by_time=False, seed=1, tell=quiet).figures

    accuracy, macro_f1 = best_plain(rows)
    assert found.accuracy >= accuracy - MARGIN
    assert found.macro_f1 >= macro_f1 - MARGIN


def best_plain(rows: Rows) -> tuple[float, float]:
    """Return the best accuracy and the best macro-F1, each from its own cost, on the same rows."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.metrics import f1_score
    from sklearn.pipeline import make_pipeline
    from sklearn.svm import LinearSVC

    held = set(hold_out(rows.kept, 1).tolist())
    inside = [row for at, row in enumerate(rows.kept) if at not in held]
    outside = [row for at, row in enumerate(rows.kept) if at in held]
    truth = [row.label for row in outside]
    figures = []
    for cost in (0.3, 1.0, 3.0):
        features = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
        plain = make_pipeline(features, LinearSVC(C=cost, random_state=1))
        plain.fit([row.text for row in inside], [row.label for row in inside])
        said = plain.predict([row.text for row in outside])
        right = sum(a == b for a, b in zip(truth, said, strict=True)) / len(truth)
        figures.append((right, f1_score(truth, said, average="macro", zero_division=0)))
    return max(a for a, _ in figures), max(f for _, f in figures)
