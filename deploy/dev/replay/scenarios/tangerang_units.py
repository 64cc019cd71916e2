"""The 62 units of one regency: 713 reports, about 85 % answered; the lines are in the CSV file."""

import csv
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from deploy.dev.replay.scenario import Checkpoint, Cohort, Measure, Question, Scenario, end_of
from deploy.dev.replay.scenarios.fates import Fate, Subject, fared
from deploy.dev.replay.scenarios.figures import ASSUMED, SEED, figures

TANGERANG = "kab-3603"
YEAR = (date(2019, 1, 1), date(2019, 12, 31))
FILE = Path(__file__).with_name("tangerang_units.csv")
BY_UNIT = Question(first=YEAR[0], last=YEAR[1], institution=TANGERANG)
WHOLE = Question(first=YEAR[0], last=YEAR[1])
FIGURES = (
    *figures(
        BY_UNIT,
        [
            ("units that agree in all", Measure.LINES, "62", SEED),
            ("reports of all units", Measure.RECEIVED, "713", SEED),
            ("answered by all units", Measure.COMPLETED, "606", ASSUMED),
        ],
    ),
    *figures(
        WHOLE,
        [
            ("reports", Measure.RECEIVED, "713", SEED),
            ("answered", Measure.COMPLETED, "606", ASSUMED),
            ("answered, whole %", Measure.FOLLOW_UP_PERCENT, "85", SEED),
            ("answered, %", Measure.COMPLETION_RATE, "84.99", ASSUMED),
        ],
        TANGERANG,
    ),
)


def _cohorts() -> Iterator[Cohort]:
    with FILE.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            subject = Subject(TANGERANG, row["category"], row["unit"])
            fate = Fate(int(row["answered"]), 0, int(row["unanswered"]))
            yield from fared(subject, YEAR, fate)


SCENARIO = Scenario(
    name="tangerang-units",
    title="Kabupaten Tangerang and its 62 units",
    notes=(
        "the source has no date: the year 2019 is assumed",
        "'about 85 %' of 713 is taken as 606 answered, 84.99 %",
        "which unit had how many, and the units' names, are assumed",
    ),
    cohorts=tuple(_cohorts()),
    checkpoints=(Checkpoint(as_of=end_of(YEAR[1]), figures=FIGURES),),
)
