"""`salur bootstrap`: model, card and corpus, the same for the same seed."""

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from deploy.cli.app import app
from deploy.cli.model import bootstrap as command
from deploy.cli.model.bootstrap import OUT, read_taxonomy
from deploy.model.bootstrap import stock as stock_module
from deploy.model.bootstrap import training
from deploy.model.bootstrap.generator import Made
from deploy.model.bootstrap.phrases import FOLDER
from deploy.model.bootstrap.training import Corpus, train_corpus
from services.router.domain.classifier.predict import Classifier
from services.router.domain.reference.taxonomy import Taxonomy
from services.router.reference.model_file import read_model
from shared.errors import Misconfigured

FEW = ("roads.damage", "water", "health.insurance", "police.license")


def salur(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["bootstrap", *(str(one) for one in arguments)])


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Leave four categories of the taxonomy and their phrases, in a folder of their own."""
    whole = read_taxonomy()
    taxonomy = Taxonomy((whole.categories[slug] for slug in FEW), whole.needs)
    folder = tmp_path / "phrases"
    folder.mkdir()
    for file in FOLDER.glob("*.csv"):
        head, *lines = file.read_text(encoding="utf-8").splitlines()
        kept = [line for line in lines if line.split(",")[0] in FEW]
        (folder / file.name).write_text("\n".join([head, *kept]) + "\n", encoding="utf-8")
    monkeypatch.setattr(command, "read_taxonomy", lambda: taxonomy)
    monkeypatch.setattr(stock_module, "FOLDER", folder)
    return folder


@pytest.mark.usefixtures("few")
def test_model_card_corpus_and_report_are_written(tmp_path: Path) -> None:
    out, corpus, report = tmp_path / "a.salur", tmp_path / "corpus.csv", tmp_path / "report"

    result = salur("--out", out, "--per-category", 40, "--corpus", corpus, "--report", report)

    assert result.exit_code == 0, result.output
    said = json.loads(result.stdout.splitlines()[-1])
    model = read_model(out)
    assert (said["labels"], said["version"]) == (len(FEW), model.version)
    assert said["held_out"]["accuracy"] > 0.8
    assert "choosing settings" in result.stderr
    rows = list(csv.DictReader(io.StringIO(corpus.read_text(encoding="utf-8"))))
    assert len(rows) == said["rows"]
    assert {row["label"] for row in rows} == set(FEW) == set(model.labels)
    card = (tmp_path / "a.salur.md").read_text(encoding="utf-8")
    assert "No citizen's text is in it" in card
    assert "`salur bootstrap` made up" in card
    assert "decided" in json.loads((report / "report.json").read_text(encoding="utf-8"))


@pytest.mark.usefixtures("few")
def test_equal_seeds_make_equal_files(tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("a", "b", "c")]

    for file, seed in zip(files, (1, 1, 2), strict=True):
        result = salur("--out", file, "--per-category", 15, "--seed", seed)
        assert result.exit_code == 0, result.output

    first, again, other = (file.read_bytes() for file in files)
    assert first == again
    assert first != other


def test_too_few_texts_are_refused(tmp_path: Path) -> None:
    result = salur("--out", tmp_path / "a", "--per-category", 9)

    assert result.exit_code == 2
    assert "--per-category is 9; give 10 or more" in result.stderr
    assert not (tmp_path / "a").exists()


def test_a_corpus_that_fills_too_few_parts_is_refused() -> None:
    corpus = Corpus((Made("jalan rusak", "roads.damage", 0), Made("air mati", "water", 1)), 0)

    with pytest.raises(Misconfigured, match="2 texts do not fill three parts; raise"):
        train_corpus(corpus, 1, lambda _: None)


def test_broken_phrases_end_with_2_and_the_line(few: Path, tmp_path: Path) -> None:
    (few / "water.csv").write_text("category,kind,text\nwater,title,{x}\n")

    result = salur("--out", tmp_path / "a", "--per-category", 10)

    assert result.exit_code == 2
    assert "water.csv is refused" in result.stderr
    assert "line 2, column text" in result.stderr


def test_the_model_of_this_tree_knows_exactly_the_leaves_and_is_small() -> None:
    model = read_model(OUT)

    assert set(model.labels) == read_taxonomy().leaves
    assert OUT.stat().st_size <= training.LARGEST
    assert len(model.thresholds) == len(model.labels)
    assert model.version in OUT.with_name(f"{OUT.name}.md").read_text(encoding="utf-8")


def test_the_model_of_this_tree_reads_plain_complaints() -> None:
    model = read_model(OUT)
    texts = {
        "jalan di depan pasar berlubang parah, tolong diaspal": "roads.damage",
        "listrik padam terus sejak kemarin, PLN tidak datang": "energy.electricity",
        "kartu bpjs kesehatan saya nonaktif padahal iuran lunas": "health.insurance",
        "air pdam tidak mengalir tiga hari": "water",
        "antrian paspor di kantor imigrasi": "immigration",
        "sampah menumpuk tidak diangkut petugas": "environment.waste",
    }

    found = Classifier(model).probabilities(list(texts))

    assert [model.labels[at] for at in found.argmax(axis=1)] == list(texts.values())


def test_a_text_without_words_is_not_decided() -> None:
    model = read_model(OUT)

    found = Classifier(model).probabilities(["", "...", "!!!"])

    assert not np.any(found >= np.array(model.thresholds, np.float32))
