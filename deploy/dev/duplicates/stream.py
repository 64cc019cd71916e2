"""A generated stream of reports in which it is known which ones tell of the same event.

Deterministic: equal seeds give equal reports. Retelling changes the sentences, their order, the
spelling, and how the spot is written; one telling in twelve leaves the spot out. Hard on purpose:
most events of a key differ in their spot alone, and one in ten is in the street of another.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

from deploy.dev.duplicates.retellings import (
    CLOSINGS,
    GREETINGS,
    STREETS,
    TIMES,
    VILLAGES,
    Scenario,
)
from services.router.domain.classifier.abbreviations import ABBREVIATIONS
from shared.contracts.identifiers import main_category

VAGUE_SPOTS = ("depan rumah saya", "lingkungan kami", "dekat sini", "tempat saya")
_SHORT: dict[str, list[str]] = {}
for _short, _full in ABBREVIATIONS.items():
    _SHORT.setdefault(_full, []).append(_short)
_WORD = re.compile(r"[A-Za-z]+")


@dataclass(frozen=True, slots=True)
class SyntheticReport:
    """One report; reports of one key are compared, those of one event belong together."""

    key: str
    event: int
    street: str
    text: str


@dataclass(frozen=True, slots=True)
class Spot:
    """Where an event was: a street or a village, and perhaps a part of it."""

    kind: str
    name: str
    part: str
    numbers: tuple[int, int]


class SyntheticStream:
    """Draws regions with events in them, and tellings of each event."""

    def __init__(self, seed: int, scenarios: Sequence[Scenario]) -> None:
        self._random = Random(seed)
        self._scenarios = scenarios
        self._events = 0

    def keys(self, count: int) -> Iterator[list[SyntheticReport]]:
        """Yield `count` regions' reports of one category each, in the order they came in."""
        for number in range(count):
            yield self._key(f"{number}", self._scenarios[number % len(self._scenarios)])

    def _key(self, key: str, scenario: Scenario) -> list[SyntheticReport]:
        told: list[SyntheticReport] = []
        spot: Spot | None = None
        self._taken: set[str] = set()
        for _ in range(self._random.choice((3, 6, 12, 30))):
            spot, matter = self._next(spot, scenario)
            self._events += 1
            street = f"{key} {_spoken(spot.name)}"
            for _ in range(self._random.choices((1, 2, 3, 4), (70, 18, 8, 4))[0]):
                told.append(SyntheticReport(key, self._events, street, self._telling(matter, spot)))
        self._random.shuffle(told)
        return told

    def _next(self, before: Spot | None, scenario: Scenario) -> tuple[Spot, Scenario]:
        # One event in ten is in the street of the one before: another matter of the same main
        # category, or the same one at another number.
        if before is None or self._random.random() >= 0.1:
            return self._spot(), scenario
        main = main_category(scenario.category)
        others = [
            one
            for one in self._scenarios
            if one is not scenario and main_category(one.category) == main
        ]
        if others and self._random.random() < 0.5:
            return before, self._random.choice(others)
        return self._moved(before), scenario

    def _spot(self) -> Spot:
        numbers = (self._random.randint(1, 12), self._random.randint(1, 9))
        part = self._random.choice(("rt", "km", "no", "", "", ""))
        if self._random.random() < 0.6:
            return Spot("jalan", self._free(STREETS), part, numbers)
        name = self._free(VILLAGES)
        kind = self._random.choice(("desa", "dusun", "perumahan", "kampung"))
        return Spot(kind, name, "rt" if part else "", numbers)

    def _free(self, names: Sequence[str]) -> str:
        # Two events of one key share a street only where that is meant.
        name = self._random.choice([one for one in names if _spoken(one) not in self._taken])
        self._taken.add(_spoken(name))
        return name

    def _moved(self, spot: Spot) -> Spot:
        first, second = spot.numbers
        return Spot(spot.kind, spot.name, spot.part or "rt", (first % 12 + 3, second))

    def _telling(self, scenario: Scenario, spot: Spot) -> str:
        where = self._where(spot)
        if self._random.random() < 1 / 12:
            where = self._random.choice(VAGUE_SPOTS)
        time = self._random.choice(TIMES)
        values = {"spot": where, "n": self._random.randint(2, 9)}
        values["time"] = time.format_map(values)
        count = self._random.choice((1, 1, 2))
        said = self._random.sample(scenario.tellings, count)
        said += self._random.sample(scenario.additions, self._random.choice((0, 1, 1, 2)))
        self._random.shuffle(said)
        if self._random.random() < 0.4:
            said.insert(0, self._random.choice(GREETINGS))
        if self._random.random() < 0.6:
            said.append(self._random.choice(CLOSINGS))
        text = " ".join([self._random.choice(scenario.titles), *said]).format_map(values)
        return self._written(text)

    def _where(self, spot: Spot) -> str:
        kinds = {
            "jalan": ("Jl. ", "Jalan ", "jln ", "jl "),
            "desa": ("Desa ", "desa ", "ds. "),
            "dusun": ("Dusun ", "dusun ", "dsn "),
            "perumahan": ("Perumahan ", "perum ", "komplek "),
            "kampung": ("Kampung ", "kp. ", "kampung "),
        }
        name = spot.name.title() if self._random.random() < 0.7 else spot.name
        if self._random.random() < 0.5:
            name = _spoken(name)
        said = self._random.choice(kinds[spot.kind]) + name
        # Half of the people leave the number out.
        return f"{said} {self._part(spot)}" if spot.part and self._random.random() < 0.5 else said

    def _part(self, spot: Spot) -> str:
        first, second = spot.numbers
        forms = {
            "rt": (f"RT {first:02d} RW {second:02d}", f"rt {first}/{second}", f"RT.{first:03d}"),
            "km": (f"km {first}", f"KM {first}", f"kilometer {first}"),
            "no": (f"no. {first}", f"nomor {first}", f"no {first}"),
        }
        return self._random.choice(forms[spot.part])

    def _written(self, text: str) -> str:
        style = self._random.random()
        if style < 0.35:
            return _WORD.sub(self._sms, text.lower())
        if style < 0.7:
            return _WORD.sub(self._typo, text)
        return text

    def _sms(self, found: re.Match[str]) -> str:
        word = found[0]
        if word in _SHORT and self._random.random() < 0.7:
            return self._random.choice(_SHORT[word])
        return self._typo(found)

    def _typo(self, found: re.Match[str]) -> str:
        word = found[0]
        if len(word) < 5 or self._random.random() > 0.05:
            return word
        at = self._random.randrange(1, len(word) - 1)
        kind = self._random.randrange(3)
        if kind == 0:
            return word[:at] + word[at + 1 :]
        if kind == 1:
            return word[:at] + word[at] + word[at:]
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]


def _spoken(street: str) -> str:
    """Return a street's name as people say it: "raya" is often left out."""
    return re.sub(" raya$", "", street, flags=re.IGNORECASE)
