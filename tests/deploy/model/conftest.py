"""Labelled texts made from a seed: labels with words of their own, some of them wrong."""

import csv
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random

import pytest

Row = tuple[str, str]
SYLLABLES = tuple(
    "ba ku ra ti men per kan lo su da ja lan ke mu ang pi te ri no ga".split()  # noqa: SIM905 # shorter
)
ENDINGS = ("", "", "nya", "an", "kah")


@pytest.fixture(scope="session")
def labelled() -> Callable[..., list[Row]]:
    """Return a maker of rows (text, label): few labels are frequent, most are rare."""

    def make(count: int, labels: int = 6, seed: int = 1) -> list[Row]:
        random = Random(seed)
        stock = ["".join(random.choices(SYLLABLES, k=random.randint(2, 4))) for _ in range(2_500)]
        usual = [1 / (at + 5) for at in range(len(stock))]
        telling = [random.sample(stock[50:], 25) for _ in range(labels)]
        shares = [1 / (at + 1) ** 1.2 for at in range(labels)]
        rows = []
        for label in random.choices(range(labels), shares, k=count):
            said = random.choices(stock, usual, k=18)
            own = random.choices(telling[label], k=4) + random.choices(random.choice(telling), k=2)
            said += [word + random.choice(ENDINGS) for word in own]
            random.shuffle(said)
            rows.append((" ".join(said), f"bidang-{label:02d}"))
        return rows

    return make


@pytest.fixture
def csv_of(tmp_path: Path) -> Callable[..., Path]:
    """Return a writer of a CSV file with the columns `text` and `label`, or others."""

    def write(rows: Sequence[Sequence[str]], header: Sequence[str] = ("text", "label")) -> Path:
        path = tmp_path / "labelled.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([header, *rows])
        return path

    return write
