"""Which rows are held out, a share of each label or the newest, and folds to choose settings."""

from collections import defaultdict
from collections.abc import Sequence
from random import Random

import numpy as np
import numpy.typing as npt

from deploy.learning.rows import Labelled

Places = npt.NDArray[np.int64]
HELD_OUT = 0.2
FEWEST = 3  # a label with fewer rows is trained whole: it cannot be learned and measured at once


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
