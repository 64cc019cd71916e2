"""All commands in one place; each lives in the module of its group."""

import typer

from deploy.cli import (
    bench,
    bootstrap,
    classify,
    deadletters,
    demo,
    endpoints,
    evaluate,
    export_decisions,
    feed,
    generate,
    keys,
    measure_duplicates,
    replay,
    restore,
    resume,
    run,
    tail,
    topics,
    train,
    up,
)
from deploy.cli.outcome import Commands

app = typer.Typer(
    cls=Commands,
    help="Salur: from a citizen's complaint to the one institution that must answer it.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # its frames would print locals: texts, keys
    rich_markup_mode=None,
)
for command in (
    run.run,
    up.up,
    resume.resume,
    restore.restore,
    feed.feed,
    tail.tail,
    generate.generate,
    demo.demo,
    bench.bench,
    replay.replay,
    bootstrap.bootstrap,
    train.train,
    evaluate.evaluate,
    measure_duplicates.measure_duplicates,
    export_decisions.export_decisions,
    classify.classify,
):
    app.command()(command)
app.add_typer(keys.app, name="keys")
app.add_typer(topics.app, name="topics")
app.add_typer(deadletters.app, name="dead-letters")
app.add_typer(endpoints.app, name="endpoint")
