"""Where a row goes: an institution's endpoint, or one of the ways to reporters."""

from collections.abc import Iterable
from dataclasses import dataclass

from shared.contracts.subscriptions import Endpoint

NO_AGENCY = ""


@dataclass(frozen=True, slots=True)
class ReporterDestination:
    """A way to reporters: one lane for all of them, nobody's endpoint, always there."""

    endpoint_id: str
    agency: str = NO_AGENCY


Destination = Endpoint | ReporterDestination


def find_destination(endpoint_id: str, among: Iterable[Destination]) -> Destination | None:
    """Return the destination with this id, or None where it is not among them any more."""
    return next((one for one in among if one.endpoint_id == endpoint_id), None)
