"""A history as it is fed: the same for the same seed, in order, within its time."""

from collections import Counter
from datetime import date, timedelta
from fractions import Fraction

import pytest

from deploy.dev.replay.categories import read_subjects
from deploy.dev.replay.feeder import HolderStatus
from deploy.dev.replay.plan import Report, plan, with_one_changed
from deploy.dev.replay.scale import scaled
from deploy.dev.replay.scenario import Checkpoint, Cohort, Course, Scenario, end_of, start_of
from deploy.dev.replay.scenarios import NAMES, scenario_of

SUBJECTS = read_subjects()
SEED = 7


def history(name: str, seed: int = SEED) -> list[Report]:
    return plan(scaled(scenario_of(name), Fraction(1, 20)), seed, SUBJECTS)


@pytest.mark.parametrize("name", NAMES)
def test_the_same_seed_gives_the_same_history_and_another_one_another(name: str) -> None:
    assert history(name) == history(name)
    assert history(name) != history(name, SEED + 1)


@pytest.mark.parametrize("name", NAMES)
def test_every_complaint_goes_forward_in_time_and_ends_by_the_as_of(name: str) -> None:
    ends = scenario_of(name).ends
    reports = history(name)

    assert reports == sorted(reports, key=lambda one: (one.received_at, one.key))
    assert len({one.key for one in reports}) == len(reports)
    for one in reports:
        times = [one.received_at, *(step.at for step in one.steps)]
        assert times == sorted(times)
        assert times[-1] <= ends


def small(course: Course, **more: str) -> list[Report]:
    days = date(2021, 1, 1), date(2021, 3, 31)
    cohort = Cohort(
        institution="prov-36",
        category="roads",
        course=course,
        count=40,
        first=days[0],
        last=days[1],
        **more,
    )
    end = Checkpoint(as_of=end_of(days[1]), figures=())
    scenario = Scenario(name="x", title="x", notes=(), cohorts=(cohort,), checkpoints=(end,))
    return plan(scenario, SEED, SUBJECTS)


def kinds(report: Report) -> list[object]:
    return [step.action["kind"] for step in report.steps]


def test_what_was_sent_on_begins_with_its_origin_and_is_answered_by_its_holder() -> None:
    for one in small(Course.COMPLETED, origin="kab-3603", unit="Dinas PU"):
        assert one.institution == one.form["institution"] == "kab-3603"
        assert one.steps[0].action["institution"] == "prov-36"
        assert kinds(one)[:2] == ["transfer", "assign_unit"]
        assert kinds(one)[-1] == "complete"


def test_nothing_in_progress_was_left_alone_for_longer_than_it_takes_to_close() -> None:
    end = end_of(date(2021, 3, 31))
    for one in small(Course.FOLLOWED_UP):
        assert kinds(one) == ["follow_up"]
        assert end - one.steps[0].at <= timedelta(days=7)


def test_an_answer_follows_within_nine_days_of_its_complaint() -> None:
    seen = Counter(tuple(kinds(one)) for one in small(Course.COMPLETED))

    assert set(seen) == {("complete",), ("follow_up", "complete")}
    for one in small(Course.COMPLETED):
        assert one.steps[-1].at - one.received_at <= timedelta(days=9)


def test_receptions_stay_within_the_days_of_their_cohort() -> None:
    first, last = start_of(date(2021, 1, 1)), end_of(date(2021, 3, 31))

    assert all(first <= one.received_at <= last for one in small(Course.UNTOUCHED))


def fates(reports: list[Report]) -> Counter[HolderStatus]:
    return Counter((one.institution, str(kinds(one)[-1:])) for one in reports)


@pytest.mark.parametrize("name", NAMES)
def test_one_changed_complaint_is_the_only_difference_and_ends_otherwise(name: str) -> None:
    reports = history(name)

    changed = with_one_changed(reports, SEED)

    (pair,) = [
        pair for pair in zip(reports, changed, strict=True) if pair[0].steps != pair[1].steps
    ]
    assert kinds(pair[0])[-1:] != ["return_to_reporter"]
    assert kinds(pair[1])[-1] == "return_to_reporter"
    assert fates(reports) != fates(changed)
