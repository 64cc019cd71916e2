"""What a complaint is about, and how that is known: given, chosen, learned, or said in words."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple

from services.router.domain.reference.taxonomy import Taxonomy, covers
from services.router.domain.routing.category_guesser import CategoryGuess
from services.router.domain.routing.extraction import Extractor
from shared.contracts.case import Complaint
from shared.contracts.identifiers import main_category

# How far each source is trusted where no probability was learned; an order, not a measurement.
BY_CHOICE, BY_WORDS = 0.9, 0.6


class CategorySource(StrEnum):
    """How a category is known."""

    GIVEN = "given"  # by a trusted gateway
    CHOSEN = "chosen"  # by the reporter
    MODEL = "model"
    WORDS = "words"
    NONE = "none"


class ChosenCategory(NamedTuple):
    """The category by which rules may decide, or none; the three best guesses beside it."""

    category: str | None = None
    confidence: float = 0.0
    source: CategorySource = CategorySource.NONE
    guesses: tuple[CategoryGuess, ...] = ()

    @property
    def reason(self) -> str:
        """Return how it is known, for the decision's reasons."""
        if self.category is None:
            return "category: none is sure enough"
        return f"category {self.category}: {self.source}, {self.confidence:.2f}"


def choose_category(
    complaint: Complaint, guesses: Sequence[CategoryGuess], taxonomy: Taxonomy, reader: Extractor
) -> ChosenCategory:
    """Return the subject: what was given or chosen, then a sure guess, or what words say."""
    choice = taxonomy.named(complaint.category) if complaint.category else None
    if choice is not None and complaint.given:
        return _subject(choice, 1.0, CategorySource.GIVEN, guesses)
    if choice is not None:
        return _subject(_within(choice, guesses), BY_CHOICE, CategorySource.CHOSEN, guesses)
    if guesses and guesses[0].is_sure:
        return _subject(guesses[0].category, guesses[0].probability, CategorySource.MODEL, guesses)
    # A model that is not sure has read the same words: they decide only where there is none.
    if not guesses and (said := _most_said(reader.categories(complaint), taxonomy)):
        return _subject(said, BY_WORDS, CategorySource.WORDS, guesses)
    return ChosenCategory(guesses=tuple(guesses))


def _subject(
    category: str, confidence: float, source: CategorySource, guesses: Sequence[CategoryGuess]
) -> ChosenCategory:
    return ChosenCategory(category, confidence, source, tuple(guesses))


def _within(choice: str, guesses: Sequence[CategoryGuess]) -> str:
    """Return the best guess below a chosen main category; the choice itself without one."""
    inside = (one.category for one in guesses if covers(choice, one.category))
    return next(inside, choice)


def _most_said(said: Mapping[str, int], taxonomy: Taxonomy) -> str | None:
    """Return the category most words speak for; of several said as often, what they share."""
    exact = {slug: count for slug, count in said.items() if slug in taxonomy.leaves}
    counts = exact or said
    most = max(counts.values(), default=0)
    ranked = [slug for slug, count in counts.items() if count == most]
    if len(ranked) == 1:
        return ranked[0]
    mains = {main_category(slug) for slug in ranked}
    return mains.pop() if len(mains) == 1 else None
