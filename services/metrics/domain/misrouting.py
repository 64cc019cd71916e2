"""Misrouting by rule and version, ready to be exported: every label comes from a bounded set."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import NamedTuple

from services.metrics.domain.labels import OTHER, largest, name_or_other
from services.metrics.domain.routing import MisroutingSign, Routing
from shared.contracts.case import Outcome

OLDER = "older"  # all pairs of version and model beyond the newest
MANY = 3  # so many hops or more are one label
_RULE = re.compile(r"[a-z][a-z0-9_]{0,39}")
_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,39}")
# A case that the router routed was in no triage whose candidates one could follow.
_SIGNS = {
    Outcome.ROUTED: (
        MisroutingSign.TRANSFER,
        MisroutingSign.CORRECTION,
        MisroutingSign.ANY,
        MisroutingSign.CATEGORY,
    ),
    Outcome.TRIAGED: tuple(MisroutingSign),
}
Numbers = dict[tuple[str, ...], int]


class DecisionVersions(NamedTuple):
    """What a decision was made with: directory, taxonomy and rules together; the classifier."""

    version: str
    model: str


class DecisionOrigin(NamedTuple):
    """What the first decision of a case was made by, and what it did."""

    rule: str
    versions: DecisionVersions
    outcome: Outcome

    def labels(self, last: str) -> tuple[str, ...]:
        """Return the values of the labels rule, version, model, outcome and one more."""
        return self.rule, *self.versions, self.outcome, last


class RoutingCourse(NamedTuple):
    """What became of a case, as far as misrouting goes."""

    origin: DecisionOrigin
    signs: tuple[MisroutingSign, ...]
    hops: int  # at most MANY


def course_of(routing: Routing, hops: int) -> RoutingCourse:
    """Return the course of a case; a name of a wrong form becomes `other`."""
    versions = DecisionVersions(
        name_or_other(routing.version, _VERSION), name_or_other(routing.model, _VERSION)
    )
    origin = DecisionOrigin(name_or_other(routing.rule, _RULE), versions, routing.outcome)
    return RoutingCourse(origin, routing.signs(), min(hops, MANY))


def bounded(
    courses: Mapping[RoutingCourse, int], named: frozenset[DecisionVersions], most_rules: int
) -> Counter[RoutingCourse]:
    """Return the same cases with the largest rules and the `named` versions, no others by name."""
    sizes: Counter[str] = Counter()
    for course, cases in courses.items():
        sizes[course.origin.rule] += cases
    rules = largest(sizes, most_rules)
    found: Counter[RoutingCourse] = Counter()
    for course, cases in courses.items():
        found[course._replace(origin=_within(course.origin, rules, named))] += cases
    return found


def latest(seen: Iterable[tuple[DecisionVersions, datetime]]) -> dict[DecisionVersions, datetime]:
    """Return for each pair the last of its times."""
    found: dict[DecisionVersions, datetime] = {}
    for versions, received_at in seen:
        found[versions] = max(received_at, found.get(versions, received_at))
    return found


def newest(seen: Mapping[DecisionVersions, datetime], most: int) -> frozenset[DecisionVersions]:
    """Return the `most` pairs whose newest complaint was received last.

    By time and not by volume: the pair that was rolled out an hour ago has few complaints, and is
    the one that is looked for. After a return to an older pair that one is the newest again.
    """
    return frozenset(sorted(seen, key=lambda pair: (seen[pair], pair), reverse=True)[:most])


def decided(courses: Mapping[RoutingCourse, int]) -> Numbers:
    """Return cases by rule, version, model and outcome of their first decision."""
    found: Counter[tuple[str, ...]] = Counter()
    for course, cases in courses.items():
        found[course.origin.labels("")[:-1]] += cases
    return dict(found)


def misrouted(courses: Mapping[RoutingCourse, int]) -> Numbers:
    """Return cases that show a sign, by origin and sign; zeros too, so that shares have a value."""
    found = {
        origin.labels(sign): 0 for origin in _origins(courses) for sign in _SIGNS[origin.outcome]
    }
    for course, cases in courses.items():
        for sign in course.signs:
            found[course.origin.labels(sign)] += cases
    return found


def hops(courses: Mapping[RoutingCourse, int]) -> Numbers:
    """Return cases by rule, outcome and number of hops: 0, 1, 2, 3+.

    Versions are left out: they would be six times as many lines, and `misrouted` compares them.
    """
    names = [str(number) for number in range(MANY)] + [f"{MANY}+"]
    found: Numbers = {
        (origin.rule, origin.outcome, name): 0 for origin in _origins(courses) for name in names
    }
    for course, cases in courses.items():
        found[course.origin.rule, course.origin.outcome, names[course.hops]] += cases
    return found


def _origins(courses: Iterable[RoutingCourse]) -> Iterator[DecisionOrigin]:
    return iter(dict.fromkeys(course.origin for course in courses))


def _within(
    origin: DecisionOrigin, rules: frozenset[str], named: frozenset[DecisionVersions]
) -> DecisionOrigin:
    return DecisionOrigin(
        origin.rule if origin.rule in rules else OTHER,
        origin.versions if origin.versions in named else DecisionVersions(OLDER, OLDER),
        origin.outcome,
    )
