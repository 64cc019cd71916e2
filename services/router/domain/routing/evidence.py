"""All that is known of one complaint while it is judged."""

from typing import NamedTuple

from services.router.domain.routing.category import ChosenCategory
from services.router.domain.routing.extraction import Extraction
from services.router.domain.routing.location import Location
from shared.contracts.case import Complaint

SPOT = "spot"  # the need that the form's place can tell too
_FINER_THAN_REGENCY = 4  # digits of a region code


class Evidence(NamedTuple):
    """A complaint, what it names, what it is about, and where it happened."""

    complaint: Complaint
    reading: Extraction
    subject: ChosenCategory
    where: Location

    def tells(self, need: str) -> bool:
        """Tell whether the report has what a need asks for, in its words or in the form."""
        if need in self.reading.marks.told:
            return True
        return need == SPOT and self._has_spot()

    def _has_spot(self) -> bool:
        place = self.complaint.place
        code = (place.region_code or "").replace(".", "")
        if place.text or place.latitude is not None or len(code) > _FINER_THAN_REGENCY:
            return True
        return any(
            part.places.districts or part.places.villages or part.places.bare
            for part in (self.reading.title, self.reading.text)
        )
