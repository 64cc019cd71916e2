"""`salur classify`: what the router would decide about texts, without a cluster."""

import json
import sys
import time as clock
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Annotated, BinaryIO

import typer
from rich.progress import MofNCompleteColumn, Progress

from deploy.cli.model.train import Input
from deploy.cli.outcome import conclude, progress, say
from deploy.model.classify import Given, decide_all, read_complaints
from deploy.model.datasets.csv_table import read_table
from services.router.reference.rulebook import RuleBook, RuleFiles
from services.router.settings import RouterSettings
from shared.errors import Misconfigured

DECIDED = "decided"
STEP = 1_000  # rows between two looks at the bar


def classify(  # noqa: PLR0913 # one parameter per option
    *,
    source: Input,
    text: Annotated[str, typer.Option(help="column of the text")] = "text",
    title: Annotated[str | None, typer.Option(help="column of the title")] = None,
    id: Annotated[str | None, typer.Option("--id", help="column copied into each line")] = None,
    region: Annotated[str | None, typer.Option(help="column of the region code")] = None,
    category: Annotated[str | None, typer.Option(help="column of the chosen category")] = None,
    model: Annotated[Path | None, typer.Option(help="a model instead of the router's")] = None,
    out: Annotated[Path | None, typer.Option(help="file for the decisions; else stdout")] = None,
) -> None:
    """Decide about each text: one JSON object per line, in the file's order.

    Rules, taxonomy, directory and model are the router's own (ROUTER_RULES, ROUTER_MODEL, …).
    """
    rules = RuleBook(_files(model))
    table = read_table(source)
    began = clock.perf_counter()
    complaints = read_complaints(table, Given(text, title, id, region, category))
    ids = table.column(id) if id else None
    found = decide_all(complaints, ids, rules.decider(), rules.known())
    counted: Counter[str] = Counter()
    with _opened(out) as file, _bar() as bar:
        task = bar.add_task("deciding", total=len(table.rows))
        for at, (decision, line) in enumerate(found):
            file.write(line)
            counted[DECIDED if decision.institution else decision.rule] += 1
            if at % STEP == 0:
                bar.update(task, completed=at)
    summary = _summary(counted, clock.perf_counter() - began, rules)
    # Beside decisions on standard output, one more line would be taken for a decision.
    say(json.dumps(summary)) if out is None else conclude({"out": str(out), **summary})


def _files(model: Path | None) -> RuleFiles:
    files = RouterSettings().files
    return files if model is None else replace(files, model=model)


def _bar() -> Progress:
    columns = (*Progress.get_default_columns(), MofNCompleteColumn())
    return Progress(*columns, console=progress(), transient=True)


@contextmanager
def _opened(out: Path | None) -> Iterator[BinaryIO]:
    if out is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    try:
        with out.open("wb") as file:
            yield file
    except OSError as error:
        raise Misconfigured(f"{out}: {error.strerror}; name a file that can be written") from error


def _summary(counted: Counter[str], seconds: float, rules: RuleBook) -> dict[str, object]:
    rows, decided = counted.total(), counted.pop(DECIDED, 0)
    return {
        "rows": rows,
        "decided": decided,
        "triage": dict(counted.most_common()),
        "texts_per_second": round(rows / seconds),
        "version": rules.knowledge.version,
        "model": rules.knowledge.guesser.version,
    }
