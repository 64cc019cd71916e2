"""How people type: shortened words, dropped vowels, slips, capitals, no punctuation."""

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from random import Random

from deploy.model.bootstrap.asides import JAVANESE, SUNDANESE
from services.router.domain.classifier.abbreviations import ABBREVIATIONS

_WORD = re.compile(r"[^\W\d_]+")
_PUNCTUATION = re.compile(r"[.,;:!?()\"'/-]+")


@dataclass(frozen=True, slots=True)
class Style:
    """How often a word is shortened, loses vowels, is mistyped or drawn out; and the looks."""

    short: float
    vowels: float
    slips: float
    drawn: float
    lower: float
    bare: float


FORMAL = Style(short=0.01, vowels=0, slips=0.005, drawn=0, lower=0.05, bare=0.02)
INFORMAL = Style(short=0.3, vowels=0.01, slips=0.015, drawn=0.005, lower=0.5, bare=0.25)
MESSAGE = Style(short=0.75, vowels=0.06, slips=0.025, drawn=0.015, lower=0.85, bare=0.7)
STYLES, SHARES = (FORMAL, INFORMAL, MESSAGE), (0.4, 0.38, 0.22)
CAPITALS, MIXED = 0.03, 0.07


def _inverse(words: Mapping[str, str]) -> Mapping[str, tuple[str, ...]]:
    found = defaultdict(list)
    for short, whole in words.items():
        found[whole].append(short)
    return {whole: tuple(forms) for whole, forms in found.items()}


SHORT_FORMS = _inverse(ABBREVIATIONS)


def typed(text: str, random: Random) -> str:
    """Return a text as somebody might have typed it; its lines stay."""
    style = random.choices(STYLES, SHARES)[0]
    mixed = random.choice((JAVANESE, SUNDANESE)) if random.random() < MIXED else {}
    text = _WORD.sub(lambda found: _word(found[0], style, mixed, random=random), text)
    if random.random() < style.bare:
        text = _PUNCTUATION.sub(lambda _: random.choice((" ", " ", ", ")), text)
    if random.random() < CAPITALS:
        text = text.upper()
    elif random.random() < style.lower:
        text = text.lower()
    return "\n".join(" ".join(line.split()) for line in text.split("\n"))


def _word(word: str, style: Style, mixed: Mapping[str, str], *, random: Random) -> str:
    small = word.lower()
    if small in mixed and random.random() < 0.6:
        return mixed[small]
    if small in SHORT_FORMS and random.random() < style.short:
        return random.choice(SHORT_FORMS[small])
    chance = random.random()
    if len(word) < 5 or chance > style.vowels + style.slips + style.drawn:
        return word
    if chance < style.vowels:
        return word[0] + re.sub("[aeiou]", "", word[1:])
    if chance < style.vowels + style.slips:
        return _slipped(word, random)
    return word + word[-1] * random.randint(2, 4)


def _slipped(word: str, random: Random) -> str:
    """Return a word with two letters swapped, one missing or one doubled, its first kept."""
    at = random.randrange(1, len(word) - 1)
    kind = random.randrange(3)
    if kind == 0:
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    return word[:at] + (word[at] * 2 if kind == 1 else "") + word[at + 1 :]
