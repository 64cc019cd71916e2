"""Which of many phrases a text holds, overlapping ones too."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from services.router.domain.reference.taxonomy import Taxonomy
from services.router.domain.routing.rules import RoutingRule
from services.router.domain.text.lexicon import phrase
from services.router.domain.text.phrase_matcher import PhraseMatcher

Told = TypeVar("Told")


@dataclass(slots=True)
class KeywordHits:
    """What the phrases of a text speak for: rules, by their place in the table, and needs."""

    rules: set[int] = field(default_factory=set)
    against: set[int] = field(default_factory=set)
    told: set[str] = field(default_factory=set)


class KeywordIndex:
    """The words of one taxonomy and one table of rules; never changes."""

    def __init__(self, taxonomy: Taxonomy, rules: Sequence[RoutingRule]) -> None:
        uses: dict[str, KeywordHits] = defaultdict(KeywordHits)
        for written, place in _written((rule.words, at) for at, rule in enumerate(rules)):
            uses[written].rules.add(place)
        for written, place in _written((rule.unless, at) for at, rule in enumerate(rules)):
            uses[written].against.add(place)
        for written, code in _written((need.words, need.code) for need in taxonomy.needs.values()):
            uses[written].told.add(code)
        self.names = PhraseMatcher(uses)
        categories: dict[str, list[str]] = defaultdict(list)
        every = taxonomy.categories.values()
        for written, slug in _written((one.words, one.slug) for one in every):
            categories[written].append(slug)
        self._categories = PhraseMatcher(categories)

    def marks(self, lower: Sequence[str], starts: Iterable[int], into: KeywordHits) -> None:
        """Add what a text's words, in lower case, speak for."""
        for use in self.names.every(lower, starts):
            into.rules |= use.rules
            into.against |= use.against
            into.told |= use.told

    def count(self, lower: Sequence[str], into: Counter[str], *, weight: int = 1) -> None:
        """Add `weight` to a category for each of its words in a text."""
        for slugs in self._categories.every(lower, range(len(lower))):
            for slug in slugs:
                into[slug] += weight


def _written(named: Iterable[tuple[Iterable[str], Told]]) -> Iterator[tuple[str, Told]]:
    for phrases, told in named:
        for one in phrases:
            if written := " ".join(phrase(one)):
                yield written, told
