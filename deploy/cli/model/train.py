"""`salur train`: a classifier from labelled history, with a report on rows it did not see."""

import hashlib
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deploy.cli.outcome import conclude, say
from deploy.model.datasets.csv_table import read_table, write_file
from deploy.model.datasets.labelled_rows import Columns, Rows, read_rows
from deploy.model.reporting.report import decided_line, figures_line, write_report
from deploy.processes import PartFailed
from shared.errors import Misconfigured

if TYPE_CHECKING:
    from deploy.model.training.train import Trained

Input = Annotated[Path, typer.Option("--input", help="CSV in UTF-8, with , ; or tabs")]


def train(  # noqa: PLR0913 # one parameter per option
    *,
    source: Input,
    text: Annotated[str, typer.Option(help="column of the text")],
    label: Annotated[str, typer.Option(help="column of the label: a category, an agency, a unit")],
    out: Annotated[Path, typer.Option(help="the model file to write; its card goes beside it")],
    time: Annotated[
        str | None, typer.Option(help="column of the time: hold out the newest")
    ] = None,
    title: Annotated[str | None, typer.Option(help="column put before the text")] = None,
    report: Annotated[Path | None, typer.Option(help="folder for JSON, Markdown, pictures")] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="refuse texts that say their label")
    ] = False,
    seed: Annotated[int, typer.Option(help="decides which rows are held out")] = 1,
) -> None:
    """Train a classifier on labelled texts. Needs the extra `train`."""
    need_scikit_learn()
    from deploy.model.training.train import train as learn  # noqa: PLC0415 # an optional part

    rows = read_rows(read_table(source), Columns(text, label, time, title))
    _say_rows(rows, strict=strict)
    trained = learn(rows, by_time=time is not None, seed=seed, tell=say)
    write_trained(trained, out, report, counts=_counts(rows))


def need_scikit_learn() -> None:
    """Refuse to train where the extra `train` is not installed.

    Raises:
        PartFailed: it is not.
    """
    if find_spec("sklearn") is None:
        raise PartFailed("scikit-learn", "training needs it: pip install 'salur[train]'")


def write_trained(
    trained: "Trained", out: Path, report: Path | None, *, counts: Mapping[str, object]
) -> None:
    """Write a model, its card and its report, and say how the command ended."""
    from deploy.model.reporting.model_card import model_card  # noqa: PLC0415 # an optional part

    summary = {**counts, **_summary(trained)}
    if report is not None:
        write_report(report, summary, trained.figures, trained.decided)
    write_file(out, trained.content)
    write_file(out.with_name(f"{out.name}.md"), model_card(trained, out.name).encode())
    held_out = {**figures_line(trained.figures), **decided_line(trained.decided)}
    conclude({"model": str(out), **summary, "held_out": held_out})


def _say_rows(rows: Rows, *, strict: bool) -> None:
    say(
        f"{len(rows.kept)} rows; left out: {rows.duplicates} exact duplicates, "
        f"{rows.empty} without words, {rows.unlabelled} without a label"
    )
    if not rows.leaks:
        return
    most = ", ".join(f"{label} ({count})" for label, count in rows.leaks.most_common(5))
    said = f"{rows.leaks.total()} texts hold the words of their own label: {most}"
    if strict:
        raise Misconfigured(f"{said}; take them out, or train without --strict")
    say(f"{said}; figures may promise too much")


def _counts(rows: Rows) -> dict[str, object]:
    return {
        "rows": len(rows.kept),
        "duplicates": rows.duplicates,
        "empty": rows.empty,
        "unlabelled": rows.unlabelled,
        "label_in_text": rows.leaks.total(),
    }


def _summary(trained: "Trained") -> dict[str, object]:
    return {
        "labels": len(trained.model.labels),
        "trained_not_measured": list(trained.trained_whole),
        "split": trained.held_out,
        "settings": trained.model.about["settings"],
        "texts_per_second": round(trained.texts_per_second),
        "bytes": len(trained.content),
        "version": trained.model.version,
        "sha256": hashlib.sha256(trained.content).hexdigest(),
    }
