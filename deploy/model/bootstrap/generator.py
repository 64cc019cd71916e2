"""Makes labelled complaints up, one by one: equal seeds give equal texts."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from deploy.model.bootstrap.asides import CLOSINGS, CONTEXTS, GREETINGS
from deploy.model.bootstrap.noise import typed
from deploy.model.bootstrap.phrases import Kind
from deploy.model.bootstrap.places import Place
from deploy.model.bootstrap.slots import filled
from deploy.model.bootstrap.stock import PARTS, Stock, word_phrases

SHORTEST, MEDIAN, LONGEST = 20, 195, 900
SPREAD = 0.75  # of the logarithm of lengths
WITH_TITLE, WITH_GREETING, WITH_CLOSING = 0.85, 0.35, 0.45
WITH_WORD = 0.15  # a keyword of the taxonomy beside, or instead of, the category's own phrases
WITH_SECOND = 0.1  # a second matter, further down and shorter: the label is the main one's
BRIEF = 70  # a text this short is a title or one sentence


@dataclass(frozen=True, slots=True)
class Made:
    """A made-up complaint, its category, and the part whose phrases it uses."""

    text: str
    label: str
    part: int


def generate(stock: Stock, per_category: int, seed: int) -> Iterator[Made]:
    """Yield so many texts of each leaf category, spread over the parts that can tell it."""
    for leaf in stock.leaves:
        parts = [part for part in range(PARTS) if stock.has(leaf, part)]
        for at in range(per_category):
            random = Random(f"{seed} {leaf} {at}")
            part = parts[at % len(parts)]
            yield Made(_Writer(stock, leaf, part, random=random).write(), leaf, part)


class _Writer:
    """Writes one text of one category, with phrases of one part."""

    def __init__(self, stock: Stock, category: str, part: int, *, random: Random) -> None:
        self._stock, self._category, self._part = stock, category, part
        self._random = random
        self._place: Place = stock.places.draw(random)
        self._unused = {kind: self._shuffled(category, kind) for kind in Kind}
        self._add_word()

    def write(self) -> str:
        wanted = self._length()
        title = self._next(Kind.TITLE) if self._random.random() < WITH_TITLE else ""
        if wanted < BRIEF:
            return typed(self._brief(title), self._random)
        text = f"{title}\n{self._body(wanted - len(title))}".strip()
        return cut(typed(text, self._random))

    def _brief(self, title: str) -> str:
        body = title or self._next(Kind.PROBLEM)
        # Typing makes a text a little shorter; what is too short then says nothing at all.
        return body if len(body) >= 2 * SHORTEST else f"{body} {self._aside(CONTEXTS)}"

    def _length(self) -> int:
        drawn = self._random.lognormvariate(math.log(MEDIAN), SPREAD)
        return round(min(max(drawn, SHORTEST), LONGEST))

    def _body(self, wanted: int) -> str:
        ends = self._ends()
        second = self._second()
        inner = [self._next(Kind.PROBLEM)]
        while sum(map(len, (*ends, *second, *inner))) < wanted:
            if not (more := self._more()):
                break
            inner.insert(self._random.randint(1, len(inner)), more)
        greeting, closing = ends
        return " ".join(one for one in (greeting, *inner, *second, closing) if one)

    def _ends(self) -> tuple[str, str]:
        greeting = self._aside(GREETINGS) + self._random.choice((",", ".", ", ")) + " "
        closing = self._aside(CLOSINGS)
        return (
            greeting.strip() if self._random.random() < WITH_GREETING else "",
            closing if self._random.random() < WITH_CLOSING else "",
        )

    def _more(self) -> str:
        """Return a further sentence: of the category while there are some, or an aside."""
        kinds = (Kind.DETAIL, Kind.PROBLEM, Kind.REQUEST)
        kind = self._random.choices((*kinds, None), (4, 1, 2, 3))[0]
        return (self._next(kind) if kind else "") or self._aside(CONTEXTS)

    def _second(self) -> list[str]:
        if self._random.random() >= WITH_SECOND:
            return []
        other = self._random.choice(self._stock.leaves)
        found = self._shuffled(other, Kind.PROBLEM)
        return [self._filled(found[0], other)] if found else []

    def _add_word(self) -> None:
        words = self._stock.words.get((self._category, self._part), ())
        if not words or self._random.random() >= WITH_WORD:
            return
        titles, problems = word_phrases(self._random.choice(words))
        for kind, forms in ((Kind.TITLE, titles), (Kind.PROBLEM, problems)):
            self._unused[kind].append(self._random.choice(forms))

    def _shuffled(self, category: str, kind: Kind) -> list[str]:
        found = self._stock.of(category, kind, self._part)
        return self._random.sample(found, len(found))

    def _next(self, kind: Kind) -> str:
        """Return a phrase that the text does not hold yet, or nothing."""
        left = self._unused[kind]
        return self._filled(left.pop(), self._category) if left else ""

    def _aside(self, texts: tuple[str, ...]) -> str:
        return self._filled(self._random.choice(texts), self._category)

    def _filled(self, text: str, category: str) -> str:
        return filled(text, category, self._place, random=self._random)


def cut(text: str) -> str:
    """Return at most `LONGEST` characters, whole words."""
    return text if len(text) <= LONGEST else text[:LONGEST].rsplit(" ", 1)[0]
