"""The generated feed: bodies for `POST /v1/complaints`, the same for the same seed.

Everybody in it is invented. Phone numbers start with 0812-0000 and NIKs with 99, which no region
has; they are typed into texts on purpose, to be masked.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from random import Random
from typing import Any
from uuid import UUID

from deploy.dev.complaint_feed.faulty import broken_records, invalid
from deploy.dev.complaint_feed.templates import (
    CENTRAL,
    FIRST_NAMES,
    LAST_NAMES,
    LOCAL,
    PLACES,
    PROVINCIAL,
    STREETS,
    VAGUE,
    Template,
)
from services.router.domain.reference.directory import Directory, Institution, InstitutionType
from services.router.domain.text.lexicon import bare_name

__all__ = ("broken_records", "generate", "invalid")
Body = dict[str, Any]
FIRST_DAY = date(2026, 1, 1)
CHANNELS = {
    "web": 30,
    "app": 24,
    "sms": 14,
    "whatsapp": 12,
    "social": 8,
    "agency_app": 4,
    "email": 3,
    "counter": 3,
    "letter": 1,
    "other": 1,
}
TYPES = {"complaint": 88, "information": 7, "aspiration": 5}
# Who should answer, in percent; `vague` says nothing of it.
KINDS = {"regency": 36, "city": 24, "province": 12, "central": 22, "vague": 6}
# How the reporter tells where it was, in percent.
WAYS = {"code": 40, "place": 22, "text": 24, "chosen": 14}
_REGIONAL = {
    "regency": InstitutionType.REGENCY,
    "city": InstitutionType.CITY,
    "province": InstitutionType.PROVINCE,
}


def generate(count: int, seed: int, directory: Directory) -> Iterator[Body]:
    """Yield `count` bodies, each with an `idempotency_key` of its own.

    About one in fifteen names no institution and no region; it and the few that name a region
    by half must reach triage.
    """
    feed = _Feed(Random(seed), directory)
    for _ in range(count):
        yield feed.body()


class _Feed:
    """Draws everything from one random source, in a fixed order."""

    def __init__(self, random: Random, directory: Directory) -> None:
        self._random = random
        every = directory.institutions.values()
        self._regions = {
            kind: [one for one in every if one.type is wanted] for kind, wanted in _REGIONAL.items()
        }
        self._central = [code for code in CENTRAL if code in directory.institutions]

    def body(self) -> Body:
        """Return the next complaint."""
        body = self._said(self._weighted(KINDS))
        day = FIRST_DAY + timedelta(days=self._random.randrange(300))
        return {
            "idempotency_key": str(UUID(int=self._random.getrandbits(128), version=4)),
            "type": self._weighted(TYPES),
            "channel": self._weighted(CHANNELS),
            "anonymous": self._happens(12),
            "secret": self._happens(8),
            **body,
            **({"occurred_on": day.isoformat()} if self._happens(60) else {}),
            **({"reporter": self._reporter()} if self._happens(85) else {}),
        }

    def _said(self, kind: str) -> Body:
        if kind == "vague":
            return self._filled(self._random.choice(VAGUE), "")
        if kind == "central" and self._central:
            return self._filled(
                self._random.choice(CENTRAL[self._random.choice(self._central)]), ""
            )
        region = self._random.choice(self._regions.get(kind) or self._regions["province"])
        templates = PROVINCIAL if kind == "province" else LOCAL
        return self._located(self._random.choice(templates), region)

    def _located(self, template: Template, region: Institution) -> Body:
        name = self._name_of(region)
        body = self._filled(template, name)
        way = self._weighted(WAYS)
        if way == "text":
            return body | {"text": f"{body['text']} Lokasi di {name}."}
        if way == "chosen":
            return body | {"institution": region.code}
        place: Body = {"text": f"{self._random.choice(PLACES)}, {name}"}
        if way == "code":
            place["region_code"] = self._code_of(region)
        if self._happens(20):
            place |= self._coordinates()
        return body | {"place": place}

    def _filled(self, template: Template, region: str) -> Body:
        values = {
            "region": region,
            "place": self._random.choice(PLACES),
            "street": self._random.choice(STREETS),
            "number": self._random.randint(2, 9),
            "phone": self._phone(),
            "nik": f"99{self._random.randrange(10**14):014d}",
        }
        body = {"title": template.title, "text": template.text.format_map(values)}
        return body | ({"category": template.category} if self._happens(35) else {})

    def _name_of(self, region: Institution) -> str:
        name = region.name.removeprefix("Pemerintah ")
        short = name.replace("Kabupaten ", "Kab. ").replace("Provinsi ", "Prov. ")
        # A bare name may be a regency's and a city's: such a complaint needs a person.
        return self._random.choice((name, name, short, name.lower(), bare_name(region)))

    def _code_of(self, region: Institution) -> str:
        code = region.region_code or ""
        if len(code) == 5 and self._happens(30):
            code = f"{code}.01"
        return code.replace(".", "") if self._happens(30) else code

    def _reporter(self) -> Body:
        first, last = self._random.choice(FIRST_NAMES), self._random.choice(LAST_NAMES)
        number = self._random.randrange(10_000)
        return {
            "name": f"{first} {last}",
            "phone": self._phone(),
            "email": f"{last.lower()}{number}@example.org",
        }

    def _phone(self) -> str:
        return f"08120000{self._random.randrange(10_000):04d}"

    def _coordinates(self) -> Body:
        # Anywhere in Indonesia's box: nothing routes by coordinates.
        return {
            "latitude": round(self._random.uniform(-10.5, 5.5), 5),
            "longitude": round(self._random.uniform(95.5, 140.5), 5),
        }

    def _happens(self, percent: int) -> bool:
        return self._random.randrange(100) < percent

    def _weighted(self, weights: dict[str, int]) -> str:
        return self._random.choices(list(weights), list(weights.values()))[0]
