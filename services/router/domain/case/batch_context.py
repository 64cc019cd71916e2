"""What a batch is judged by: fixed before it is folded, so that folding again gives the same."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from services.router.domain.case.agencies import AgencyDirectoryView
from services.router.domain.case.supplement import Decide
from services.router.domain.case.timekeeper import UNTIMED, Timekeeper
from shared.contracts.case import Decision


@dataclass(frozen=True, slots=True)
class BatchContext:
    """`decisions` has one for each new complaint, by its id.

    `decide` judges a completed complaint, which is known only when its turn comes; `time` says
    which deadlines have passed before an input.
    """

    decisions: Mapping[UUID, Decision]
    reach: AgencyDirectoryView
    decide: Decide
    time: Timekeeper = UNTIMED
