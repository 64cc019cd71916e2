"""`salur evaluate`: a model's figures on labelled texts, its predictions written beside them."""

import time as clock
from pathlib import Path
from typing import Annotated

import typer

from deploy.cli.model.train import Input
from deploy.cli.outcome import conclude, say
from deploy.model.datasets.csv_table import read_table, write_table
from deploy.model.datasets.labelled_rows import Columns, texts_of
from deploy.model.reporting.report import decided_line, figures_line, markdown, write_report
from deploy.model.training.figures import measure
from deploy.model.training.thresholds import decide
from services.router.domain.classifier.predict import Classifier
from services.router.reference.model_file import read_model
from shared.errors import Misconfigured


def evaluate(  # noqa: PLR0913 # one parameter per option
    *,
    model: Annotated[Path, typer.Option(help="a model file by `salur train`")],
    source: Input,
    text: Annotated[str, typer.Option(help="column of the text")],
    label: Annotated[
        str, typer.Option(help="column of the label; rows without one are not scored")
    ],
    predictions: Annotated[
        Path | None, typer.Option(help="CSV to write: the rows, `predicted`, `confidence`")
    ] = None,
    title: Annotated[str | None, typer.Option(help="column put before the text")] = None,
    report: Annotated[Path | None, typer.Option(help="folder for JSON, Markdown, pictures")] = None,
) -> None:
    """Measure a model on labelled texts, every row of them."""
    learned = read_model(model)
    table = read_table(source)
    texts = texts_of(table, Columns(text, label, title=title))
    truth = table.column(label)
    scored = [at for at, one in enumerate(truth) if one]
    if not scored:
        raise Misconfigured(f"{source}: column `{label}` is empty; name the column of the labels")
    began = clock.perf_counter()
    found = Classifier(learned).probabilities(texts)
    speed = len(texts) / (clock.perf_counter() - began)
    if predictions is not None:
        said = [learned.labels[at] for at in found.argmax(axis=1)]
        sure = [f"{one:.4f}" for one in found.max(axis=1)]
        write_table(predictions, table, (("predicted", said), ("confidence", sure)))
    wanted = [truth[at] for at in scored]
    figures = measure(wanted, learned.labels, found[scored])
    decided = decide(wanted, learned.labels, found[scored], thresholds=learned.thresholds)
    summary = _summary(truth, learned.labels, speed)
    if report is not None:
        write_report(report, summary, figures, decided)
    say(markdown(summary, figures, decided))
    shown = {**figures_line(figures), **decided_line(decided)}
    conclude({"model": str(model), "version": learned.version, **summary, **shown})


def _summary(truth: list[str], labels: tuple[str, ...], speed: float) -> dict[str, object]:
    return {
        "rows": len(truth),
        "not_scored": truth.count(""),
        "labels_unknown_to_the_model": sorted({one for one in truth if one} - set(labels)),
        "texts_per_second": round(speed),
    }
