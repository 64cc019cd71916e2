"""Which rows are held out, a share of each label or the newest, and folds to choose settings."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

import numpy as np
import numpy.typing as npt

from deploy.model.datasets.labelled_rows import Labelled

Places = npt.NDArray[np.int64]
HELD_OUT = 0.2
FOLDS_OF_FEW, FOLDS_OF_MANY, MANY = 5, 3, 3_000
FEWEST = 3  # a label with fewer rows is trained whole: it cannot be learned and measured at once


@dataclass(frozen=True, slots=True)
class Split:
    """Which rows are held out to measure with, by place, and the fold of each of the others.

    `name` says in words how the rows were held out.
    """

    held: Places
    fold: Places
    name: str


def split(rows: Sequence[Labelled], *, by_time: bool, seed: int) -> Split:
    """Hold out the newest rows, or a part of each label's; deal the others out to folds."""
    held = hold_out_newest(rows) if by_time else hold_out(rows, seed)
    inside = np.delete(np.arange(len(rows)), held).tolist()
    count = FOLDS_OF_MANY if len(inside) >= MANY else FOLDS_OF_FEW
    fold = folds([rows[at].label for at in inside], count, seed)
    return Split(held, fold, "newest" if by_time else "a part of each label")


def hold_out(rows: Sequence[Labelled], seed: int) -> Places:
    """Return places of the rows to measure with: a fifth of each label's rows, drawn by `seed`."""
    random = Random(seed)
    held = []
    for places in _by_label([row.label for row in rows]).values():
        if len(places) >= FEWEST:
            held += random.sample(places, max(1, round(len(places) * HELD_OUT)))
    return np.array(sorted(held), np.int64)


def hold_out_newest(rows: Sequence[Labelled]) -> Places:
    """Return places of the newest fifth of the rows that have a time; equals stay in file order."""
    dated = sorted((row.time, at) for at, row in enumerate(rows) if row.time is not None)
    count = round(len(dated) * HELD_OUT)
    return np.array(sorted(at for _, at in dated[len(dated) - count :]), np.int64)


def folds(labels: Sequence[str], count: int, seed: int) -> Places:
    """Return each row's fold; every label is dealt out evenly."""
    random = Random(seed)
    fold = np.zeros(len(labels), np.int64)
    dealt = 0
    for places in _by_label(labels).values():
        for place in random.sample(places, len(places)):
            fold[place] = dealt % count
            dealt += 1
    return fold


def _by_label(labels: Sequence[str]) -> dict[str, list[int]]:
    places = defaultdict(list)
    for at, label in enumerate(labels):
        places[label].append(at)
    return dict(sorted(places.items()))
