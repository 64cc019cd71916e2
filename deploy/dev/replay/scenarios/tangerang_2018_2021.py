"""What came in through the regency of Tangerang since 2018, whoever had to answer it.

Two publications are brought together. One counts 3,171 complaints from September 2018 to 23 March
2021, for the regency, its province and the central government. The other, of August 2021, counts
since 2018: 3,164 followed up, the 25 newest not yet, 82 returned: 3,271 in all. So 100 came after
23 March; and both must count everything that came in here, each complaint once, wherever it was
sent on: then the later figures contain the earlier one.

The same publication says 92 % for the first half of 2021. Over all the years it would be 99.22 %
(3,164 of 3,189), so it can only be that half's own complaints: with the 25 newest not followed up,
288 of 313 are 92.01 %. That fixes how much came before and after 23 March in 2021.
"""

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
from deploy.dev.replay.scenarios.fates import Days, Fate, Subject, cohort, divided, fared
from deploy.dev.replay.scenarios.figures import ASSUMED, SEED, figures

TANGERANG, BANTEN = "kab-3603", "prov-36"
FIRST, COUNTED, LAST = date(2018, 9, 24), date(2021, 3, 23), date(2021, 6, 30)
YEARS: Days = (FIRST, date(2020, 12, 31))
WINTER: Days = (date(2021, 1, 1), COUNTED)
SPRING: Days = (date(2021, 3, 24), LAST)
# Sent on, all of them before 2021, and followed up by whom they were sent to.
SENT_ON = {
    Subject(BANTEN, "education.high_school"): 214,
    Subject("kem-036", "land"): 61,
    Subject("kem-021", "social_assistance.national"): 48,
    Subject("kem-020", "health.insurance"): 37,
}
# received in  followed up by the regency itself + sent on + untouched + returned
# 2018 to 2020       2,516                          360         0          70     = 2,946
# to 23 March          216                            0         0           9     =   225   3,171
# to 30 June            72                            0        25           3     =   100   3,271
FATES = {YEARS: Fate(2516, 0, 0, 70), WINTER: Fate(216, 0, 0, 9), SPRING: Fate(44, 28, 25, 3)}
CATEGORIES = {
    "roads.damage": 34,
    "environment.waste": 18,
    "civil_registration.id_card": 21,
    "health.facility": 15,
    "education.school": 12,
}
UNTIL_MARCH = Question(first=FIRST, last=COUNTED)
SINCE_2018 = Question(first=FIRST, last=LAST)
FIRST_HALF = Question(first=WINTER[0], last=LAST, tier="kabkota", by="follow_up")
UP_TO_MARCH = (
    *figures(
        UNTIL_MARCH,
        [("received to 23 Mar 2021, each counted once", Measure.RECEIVED, "3171", SEED)],
    ),
    *figures(
        UNTIL_MARCH,
        [
            ("sent on to province and centre", Measure.TRANSFERRED_OUT, "360", ASSUMED),
            ("kept by the regency", Measure.RECEIVED, "2811", ASSUMED),
        ],
        TANGERANG,
    ),
    *figures(UNTIL_MARCH, [("now with the province", Measure.RECEIVED, "214", ASSUMED)], BANTEN),
)
AT_THE_END = (
    *figures(
        SINCE_2018,
        [
            ("followed up since 2018", Measure.FOLLOWED_UP, "3164", SEED),
            ("not yet followed up", Measure.ROUTED, "25", SEED),
            ("returned to the reporter", Measure.POSTPONED, "82", SEED),
            ("received, the sum of these", Measure.RECEIVED, "3271", SEED),
            ("follow-up rate since 2018, %", Measure.FOLLOW_UP_RATE, "99.22", ASSUMED),
            ("institutions that agree in all", Measure.LINES, "5", ASSUMED),
        ],
    ),
    *figures(
        FIRST_HALF,
        [
            ("follow-up rate of H1 2021, whole %", Measure.FOLLOW_UP_PERCENT, "92", SEED),
            ("follow-up rate of H1 2021, %", Measure.FOLLOW_UP_RATE, "92.01", ASSUMED),
        ],
        TANGERANG,
    ),
    *figures(
        UNTIL_MARCH,
        [("received to 23 Mar 2021, told later", Measure.RECEIVED, "3171", SEED)],
    ),
)


def _cohorts() -> Iterator[Cohort]:
    for subject, count in SENT_ON.items():
        yield cohort(subject, Course.COMPLETED, count, days=YEARS, origin=TANGERANG)
    for days, fate in FATES.items():
        parts = [divided(count, list(CATEGORIES.values())) for count in fate]
        for category, own in zip(CATEGORIES, zip(*parts, strict=True), strict=True):
            yield from fared(Subject(TANGERANG, category), days, Fate(*own))


SCENARIO = Scenario(
    name="tangerang-2018-2021",
    title="Everything that came in through Kabupaten Tangerang since September 2018",
    notes=(
        "read twice: as of 23 March 2021 and as of 30 June 2021, 23:59:59 WIB",
        "3,164 + 25 + 82 = 3,271: 100 complaints came after 23 March, assumed by the end of June",
        "3,171 and 3,271 count what came in, each once, whoever answers: 360 sent on are assumed",
        "the 25 not yet followed up are the newest; 70, 9 and 3 returned per period are assumed",
        "92 % are the first half's own complaints, 288 of 313; over all years it would be 99.22 %",
    ),
    cohorts=tuple(_cohorts()),
    checkpoints=(
        Checkpoint(as_of=end_of(COUNTED), figures=UP_TO_MARCH),
        Checkpoint(as_of=end_of(LAST), figures=AT_THE_END),
    ),
)
