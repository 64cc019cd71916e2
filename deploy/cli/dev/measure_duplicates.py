"""`salur measure-duplicates`: how many duplicates are found, and how many links are wrong."""

from dataclasses import asdict

from rich.table import Table

from deploy.cli.outcome import conclude, progress
from deploy.dev.duplicates.measure import (
    LinkFigures,
    best,
    by_words_alone,
    links,
    pairs_of,
    tuning_and_measuring,
)


def measure_duplicates() -> None:
    """Measure the links between reports on generated retellings; takes a few seconds."""
    tuning, measuring = tuning_and_measuring()
    chosen = best(pairs_of(tuning))
    alone = best(pairs_of(tuning, by_words_alone)).threshold
    found = {
        "chosen": chosen,
        "measured": links(pairs_of(measuring)),
        "words_alone": links(pairs_of(measuring, by_words_alone), alone),
    }
    progress().print(_table(found))
    conclude({name: _figures(one) for name, one in found.items()})


def _table(found: dict[str, LinkFigures]) -> Table:
    heads = ("", "from", "true", "linked", "precision", "recall", "same spot")
    table = Table(*heads)
    for name, one in found.items():
        shares = (f"{share:.3f}" for share in (one.precision, one.recall, one.in_right_street))
        table.add_row(name, f"{one.threshold}", f"{one.duplicates}", f"{one.linked}", *shares)
    return table


def _figures(one: LinkFigures) -> dict[str, object]:
    return {
        **asdict(one),
        "precision": round(one.precision, 4),
        "recall": round(one.recall, 4),
        "f1": round(one.f1, 4),
        "in_right_street": round(one.in_right_street, 4),
    }
