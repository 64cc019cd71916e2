"""What texts are put together from, dealt out so that a part is never met outside its texts.

Every phrase belongs to one of `PARTS` parts. A text uses phrases of one part alone: texts of part
`HELD` measure a model that never saw their wording, the other parts are the folds of its settings.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random

from deploy.model.bootstrap.asides import WORD_PROBLEMS, WORD_TITLES
from deploy.model.bootstrap.phrases import FOLDER, Kind, Phrases, read_phrases
from deploy.model.bootstrap.places import Places, read_places
from services.router.domain.reference.taxonomy import Taxonomy

PARTS, HELD = 5, 0
Dealt = Mapping[tuple[str, Kind, int], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Stock:
    """Phrases by category, kind and part; the taxonomy's words by category and part; places."""

    leaves: tuple[str, ...]
    phrases: Dealt
    words: Mapping[tuple[str, int], Sequence[str]]
    places: Places

    def of(self, category: str, kind: Kind, part: int) -> Sequence[str]:
        """Return the phrases that a text may use."""
        return self.phrases.get((category, kind, part), ())

    def has(self, category: str, part: int) -> bool:
        """Tell whether a part can tell this category's matter."""
        return bool(self.of(category, Kind.PROBLEM, part))


def read_stock(taxonomy: Taxonomy, seed: int) -> Stock:
    """Return the stock of this installation.

    Raises:
        Misconfigured: a file of phrases is broken, or a leaf of the taxonomy has none.
    """
    phrases = read_phrases(FOLDER, taxonomy.leaves)
    return Stock(
        leaves=tuple(sorted(taxonomy.leaves)),
        phrases=deal(phrases, seed),
        words=_deal_words(taxonomy, seed),
        places=read_places(),
    )


def deal(phrases: Phrases, seed: int) -> Dealt:
    """Deal phrases of each category and kind out evenly; equal texts go to one part."""
    dealt: dict[tuple[str, Kind, int], list[str]] = defaultdict(list)
    parts: dict[str, int] = {}
    for (category, kind), found in sorted(phrases.items()):
        random = Random(f"{seed} {category} {kind}")
        for at, one in enumerate(random.sample(found, len(found))):
            part = parts.setdefault(one.text.casefold(), at % PARTS)
            dealt[category, kind, part].append(one.text)
    return dict(dealt)


def _deal_words(taxonomy: Taxonomy, seed: int) -> Mapping[tuple[str, int], Sequence[str]]:
    """Deal a leaf's words out to all parts but the held one: they are no unseen wording."""
    dealt: dict[tuple[str, int], list[str]] = defaultdict(list)
    for leaf in sorted(taxonomy.leaves):
        words = taxonomy.categories[leaf].words
        for at, word in enumerate(Random(f"{seed} {leaf}").sample(words, len(words))):
            dealt[leaf, at % (PARTS - 1) + 1].append(word)
    return dict(dealt)


def word_phrases(word: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return a keyword as titles and as problems."""
    titles, problems = (
        tuple(form.format(word) for form in forms) for forms in (WORD_TITLES, WORD_PROBLEMS)
    )
    return titles, problems
