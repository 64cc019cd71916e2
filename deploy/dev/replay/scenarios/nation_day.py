"""One heavy day of the whole country: 10,000 complaints over 680 institutions."""

from collections.abc import Iterator
from datetime import date

from deploy.dev.replay.scenario import (
    Checkpoint,
    Cohort,
    Course,
    Measure,
    Question,
    Scenario,
    end_of,
)
from deploy.dev.replay.scenarios.fates import Subject, cohort, divided
from deploy.dev.replay.scenarios.figures import ASSUMED, figures
from deploy.operate.agencies.institutions import all_codes

DAY = date(2025, 2, 3)  # a Monday
COMPLAINTS, INSTITUTIONS = 10_000, 680
CATEGORIES = ("roads.damage", "governance.service", "civil_registration.id_card", "other")
COURSES = (Course.COMPLETED, Course.FOLLOWED_UP)  # one institution the one, the next the other
ANSWERED = 2  # of each institution, on the day itself
TODAY = Question(first=DAY, last=DAY)
FIGURES = figures(
    TODAY,
    [
        ("received", Measure.RECEIVED, "10000", ASSUMED),
        ("completed", Measure.COMPLETED, "680", ASSUMED),
        ("in progress", Measure.IN_PROGRESS, "680", ASSUMED),
        ("not followed up", Measure.ROUTED, "8640", ASSUMED),
        ("institutions that agree in all", Measure.LINES, "680", ASSUMED),
    ],
)


def _cohorts() -> Iterator[Cohort]:
    codes = all_codes()[:INSTITUTIONS]
    for place, count in enumerate(divided(COMPLAINTS, [1] * len(codes))):
        subject = Subject(codes[place], CATEGORIES[place % 4])
        yield cohort(subject, COURSES[place % 2], ANSWERED, days=(DAY, DAY))
        yield cohort(subject, Course.UNTOUCHED, count - ANSWERED, days=(DAY, DAY))


SCENARIO = Scenario(
    name="nation-day",
    title="10,000 complaints in one day, over 680 institutions",
    notes=(
        "everything is assumed: a load beyond any day that was published",
        "14 or 15 complaints for each institution, two of them answered by the end of that day",
    ),
    cohorts=tuple(_cohorts()),
    checkpoints=(Checkpoint(as_of=end_of(DAY), figures=FIGURES),),
)
