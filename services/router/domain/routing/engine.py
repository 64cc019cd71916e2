"""Finds the institution that must answer a complaint: ordered rules, the first match wins.

What was given or chosen comes first, then the table of rules, with the category that a learned
model is sure of and the place that form and text tell. It knows when it does not know: what no
rule settles goes to triage, with its best guesses and what is missing. Reasons hold rules,
categories, regions and words of the directory, never the reporter's own.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from services.router.domain.geography.gazetteer import Gazetteer
from services.router.domain.geography.place_names import PlaceNames
from services.router.domain.reference.directory import Directory
from services.router.domain.reference.taxonomy import Taxonomy
from services.router.domain.routing.category import choose_category
from services.router.domain.routing.category_guesser import CategoryGuess, Guesser
from services.router.domain.routing.evidence import SPOT, Evidence
from services.router.domain.routing.extraction import Extractor
from services.router.domain.routing.findings import BuiltInRule, Finding, best
from services.router.domain.routing.keywords import KeywordIndex
from services.router.domain.routing.location import locate
from services.router.domain.routing.rule_matcher import RuleMatcher
from services.router.domain.routing.rules import RoutingRule
from services.router.domain.routing.street_level import has_street_level_place
from services.router.domain.text.lexicon import build_lexicon
from shared.contracts.case import Candidate, Complaint, Decision, Question

LEANING = 0.5  # probability of the guesses that mean one institution, together
HINT = 0.3  # a word that only hints at an institution


class Decider(Protocol):
    """One batch of complaints in, one decision each out, in the same order."""

    def decide(
        self, complaints: Sequence[Complaint], provisioned: frozenset[str]
    ) -> list[Decision]:
        """Decide each complaint; `provisioned` holds the codes of institutions with a topic."""
        ...


@dataclass(frozen=True, slots=True)
class ReferenceData:
    """Everything decisions rest on, read from one version of the files."""

    directory: Directory
    taxonomy: Taxonomy
    rules: tuple[RoutingRule, ...]
    guesser: Guesser
    version: str


class RoutingEngine:
    """Judges complaints by one `ReferenceData`; `places` are those below a regency."""

    def __init__(self, knowledge: ReferenceData, places: PlaceNames) -> None:
        self._knowledge = knowledge
        self._directory = knowledge.directory
        self._gazetteer = Gazetteer(knowledge.directory, places)
        self._reader = Extractor(
            build_lexicon(knowledge.directory),
            self._gazetteer,
            KeywordIndex(knowledge.taxonomy, knowledge.rules),
        )
        self._targets = RuleMatcher(
            knowledge.directory, knowledge.rules, knowledge.taxonomy.categories
        )

    def decide(
        self, complaints: Sequence[Complaint], provisioned: frozenset[str]
    ) -> list[Decision]:
        """Decide each complaint; never raises for a text, and the same input gives the same."""
        guesses = self._knowledge.guesser.guess([classifier_text(one) for one in complaints])
        return [
            self._decide(complaint, guessed, provisioned)
            for complaint, guessed in zip(complaints, guesses, strict=True)
        ]

    def _decide(
        self, complaint: Complaint, guesses: Sequence[CategoryGuess], provisioned: frozenset[str]
    ) -> Decision:
        matter = self._matter(complaint, guesses)
        finding = self._direct(matter) or self._by_rule(matter) or self._unknown(matter)
        finding = self._in_office(matter, finding)
        if finding.institution is not None and finding.institution not in provisioned:
            finding = finding.not_provisioned()
        return self._decision(matter, finding)

    def _matter(self, complaint: Complaint, guesses: Sequence[CategoryGuess]) -> Evidence:
        reading = self._reader.read(complaint)
        return Evidence(
            complaint=complaint,
            reading=reading,
            subject=choose_category(complaint, guesses, self._knowledge.taxonomy, self._reader),
            where=locate(complaint, reading, self._directory, self._gazetteer),
        )

    def _direct(self, matter: Evidence) -> Finding | None:
        one = self._directory.institutions.get(matter.complaint.institution or "")
        if one is None:
            return None
        rule = BuiltInRule.GIVEN if matter.complaint.given else BuiltInRule.CHOSEN
        return Finding(rule, one.code, confidence=1.0, reasons=(f"{rule}: {one.name}",))

    def _in_office(self, matter: Evidence, found: Finding) -> Finding:
        """Return the finding for whoever answers now for the institution that it names."""
        if found.institution is None:
            return found
        current = self._directory.current(found.institution)
        if current.closed:
            return self._with_guesses(matter, found.closed())
        return found if current.code == found.institution else found.succeeded(current.code)

    def _by_rule(self, matter: Evidence) -> Finding | None:
        for rule in self._targets.rules_for(matter, matter.subject.category):
            if rule.is_catch_all and self._leans_away(matter):
                return None
            if (found := self._targets.find(rule, matter)) is not None:
                return self._checked(matter, found)
        return None

    def _leans_away(self, matter: Evidence) -> bool:
        """Tell whether the likely categories mean somebody else than the place's government."""
        sums: dict[str, float] = defaultdict(float)
        for guess in matter.subject.guesses:
            found = self._targets.first(matter, guess.category)
            if found is not None and found.institution is not None:
                sums[self._directory.current(found.institution).code] += guess.probability
        hosts = map(self._directory.responsible, matter.where.governments)
        here = {self._directory.current(one.code).code for one in hosts}
        return any(total >= LEANING for code, total in sums.items() if code not in here)

    def _checked(self, matter: Evidence, found: Finding) -> Finding:
        if found.institution is None:
            return self._with_guesses(matter, found)
        needs = self._knowledge.taxonomy.needs_of(matter.subject.category or "")
        missing = tuple(need.code for need in needs if not self._tells(matter, need.code))
        return found.incomplete(missing) if missing else found

    def _tells(self, matter: Evidence, need: str) -> bool:
        if matter.tells(need):
            return True
        return need == SPOT and has_street_level_place(matter.complaint)

    def _unknown(self, matter: Evidence) -> Finding:
        if matter.where.is_known or matter.subject.category is not None:
            return self._left(matter, BuiltInRule.UNSURE, ("subject",))
        return self._left(matter, BuiltInRule.UNKNOWN, ("region", "institution"))

    def _left(self, matter: Evidence, rule: BuiltInRule, missing: tuple[str, ...]) -> Finding:
        reasons = (f"{rule}: no rule decides", matter.subject.reason)
        return self._with_guesses(matter, Finding(rule, reasons=reasons, missing=missing))

    def _with_guesses(self, matter: Evidence, found: Finding) -> Finding:
        every = (*found.candidates, *self._guessed(matter), *self._hints(matter))
        return Finding(
            found.rule,
            reasons=found.reasons,
            candidates=best((*every, *self._hosts(matter))),
            missing=found.missing,
        )

    def _guessed(self, matter: Evidence) -> Iterator[Candidate]:
        for guess in matter.subject.guesses:
            found = self._targets.first(matter, guess.category)
            if found is not None and (code := self._open(found.institution)) is not None:
                yield Candidate(
                    institution=code,
                    confidence=round(min(guess.probability, found.confidence), 4),
                    reason=f"{found.rule}: if it is about {guess.category}",
                )

    def _hints(self, matter: Evidence) -> Iterator[Candidate]:
        for codes, word in matter.reading.passing().items():
            for code in filter(None, map(self._open, codes)):
                name = self._directory.institutions[code].name
                yield Candidate(
                    institution=code, confidence=HINT, reason=f"topic: {word} means {name}"
                )

    def _hosts(self, matter: Evidence) -> Iterator[Candidate]:
        for one in matter.where.governments:
            code = self._open(self._directory.responsible(one).code)
            if code is None:
                continue
            sure = round(HINT / len(matter.where.governments), 2)
            reason = f"{matter.where.source}: {one.name}"
            yield Candidate(institution=code, confidence=sure, reason=reason)

    def _open(self, code: str | None) -> str | None:
        """Return who can be sent a complaint for this code now; None for nobody."""
        if code is None:
            return None
        current = self._directory.current(code)
        return None if current.closed else current.code

    def _decision(self, matter: Evidence, finding: Finding) -> Decision:
        return Decision(
            institution=finding.institution,
            unit=finding.unit,
            category=matter.subject.category,
            region=self._region(matter, finding),
            confidence=round(finding.confidence, 4),
            rule=str(finding.rule),
            version=self._knowledge.version,
            model=self._knowledge.guesser.version,
            reasons=finding.reasons,
            candidates=finding.candidates,
            missing=finding.missing,
            questions=tuple(self._questions(finding.missing)) if finding.missing else (),
            investigation=matter.subject.category in self._knowledge.taxonomy.investigated or None,
        )

    def _region(self, matter: Evidence, finding: Finding) -> str | None:
        holder = self._directory.institutions.get(finding.institution or "")
        return matter.where.region or (holder.region_code if holder else None)

    def _questions(self, missing: Sequence[str]) -> Iterator[Question]:
        for code in missing:
            if need := self._knowledge.taxonomy.needs.get(code):
                yield Question(need=code, text=need.question, text_en=need.question_en)


def classifier_text(complaint: Complaint) -> str:
    """Return what a classifier reads: the title only where it says more than the text's start."""
    start = complaint.title.rstrip("…").rstrip()
    if complaint.text.startswith(start):
        return complaint.text
    return f"{complaint.title} {complaint.text}"
