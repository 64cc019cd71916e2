"""Complaints about COVID-19 from March 2020 to January 2021: more than half about assistance."""

from datetime import date

from deploy.dev.replay.scenario import Checkpoint, Measure, Question, Scenario, end_of
from deploy.dev.replay.scenarios.fates import Fate, Subject, fared
from deploy.dev.replay.scenarios.figures import ASSUMED, SEED, figures

SOCIAL, HEALTH = "kem-021", "kem-020"
MONTHS = (date(2020, 3, 1), date(2021, 1, 31))
FATES = {
    Subject(SOCIAL, "covid.social_assistance"): Fate(21_930, 310, 137, 370),
    Subject(HEALTH, "covid.health"): Fate(7_820, 140, 60, 100),
    Subject("prov-31", "covid.restrictions"): Fate(3_900, 60, 20, 40),
    Subject("prov-32", "covid.restrictions"): Fate(2_280, 60, 30, 30),
    Subject("prov-33", "covid.restrictions"): Fate(1_560, 40, 25, 25),
    Subject("prov-35", "covid.restrictions"): Fate(1_840, 50, 30, 30),
    Subject("kem-009", "covid.restrictions"): Fate(10, 10, 16, 16),
}
ALL = Question(first=MONTHS[0], last=MONTHS[1])
COVID = Question(first=MONTHS[0], last=MONTHS[1], category="covid")
ASSISTANCE = Question(first=MONTHS[0], last=MONTHS[1], category="covid.social_assistance")
FIGURES = (
    *figures(COVID, [("complaints about COVID-19", Measure.RECEIVED, "40939", SEED)]),
    *figures(ASSISTANCE, [("of these, social assistance", Measure.RECEIVED, "22747", SEED)]),
    *figures(
        ALL,
        [("social assistance, with its ministry", Measure.RECEIVED, "22747", SEED)],
        SOCIAL,
    ),
    *figures(
        COVID,
        [
            ("completed", Measure.COMPLETED, "39340", ASSUMED),
            ("in progress", Measure.IN_PROGRESS, "670", ASSUMED),
            ("returned", Measure.POSTPONED, "611", ASSUMED),
            ("completion rate, %", Measure.COMPLETION_RATE, "97.55", ASSUMED),
        ],
    ),
    *figures(ALL, [("institutions that agree in all", Measure.LINES, "7", ASSUMED)]),
)
SCENARIO = Scenario(
    name="covid-2020",
    title="COVID-19, from March 2020 to January 2021",
    notes=(
        "as of 31 January 2021, 23:59:59 WIB",
        "all complaints on social assistance are assumed to be the ministry's: one institution's",
        "topic takes 55.6 % of everything; metrics names main categories, so it counts them there",
        "who had the others, and what became of all, is assumed",
    ),
    cohorts=tuple(one for subject, fate in FATES.items() for one in fared(subject, MONTHS, fate)),
    checkpoints=(Checkpoint(as_of=end_of(MONTHS[1]), figures=FIGURES),),
)
