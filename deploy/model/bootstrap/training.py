"""The bootstrap model: complaints are made up, and learned from as if they were history."""

import csv
import io
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from deploy.model.bootstrap.generator import Made, generate
from deploy.model.bootstrap.stock import HELD, Stock
from deploy.model.datasets.csv_table import write_file
from deploy.model.datasets.labelled_rows import Labelled, Rows
from deploy.model.datasets.split import Split
from deploy.model.training.fitting import Tell
from deploy.model.training.train import ModelPurpose, Trained, train_split
from services.router.domain.classifier.tokenizer import words
from shared.errors import Misconfigured

ORIGIN = "texts that `salur bootstrap` made up from phrases, regions and noise"
PRIVACY = "No citizen's text is in it: every sentence it learned from was written for this project."
SPLIT = "texts of phrases that no other text uses"
LARGEST = 2_500_000


@dataclass(frozen=True, slots=True)
class Corpus:
    """Made-up texts in order, each once, and how many were left out as repeats."""

    made: tuple[Made, ...]
    repeats: int

    @property
    def rows(self) -> Rows:
        """Return the texts as rows to learn from."""
        kept = tuple(
            Labelled(one.text, one.label, tuple(words(one.text)), None) for one in self.made
        )
        return Rows(kept, self.repeats, empty=0, unlabelled=0, leaks=Counter())

    @property
    def split(self) -> Split:
        """Return the split by phrase: one part held out, each other part a fold."""
        part = np.array([one.part for one in self.made], np.int64)
        others = sorted(set(part[part != HELD].tolist()))
        return Split(
            np.flatnonzero(part == HELD), np.searchsorted(others, part[part != HELD]), SPLIT
        )


def make_corpus(stock: Stock, per_category: int, seed: int) -> Corpus:
    """Return the texts to learn from; short ones that come out equal are kept once."""
    made = list(generate(stock, per_category, seed))
    kept = tuple({(one.text, one.label): one for one in made}.values())
    return Corpus(kept, len(made) - len(kept))


def train_corpus(corpus: Corpus, seed: int, tell: Tell) -> Trained:
    """Return a model of the corpus, measured on phrases that it did not learn from.

    Raises:
        Misconfigured: too few texts for a part of phrases to be held out.
    """
    split = corpus.split
    if not len(split.held) or not len(split.fold) or split.fold.max() < 1:
        wrong = f"{len(corpus.made)} texts do not fill three parts"
        raise Misconfigured(f"{wrong}; raise --per-category to 10 or more")
    purpose = ModelPurpose({"origin": ORIGIN, "privacy": PRIVACY}, LARGEST)
    return train_split(corpus.rows, split, seed=seed, purpose=purpose, tell=tell)


def write_corpus(path: Path, made: Sequence[Made]) -> None:
    """Write the texts as CSV: text, label, part.

    Raises:
        Misconfigured: the file cannot be written.
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("text", "label", "part"))
    writer.writerows((one.text, one.label, one.part) for one in made)
    write_file(path, out.getvalue().encode())
