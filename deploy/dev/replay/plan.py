"""Turns a scenario into single complaints, each with its times, words and actions.

The same scenario and seed give the same history. Times follow the legal clocks: what is completed
is completed within nine days of its reception, and what is in progress was followed up within the
last seven days, so that no case closes by itself before the scenario's end.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random

from deploy.dev.replay.scenario import Cohort, Course, Scenario, end_of, start_of
from deploy.dev.replay.texts import ANSWERS, complaint_text
from deploy.operate.intake_client.form_columns import Form

LONGEST = timedelta(days=9)
RECENT = timedelta(days=7)
WITH_FOLLOW_UP = 1 / 3  # of what is completed


@dataclass(frozen=True, slots=True)
class Step:
    """An action on a complaint, and when it is taken."""

    at: datetime
    action: Form


@dataclass(frozen=True, slots=True)
class Report:
    """One complaint of the history: its idempotency key, its form, and what is done about it."""

    key: str
    form: Form
    received_at: datetime
    institution: str  # that has it first
    steps: tuple[Step, ...]


def plan(scenario: Scenario, seed: int, subjects: Mapping[str, str]) -> list[Report]:
    """Return all complaints in the order of their reception; `subjects` names the categories."""
    reports = [
        _report(scenario, cohort, f"{scenario.name}-{seed}-{place}-{number}", subjects=subjects)
        for place, cohort in enumerate(scenario.cohorts)
        for number in range(cohort.count)
    ]
    return sorted(reports, key=lambda one: (one.received_at, one.key))


def with_one_changed(reports: list[Report], seed: int) -> list[Report]:
    """Return the history with one complaint sent back to its reporter, which was not before."""
    random = Random(seed)
    kinds = [[step.action["kind"] for step in one.steps] for one in reports]
    fit = [place for place, found in enumerate(kinds) if found[-1:] != ["return_to_reporter"]]
    place = random.choice([place for place in fit if kinds[place]] or fit)
    one = reports[place]
    kept = tuple(step for step in one.steps if step.action["kind"] in ("transfer", "assign_unit"))
    at = one.steps[-1].at if one.steps else one.received_at + timedelta(seconds=1)
    changed = replace(one, steps=(*kept, Step(at, _answer("return_to_reporter"))))
    return [*reports[:place], changed, *reports[place + 1 :]]


def _report(scenario: Scenario, cohort: Cohort, key: str, *, subjects: Mapping[str, str]) -> Report:
    random = Random(key)
    received_at = _received(cohort, random, int(key.rpartition("-")[2]))
    first_holder = cohort.origin or cohort.institution
    form: Form = {
        "text": complaint_text(subjects[cohort.category], random),
        "institution": first_holder,
        "category": cohort.category,
        "occurred_at": received_at.isoformat(),
    }
    steps = _Steps(received_at, scenario.ends, random).of(cohort)
    return Report(key, form, received_at, first_holder, steps)


def _received(cohort: Cohort, random: Random, number: int) -> datetime:
    begins = start_of(cohort.first)
    share = (number + random.random()) / cohort.count
    at = begins + (end_of(cohort.last) - begins) * share
    return at.replace(microsecond=0)


class _Steps:
    """Times of one complaint's actions, as parts of the time there is for them."""

    def __init__(self, received_at: datetime, ends: datetime, random: Random) -> None:
        self._received_at = received_at
        self._ends = ends
        self._random = random

    def of(self, cohort: Cohort) -> tuple[Step, ...]:
        """Return what is done, in order."""
        steps = []
        if cohort.origin is not None:
            moved = _answer("transfer") | {"institution": cohort.institution}
            steps.append(self._early(0.1, 0.2, moved))
        if cohort.unit is not None:
            steps.append(self._early(0.25, 0.3, {"kind": "assign_unit", "unit": cohort.unit}))
        return (*steps, *self._answers(cohort.course))

    def _answers(self, course: Course) -> list[Step]:
        match course:
            case Course.UNTOUCHED:
                return []
            case Course.FOLLOWED_UP:
                span = min(RECENT, self._ends - self._received_at)
                at = self._ends - span * self._random.uniform(0.05, 0.6)
                return [Step(at, _answer("follow_up"))]
            case Course.RETURNED:
                return [self._early(0.35, 0.6, _answer("return_to_reporter"))]
            case Course.COMPLETED:
                done = self._early(0.6, 0.95, _answer("complete"))
                if self._random.random() >= WITH_FOLLOW_UP:
                    return [done]
                return [self._early(0.35, 0.55, _answer("follow_up")), done]

    def _early(self, least: float, most: float, action: Form) -> Step:
        span = min(LONGEST, self._ends - self._received_at)
        return Step(self._received_at + span * self._random.uniform(least, most), action)


def _answer(kind: str) -> Form:
    return {"kind": kind, "text": ANSWERS[kind]}
