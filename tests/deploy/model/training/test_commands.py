"""`salur train` and `salur evaluate`: files, last lines, exit codes."""

import csv
import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest
from typer.testing import CliRunner, Result

from deploy.cli.app import app

Made = Callable[..., list[tuple[str, str]]]
Csv = Callable[..., Path]
COLUMNS = ("--text", "text", "--label", "label")
WITHOUT_TRAIN = """
import sys
from importlib import util
for name in ("scipy", "sklearn"):
    sys.modules[name] = None
find = util.find_spec
util.find_spec = lambda name, *rest: None if name == "sklearn" else find(name, *rest)
from deploy.cli import main
sys.argv = ["salur", *sys.argv[1:]]
main()
"""


def salur(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(one) for one in arguments])


def last_line(result: Result) -> dict[str, object]:
    found: dict[str, object] = json.loads(result.stdout.splitlines()[-1])
    return found


def without_train(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", WITHOUT_TRAIN, *(str(one) for one in arguments)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.fixture
def trained(labelled: Made, csv_of: Csv, tmp_path: Path) -> tuple[Path, Path]:
    source, model = csv_of(labelled(150)), tmp_path / "out" / "a.model"
    result = salur("train", "--input", source, *COLUMNS, "--out", model)
    assert result.exit_code == 0, result.output
    return source, model


def test_training_writes_model_card_and_report(labelled: Made, csv_of: Csv, tmp_path: Path) -> None:
    rows = [*labelled(150), *labelled(150)[:4], ("", "bidang-00")]
    model, report = tmp_path / "a.model", tmp_path / "report"

    result = salur("train", "--input", csv_of(rows), *COLUMNS, "--out", model, "--report", report)

    assert result.exit_code == 0, result.output
    said = last_line(result)
    assert (said["rows"], said["duplicates"], said["empty"]) == (150, 4, 1)
    assert said["bytes"] == model.stat().st_size
    assert "choosing settings" in result.stderr
    assert "150 rows" in (tmp_path / "a.model.md").read_text()
    figures = json.loads((report / "report.json").read_text())["figures"]
    assert {"accuracy", "macro_f1", "top3", "ece", "reliability", "coverage", "worst"} < set(
        figures
    )
    assert "Labels read worst" in (report / "report.md").read_text()
    for picture in ("reliability.svg", "coverage.svg", "confusion.svg"):
        assert ElementTree.fromstring((report / picture).read_text()).tag.endswith("svg")


def test_evaluating_writes_the_rows_back_with_predictions(
    trained: tuple[Path, Path], tmp_path: Path
) -> None:
    source, model = trained
    out = tmp_path / "predictions.csv"

    result = salur("evaluate", "--model", model, "--input", source, *COLUMNS, "--predictions", out)

    assert result.exit_code == 0, result.output
    rows = list(csv.DictReader(io.StringIO(out.read_text(encoding="utf-8"))))
    right = sum(row["predicted"] == row["label"] for row in rows)
    assert last_line(result)["accuracy"] == pytest.approx(right / 150, abs=1e-4)
    assert all(0 < float(row["confidence"]) <= 1 for row in rows)
    assert list(rows[0]) == ["text", "label", "predicted", "confidence"]


def test_rows_without_label_or_words_are_predicted_too(
    trained: tuple[Path, Path], csv_of: Csv, tmp_path: Path
) -> None:
    source = csv_of([("jalan", ""), ("", "bidang-00"), ("air", "baru")])
    out = tmp_path / "p.csv"

    result = salur(
        "evaluate", "--model", trained[1], "--input", source, *COLUMNS, "--predictions", out
    )

    said = last_line(result)
    assert (said["rows"], said["not_scored"], said["texts"]) == (3, 1, 2)
    assert said["labels_unknown_to_the_model"] == ["baru"]
    assert len(out.read_text().splitlines()) == 4


def test_by_time_the_newest_are_measured(labelled: Made, csv_of: Csv, tmp_path: Path) -> None:
    rows = [
        (text, label, f"2026-01-{1 + at % 28:02d}")
        for at, (text, label) in enumerate(labelled(150))
    ]
    source = csv_of(rows, ("text", "label", "dibuat"))

    result = salur(
        "train", "--input", source, *COLUMNS, "--time", "dibuat", "--out", tmp_path / "a.model"
    )

    assert result.exit_code == 0, result.output
    assert last_line(result)["split"] == "newest"


def test_texts_that_say_their_label_are_refused_only_when_strict(
    labelled: Made, csv_of: Csv, tmp_path: Path
) -> None:
    rows = [
        (f"{text} {label}" if at < 7 else text, label)
        for at, (text, label) in enumerate(labelled(150))
    ]
    arguments = ("train", "--input", csv_of(rows), *COLUMNS, "--out", tmp_path / "a.model")

    strict, usual = salur(*arguments, "--strict"), salur(*arguments)

    assert strict.exit_code == 2
    assert "7 texts hold the words of their own label" in strict.stderr
    assert usual.exit_code == 0
    assert last_line(usual)["label_in_text"] == 7
    assert "7 texts hold" in usual.stderr


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"--input": "no.csv"}, "no.csv: No such file"),
        ({"--text": "isi"}, "no column `isi`"),
        ({"--time": "kapan"}, "no column `kapan`"),
        ({"--out": "/proc/none/a.model"}, "/proc/none/a.model"),
    ],
    ids=str,
)
def test_wrong_input_ends_with_2_and_one_line(
    labelled: Made, csv_of: Csv, tmp_path: Path, *, change: dict[str, str], reason: str
) -> None:
    options = {
        "--input": csv_of(labelled(60, 2)),
        "--text": "text",
        "--label": "label",
        "--out": tmp_path / "a.model",
        **change,
    }

    result = salur("train", *(one for pair in options.items() for one in pair))

    assert result.exit_code == 2
    assert reason in result.stderr
    assert result.stdout == ""
    assert not (tmp_path / "a.model").exists()


def test_a_broken_model_is_refused(csv_of: Csv, tmp_path: Path) -> None:
    model = tmp_path / "a.model"
    model.write_bytes(b"nothing")

    result = salur("evaluate", "--model", model, "--input", csv_of([("a", "b")]), *COLUMNS)

    assert result.exit_code == 2
    assert f"{model}: not a whole model" in result.stderr


def test_without_the_extra_training_ends_with_3_and_evaluating_works(
    trained: tuple[Path, Path], tmp_path: Path
) -> None:
    source, model = trained

    train = without_train("train", "--input", source, *COLUMNS, "--out", tmp_path / "b.model")
    evaluate = without_train("evaluate", "--model", model, "--input", source, *COLUMNS)

    assert train.returncode == 3
    assert "pip install 'salur[train]'" in train.stderr
    assert evaluate.returncode == 0, evaluate.stderr
