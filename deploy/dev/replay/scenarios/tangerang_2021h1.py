"""The regency of Tangerang in the first half of 2021: 92 % followed up, second of its tier."""

from datetime import date

from deploy.dev.replay.scenario import Checkpoint, Measure, Question, Scenario, end_of
from deploy.dev.replay.scenarios.fates import Fate, Subject, fared
from deploy.dev.replay.scenarios.figures import ASSUMED, SEED, figures

TANGERANG = "kab-3603"
HALF = (date(2021, 1, 1), date(2021, 6, 30))
CATEGORIES = ("roads.damage", "environment.waste", "civil_registration.id_card", "health.facility")
# The volume is assumed; 276 of 300 is 92.00 %.
OWN = Fate(230, 46, 24, 10)
# The regencies and cities around it, and two pilots of the system elsewhere: all assumed.
OTHERS = {
    "kab-3404": Fate(168, 30, 7, 4),
    "kab-5103": Fate(88, 20, 11, 3),
    "kota-3671": Fate(190, 33, 31, 7),
    "kota-3674": Fate(201, 37, 29, 6),
    "kab-3601": Fate(21, 14, 12, 1),
    "kab-3602": Fate(24, 9, 8, 2),
    "kab-3604": Fate(38, 17, 11, 2),
    "kota-3672": Fate(31, 8, 6, 1),
    "kota-3673": Fate(29, 15, 14, 2),
    "kab-3201": Fate(151, 40, 37, 8),
    "kab-3216": Fate(117, 29, 41, 5),
    "kota-3271": Fate(96, 22, 12, 3),
    "kota-3275": Fate(133, 31, 26, 4),
    "kota-3276": Fate(142, 25, 21, 6),
}
RANKED = Question(first=HALF[0], last=HALF[1], tier="kabkota", by="follow_up")
FIGURES = (
    *figures(
        RANKED,
        [
            ("follow-up rate, %", Measure.FOLLOW_UP_RATE, "92.00", SEED),
            ("rank of regencies and cities", Measure.RANK, "2", SEED),
            ("received", Measure.RECEIVED, "310", ASSUMED),
            ("followed up", Measure.FOLLOWED_UP, "276", ASSUMED),
            ("not followed up", Measure.ROUTED, "24", ASSUMED),
            ("returned", Measure.POSTPONED, "10", ASSUMED),
        ],
        TANGERANG,
    ),
    *figures(
        RANKED,
        [("regencies and cities that agree in all", Measure.LINES, "15", ASSUMED)],
    ),
)
SCENARIO = Scenario(
    name="tangerang-2021h1",
    title="Kabupaten Tangerang in the first half of 2021, among regencies and cities",
    notes=(
        "as of 30 June 2021, 23:59:59 WIB",
        "the published 92 % is taken as exact: 276 of 300; volume and split are assumed",
        "the first of the ranking, all neighbours and all categories are assumed",
    ),
    cohorts=(
        *fared(Subject(TANGERANG, CATEGORIES[0]), HALF, OWN),
        *(
            one
            for place, (code, fate) in enumerate(OTHERS.items())
            for one in fared(Subject(code, CATEGORIES[place % 4]), HALF, fate)
        ),
    ),
    checkpoints=(Checkpoint(as_of=end_of(HALF[1]), figures=FIGURES),),
)
