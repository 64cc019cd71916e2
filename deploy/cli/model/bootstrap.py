"""`salur bootstrap`: a classifier before there is any history, from complaints made up here."""

from pathlib import Path
from typing import Annotated

import typer

from deploy.cli.model.train import need_scikit_learn, write_trained
from deploy.cli.outcome import say
from services.router.domain.reference.taxonomy import (
    NAME,
    NEEDS_NAME,
    Taxonomy,
    parse_needs,
    parse_taxonomy,
)
from services.router.settings import DATA
from shared.errors import Misconfigured
from shared.reference.shipped import TABLES

OUT = DATA / "model.salur"
FEWEST = 10


def bootstrap(
    *,
    out: Annotated[
        Path, typer.Option(help="the model file to write; its card goes beside it")
    ] = OUT,
    per_category: Annotated[int, typer.Option(help="texts of each category, 10 or more")] = 200,
    seed: Annotated[
        int, typer.Option(help="decides every text and which phrases are held out")
    ] = 1,
    report: Annotated[Path | None, typer.Option(help="folder for JSON, Markdown, pictures")] = None,
    corpus: Annotated[Path | None, typer.Option(help="CSV to write: the texts made up")] = None,
) -> None:
    """Make complaints up and train a classifier on them. Needs the extra `train`."""
    if per_category < FEWEST:
        raise Misconfigured(f"--per-category is {per_category}; give {FEWEST} or more")
    need_scikit_learn()
    # An optional part, imported where it is used.
    from deploy.model.bootstrap.stock import read_stock  # noqa: PLC0415
    from deploy.model.bootstrap.training import make_corpus, train_corpus, write_corpus  # noqa: PLC0415

    taxonomy = read_taxonomy()
    say(f"making {per_category} texts of each of {len(taxonomy.leaves)} categories up")
    made = make_corpus(read_stock(taxonomy, seed), per_category, seed)
    if corpus is not None:
        write_corpus(corpus, made.made)
    trained = train_corpus(made, seed, say)
    counts = {"rows": len(made.made), "duplicates": made.repeats}
    write_trained(trained, out, report, counts=counts)


def read_taxonomy() -> Taxonomy:
    """Return the taxonomy in this installation.

    Raises:
        Misconfigured: a line of it is wrong.
    """
    needs = parse_needs((TABLES / NEEDS_NAME).read_text(encoding="utf-8"))
    return parse_taxonomy((TABLES / NAME).read_text(encoding="utf-8"), needs)
