"""Which lines of the table match a complaint, and whom they mean there."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from services.router.domain.reference.directory import Directory, Institution
from services.router.domain.reference.taxonomy import covers
from services.router.domain.routing.evidence import Evidence
from services.router.domain.routing.findings import BuiltInRule, Finding
from services.router.domain.routing.rules import RoutingRule, RuleTarget
from shared.contracts.case import Candidate


class _Lookup(NamedTuple):
    """Places of the rules about one category, in order: those without words, and the others."""

    plain: tuple[int, ...]
    with_words: frozenset[int]


class RuleMatcher:
    """The table of rules over one directory; never changes."""

    def __init__(
        self, directory: Directory, rules: Sequence[RoutingRule], categories: Iterable[str]
    ) -> None:
        self._directory = directory
        self._known = directory.institutions
        self._rules = tuple(rules)
        divided = {one.parent for one in self._known.values() if one.autonomous}
        self._undivided = {
            one.code for one in self._known.values() if one.region_code and one.code not in divided
        }
        self._lookups = {about: self._lookup(about) for about in (None, *categories)}
        self._finders: Mapping[str, Callable[[RoutingRule, Evidence], Finding | None]] = {
            RuleTarget.NAMED: self._named,
            RuleTarget.TRIAGE: self._left_to_people,
            RuleTarget.REGION: self._regional,
            RuleTarget.REGENCY: self._regional,
            RuleTarget.PROVINCE: self._regional,
        }

    def rules_for(self, matter: Evidence, category: str | None) -> Iterator[RoutingRule]:
        """Yield the rules that match, in the table's order, as if it were about `category`."""
        marks, where = matter.reading.marks, matter.where
        # What a gateway calls a category need not be one of the table's.
        lookup = self._lookups.get(category) or self._lookup(category)
        said = marks.rules & lookup.with_words
        for place in sorted((*lookup.plain, *said)) if said else lookup.plain:
            rule = self._rules[place]
            if place in marks.against:
                continue
            if not rule.region or rule.is_at(where.region, is_told=bool(where.governments)):
                yield rule

    def first(self, matter: Evidence, category: str) -> Finding | None:
        """Return what the first rule finds, as if it were about `category`."""
        for rule in self.rules_for(matter, category):
            if (found := self.find(rule, matter)) is not None:
                return found
        return None

    def find(self, rule: RoutingRule, matter: Evidence) -> Finding | None:
        """Return whom a matching rule means; None where it has nothing to say here."""
        finder = self._finders.get(rule.institution)
        if finder is not None:
            return finder(rule, matter)
        return self._to(rule, matter, self._known[rule.institution])

    def _lookup(self, category: str | None) -> _Lookup:
        about = [at for at, rule in enumerate(self._rules) if rule.is_about(category)]
        plain = tuple(at for at in about if not self._rules[at].words)
        return _Lookup(plain, frozenset(about).difference(plain))

    def _left_to_people(self, rule: RoutingRule, matter: Evidence) -> Finding:
        reasons = (f"{rule.name}: {rule.because}", matter.subject.reason)
        return Finding(rule.name, reasons=reasons, missing=("subject",))

    def _named(self, rule: RoutingRule, matter: Evidence) -> Finding | None:
        if not matter.reading.central:
            return None
        named = matter.reading.central
        meant = (self._directory.current(code).code for codes in named for code in codes)
        codes = list(dict.fromkeys(meant))
        if len(codes) == 1:
            word = next(iter(named.values()))
            return self._to(rule, matter, self._known[codes[0]], f"{word} is named")
        return Finding(
            BuiltInRule.AMBIGUOUS,
            reasons=(f"{rule.name}: several institutions are named",),
            candidates=tuple(self._candidates(rule, codes)),
            missing=("institution",),
        )

    def _regional(self, rule: RoutingRule, matter: Evidence) -> Finding | None:
        meant = list(dict.fromkeys(self._governments(rule, matter)))
        if len(meant) == 1:
            region = matter.where.region or meant[0].region_code
            where = f"{matter.where.source}: {region} is of {meant[0].name}"
            return self._to(rule, matter, meant[0], where, sure=matter.where.confidence)
        if meant:
            codes = [one.code for one in meant]
            return Finding(
                BuiltInRule.AMBIGUOUS,
                reasons=(f"{rule.name}: several regions are possible",),
                candidates=tuple(self._candidates(rule, codes)),
                missing=("region",),
            )
        if rule.category is None and not rule.words:
            return None
        reasons = (f"{rule.name}: {rule.because}", matter.subject.reason)
        return Finding(BuiltInRule.REGION_MISSING, reasons=reasons, missing=("region",))

    def _governments(self, rule: RoutingRule, matter: Evidence) -> Iterator[Institution]:
        for one in matter.where.governments:
            holder = self._directory.responsible(one)
            if rule.institution == RuleTarget.PROVINCE and holder.parent is not None:
                yield self._directory.current(holder.parent)
            elif rule.institution != RuleTarget.REGENCY or self._acts_as_regency(one, holder):
                yield self._directory.current(holder.code)

    def _acts_as_regency(self, one: Institution, holder: Institution) -> bool:
        # Jakarta answers for its administrative cities, and for itself where no city is named.
        return holder.parent is not None or one != holder or holder.code in self._undivided

    def _candidates(self, rule: RoutingRule, codes: Sequence[str]) -> Iterator[Candidate]:
        for code in codes:
            if self._known[code].closed:
                continue
            yield Candidate(
                institution=code,
                confidence=round(rule.trust / len(codes), 2),
                reason=f"{rule.name}: {self._known[code].name}",
            )

    def _to(
        self,
        rule: RoutingRule,
        matter: Evidence,
        one: Institution,
        why: str = "",
        *,
        sure: float = 1,
    ) -> Finding:
        subject = matter.subject
        used = rule.category is not None and covers(rule.category, subject.category or "")
        confidence = min(rule.trust, sure, subject.confidence if used else 1.0)
        said = (f"{rule.name}: {rule.because}", why, subject.reason if used else "")
        return Finding(
            rule.name,
            one.code,
            rule.unit,
            confidence,
            reasons=tuple(filter(None, said)),
        )
