"""`salur generate`: what is generated in the tree, made anew or checked."""

from typing import Annotated

import typer

from deploy.cli.outcome import conclude, end_wrong, say
from deploy.dev.generators.generated_files import GENERATED, rewrite, stale


def generate(
    check: Annotated[
        bool, typer.Option("--check", help="change nothing, name what is stale")
    ] = False,
) -> None:
    """Rewrite the tables in the pages and the directory of institutions."""
    names = stale(GENERATED) if check else rewrite(GENERATED)
    for name in names:
        say(f"{'stale' if check else 'rewritten'}: {name}")
    conclude({"stale" if check else "rewritten": names})
    if check and names:
        end_wrong("run `salur generate` and commit what it changes")
