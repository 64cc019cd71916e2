"""The province of Kepulauan Riau in 2022: 271 of 273 completed, first of the provinces."""

from datetime import date

from deploy.dev.replay.scenario import Checkpoint, Measure, Question, Scenario, end_of
from deploy.dev.replay.scenarios.fates import Fate, Subject, fared
from deploy.dev.replay.scenarios.figures import ASSUMED, SEED, figures

KEPRI = "prov-21"
YEAR = (date(2022, 1, 1), date(2022, 12, 31))
CATEGORIES = ("roads.damage", "civil_registration.id_card", "education.high_school", "tax.local")
# The 33 other provinces of that time: all assumed.
OTHERS = {
    "prov-11": Fate(58, 3, 2, 1),
    "prov-12": Fate(94, 6, 4, 2),
    "prov-13": Fate(83, 1, 1, 2),
    "prov-14": Fate(71, 4, 2, 1),
    "prov-15": Fate(41, 7, 9, 1),
    "prov-16": Fate(66, 5, 3, 2),
    "prov-17": Fate(29, 2, 3, 0),
    "prov-18": Fate(63, 6, 5, 1),
    "prov-19": Fate(37, 1, 1, 1),
    "prov-31": Fate(312, 5, 2, 6),
    "prov-32": Fate(268, 14, 6, 9),
    "prov-33": Fate(241, 3, 1, 7),
    "prov-34": Fate(118, 1, 1, 3),
    "prov-35": Fate(254, 9, 4, 8),
    "prov-36": Fate(109, 6, 4, 3),
    "prov-51": Fate(92, 1, 1, 2),
    "prov-52": Fate(55, 2, 2, 1),
    "prov-53": Fate(34, 4, 5, 1),
    "prov-61": Fate(48, 3, 2, 1),
    "prov-62": Fate(33, 2, 3, 0),
    "prov-63": Fate(57, 1, 1, 1),
    "prov-64": Fate(69, 3, 2, 2),
    "prov-65": Fate(18, 1, 2, 0),
    "prov-71": Fate(31, 3, 3, 1),
    "prov-72": Fate(27, 3, 4, 0),
    "prov-73": Fate(77, 4, 2, 2),
    "prov-74": Fate(24, 4, 6, 1),
    "prov-75": Fate(22, 1, 1, 0),
    "prov-76": Fate(15, 2, 2, 0),
    "prov-81": Fate(19, 3, 4, 1),
    "prov-82": Fate(12, 2, 3, 0),
    "prov-91": Fate(11, 3, 5, 0),
    "prov-92": Fate(9, 2, 3, 1),
}
RANKED = Question(first=YEAR[0], last=YEAR[1], tier="provinsi")
FIGURES = (
    *figures(
        RANKED,
        [
            ("received", Measure.RECEIVED, "273", SEED),
            ("completed", Measure.COMPLETED, "271", SEED),
            ("in progress", Measure.IN_PROGRESS, "2", SEED),
            ("unverified", Measure.UNVERIFIED, "0", SEED),
            ("not followed up", Measure.ROUTED, "0", SEED),
            ("completion rate, %", Measure.COMPLETION_RATE, "99.27", SEED),
            ("rank of the provinces", Measure.RANK, "1", SEED),
        ],
        KEPRI,
    ),
    *figures(
        RANKED,
        [
            ("received, all provinces", Measure.RECEIVED, "3047", ASSUMED),
            ("provinces that agree in all", Measure.LINES, "34", ASSUMED),
        ],
    ),
)
SCENARIO = Scenario(
    name="kepri-2022",
    title="Kepulauan Riau in 2022, among the provinces",
    notes=(
        "the year is complete: as of 31 December 2022, 23:59:59 WIB",
        "the two in progress were followed up in the last days of December",
        "counts of the 33 other provinces of that time, and all categories, are assumed",
    ),
    cohorts=(
        *fared(Subject(KEPRI, CATEGORIES[0]), YEAR, Fate(271, 2)),
        *(
            one
            for place, (code, fate) in enumerate(OTHERS.items())
            for one in fared(Subject(code, CATEGORIES[place % 4]), YEAR, fate)
        ),
    ),
    checkpoints=(Checkpoint(as_of=end_of(YEAR[1]), figures=FIGURES),),
)
