"""Where a complaint happened, as a government: from the form's region code and from the text."""

from collections.abc import Sequence
from typing import NamedTuple

from services.router.domain.geography.gazetteer import Gazetteer
from services.router.domain.geography.regions import BY_REGION, Ambiguous, Resolved, Unknown
from services.router.domain.reference.directory import Directory, Institution
from services.router.domain.routing.extraction import Extraction
from shared.contracts.case import Complaint

BY_CODE = 0.9


class Location(NamedTuple):
    """The governments that the place may be of: none, the one it is of, or several.

    `region` is the dotted code of the place where it is known; `source` is `region_code` (the
    form) or `region_text`. `confidence` is an order, not a measured probability.
    """

    governments: tuple[Institution, ...] = ()
    region: str | None = None
    confidence: float = 0.0
    source: str = "region_text"

    @property
    def is_known(self) -> bool:
        """Tell whether it is one region's."""
        return len(self.governments) == 1


def locate(
    complaint: Complaint, reading: Extraction, directory: Directory, gazetteer: Gazetteer
) -> Location:
    """Return where it happened: the form's code, made more exact by the text inside it."""
    coded = directory.by_region(complaint.place.region_code or "")
    if coded is not None and len(coded.region_code or "") > len("36"):
        return _coded(coded)
    said = _said(reading, directory, gazetteer)
    if coded is None:
        return said
    inside = [one for one in said.governments if one.parent == coded.code]
    return _of(inside, directory, said.confidence) if len(inside) == 1 else _coded(coded)


def _coded(one: Institution) -> Location:
    return Location(
        governments=(one,), region=one.region_code, confidence=BY_CODE, source="region_code"
    )


def _said(reading: Extraction, directory: Directory, gazetteer: Gazetteer) -> Location:
    known = directory.institutions
    match reading.region(gazetteer, known):
        case Unknown():
            return Location()
        case Resolved(code=code, confidence=confidence):
            return _of([known[gazetteer.government[code]]], directory, confidence)
        case Ambiguous(candidates=codes):
            named = [known[gazetteer.government[code]] for code in codes]
            return _of(named, directory, BY_REGION)


def _of(named: Sequence[Institution], directory: Directory, confidence: float) -> Location:
    # Two cities of Jakarta are one government: the place is its region, not one of the two.
    if len(named) > 1 and len({directory.responsible(one).code for one in named}) == 1:
        named = [directory.responsible(named[0])]
    region = named[0].region_code if len(named) == 1 else None
    return Location(governments=tuple(named), region=region, confidence=confidence)
