"""Finds the institution that must answer a complaint: named rules in order, the first match wins.

It knows when it does not know: what no rule settles goes to triage, with what it might be.
Reasons hold rules, regions and words of the directory, never the reporter's own.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import islice
from typing import Protocol

from services.router.domain.categories import Categories
from services.router.domain.directory import Directory, Institution
from services.router.domain.gazetteer import Gazetteer
from services.router.domain.lexicon import build_lexicon
from services.router.domain.reading import Named, Reading, read
from services.router.domain.regions import Ambiguous, Resolved, Unknown
from shared.case import Candidate, Complaint, Decision

MOST_CANDIDATES = 3


class Rule(StrEnum):
    """The rule that decided; a label of `salur_decisions_total`."""

    CHOSEN = "chosen"
    CENTRAL_WORDS = "central_words"
    REGION_CODE = "region_code"
    REGION_TEXT = "region_text"
    AMBIGUOUS = "ambiguous"
    UNKNOWN = "unknown"
    NOT_PROVISIONED = "institution_not_provisioned"


# How far each rule is trusted; an order, not a measured probability.
CONFIDENCE = {
    Rule.CHOSEN: 1.0,
    Rule.REGION_CODE: 0.9,
    Rule.CENTRAL_WORDS: 0.85,
    Rule.REGION_TEXT: 0.8,
}
HINT = 0.3


class Decider(Protocol):
    """One batch of complaints in, one decision each out, in the same order."""

    def decide(
        self, complaints: Sequence[Complaint], provisioned: frozenset[str]
    ) -> list[Decision]:
        """Decide each complaint; `provisioned` holds the codes of institutions with a topic."""
        ...


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule found: an institution, or what it may be."""

    rule: Rule
    institution: str | None = None
    region: str | None = None
    reason: str = ""
    candidates: tuple[Candidate, ...] = ()
    missing: tuple[str, ...] = ()
    confidence: float | None = None  # where the rule's own is too much or too little


class Brain:
    """The rules, over one version of the directory; `places` are districts and villages by code."""

    def __init__(
        self, directory: Directory, categories: Categories, places: Mapping[str, str]
    ) -> None:
        self._directory = directory
        self._known = directory.institutions
        self._categories = categories
        self._lexicon = build_lexicon(directory, categories)
        self._gazetteer = Gazetteer(directory, places)
        self._rules: tuple[Callable[[Complaint, Reading], Finding | None], ...] = (
            self._chosen,
            self._central_words,
            self._region_code,
            self._region_text,
            self._unknown,
        )

    def decide(
        self, complaints: Sequence[Complaint], provisioned: frozenset[str]
    ) -> list[Decision]:
        """Decide each complaint; never raises for a text, and the same input gives the same."""
        return [self._decide(complaint, provisioned) for complaint in complaints]

    def _decide(self, complaint: Complaint, provisioned: frozenset[str]) -> Decision:
        reading = read(complaint, self._lexicon, self._gazetteer)
        finding = next(found for rule in self._rules if (found := rule(complaint, reading)))
        if finding.institution is not None and finding.institution not in provisioned:
            finding = _not_provisioned(finding, finding.institution)
        return Decision(
            institution=finding.institution,
            category=self._categories.named(complaint.category) or reading.category(),
            region=finding.region,
            confidence=_confidence(finding),
            rule=finding.rule.value,
            version=self._directory.version,
            reasons=(finding.reason,),
            candidates=finding.candidates,
            missing=finding.missing,
        )

    def _chosen(self, complaint: Complaint, _: Reading) -> Finding | None:
        one = self._known.get(complaint.institution or "")
        if one is None:
            return None
        return Finding(Rule.CHOSEN, one.code, one.region_code, f"chosen: {one.name}")

    def _central_words(self, _: Complaint, reading: Reading) -> Finding | None:
        named = reading.central()
        codes = {code for meant in named for code in meant}
        if not codes:
            return None
        if len(codes) > 1:
            candidates = _some(self._hints(named, Rule.CENTRAL_WORDS))
            return Finding(
                Rule.AMBIGUOUS,
                reason=f"{Rule.CENTRAL_WORDS}: several institutions are named",
                candidates=candidates,
                missing=("institution",),
            )
        code, word = codes.pop(), next(iter(named.values()))
        reason = f"{Rule.CENTRAL_WORDS}: {word} means {self._known[code].name}"
        return Finding(Rule.CENTRAL_WORDS, code, None, reason)

    def _region_code(self, complaint: Complaint, _: Reading) -> Finding | None:
        one = self._directory.by_region(complaint.place.region_code or "")
        return None if one is None else self._government(Rule.REGION_CODE, one)

    def _region_text(self, _: Complaint, reading: Reading) -> Finding | None:
        match reading.region(self._gazetteer, self._known):
            case Unknown():
                return None
            case Resolved(code=code, confidence=confidence):
                named = [self._known[self._gazetteer.government[code]]]
            case Ambiguous(candidates=codes):
                confidence = CONFIDENCE[Rule.REGION_TEXT]
                named = [self._known[self._gazetteer.government[code]] for code in codes]
        # Two cities of Jakarta are one government.
        if len({self._directory.responsible(one).code for one in named}) == 1:
            found = self._government(Rule.REGION_TEXT, named[0])
            return replace(found, confidence=confidence)
        return self._several(named)

    def _several(self, named: Sequence[Institution]) -> Finding:
        candidates = (
            Candidate(
                institution=self._directory.responsible(one).code,
                confidence=round(CONFIDENCE[Rule.REGION_TEXT] / len(named), 2),
                reason=f"{Rule.REGION_TEXT}: {one.name}",
            )
            for one in named
        )
        return Finding(
            Rule.AMBIGUOUS,
            reason=f"{Rule.REGION_TEXT}: several regions are possible",
            candidates=_some(candidates),
            missing=("region",),
        )

    def _unknown(self, _: Complaint, reading: Reading) -> Finding:
        candidates = _some(self._hints(reading.passing(), "topic"))
        return Finding(
            Rule.UNKNOWN,
            reason=f"{Rule.UNKNOWN}: no institution and no region is named",
            candidates=candidates,
            missing=("region", "institution"),
        )

    def _government(self, rule: Rule, one: Institution) -> Finding:
        responsible = self._directory.responsible(one)
        reason = f"{rule}: {one.region_code} is of {responsible.name}"
        return Finding(rule, responsible.code, one.region_code, reason)

    def _hints(self, named: Named, rule: str) -> Iterator[Candidate]:
        for codes, word in named.items():
            for code in codes:
                reason = f"{rule}: {word} means {self._known[code].name}"
                yield Candidate(institution=code, confidence=HINT, reason=reason)


def _some(candidates: Iterable[Candidate]) -> tuple[Candidate, ...]:
    """Return the first three, each institution once."""
    once: dict[str, Candidate] = {}
    for one in candidates:
        once.setdefault(one.institution, one)
    return tuple(islice(once.values(), MOST_CANDIDATES))


def _not_provisioned(finding: Finding, code: str) -> Finding:
    confidence = _confidence(finding)
    return Finding(
        Rule.NOT_PROVISIONED,
        region=finding.region,
        reason=f"{Rule.NOT_PROVISIONED}: {code} has no topic",
        candidates=(Candidate(institution=code, confidence=confidence, reason=finding.reason),),
    )


def _confidence(finding: Finding) -> float:
    if finding.confidence is not None:
        return finding.confidence
    return CONFIDENCE.get(finding.rule, 0.0)
