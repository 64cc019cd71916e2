"""Links between reports that may tell of the same thing, put into their decisions."""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from services.router.domain.duplicates.similarity import (
    RecentReports,
    SketchedReport,
    key_of,
    sketch_text,
)
from services.router.domain.duplicates.sketches import sketch
from services.router.duplicates.sketch_log import SketchLog
from shared.contracts.case import Complaint, Decision


class DuplicateLinker:
    """Knows the recent reports of all routers; links new ones, drops and merges none."""

    def __init__(self, neighbours: SketchLog, neighbourhood: RecentReports) -> None:
        self._neighbours = neighbours
        self._neighbourhood = neighbourhood

    async def link(
        self, complaints: Sequence[Complaint], decisions: Mapping[UUID, Decision]
    ) -> dict[UUID, Decision]:
        """Return the decisions with `similar` filled in, whatever the order of the batch.

        A complaint without region or category is compared with nothing.

        Raises:
            DatabaseAway: nothing was decided; the batch must come again.
        """
        linked = dict(decisions)
        mine = _neighbours(complaints, decisions)
        if not mine:
            return linked
        self._neighbourhood.add(await self._neighbours.append_and_read(list(mine.values())))
        for key, one in mine.items():
            if similar := self._neighbourhood.similar(one):
                linked[key] = linked[key].model_copy(update={"similar": similar})
        return linked

    async def forget(self, numbers: Collection[str]) -> None:
        """Delete the sketches of reports whose words are erased; DatabaseAway where it is away.

        Other routers' memories keep theirs, which nobody can read back, until the window is over.
        """
        self._neighbourhood.forget(numbers)
        await self._neighbours.forget(numbers)


def _neighbours(
    complaints: Sequence[Complaint], decisions: Mapping[UUID, Decision]
) -> dict[UUID, SketchedReport]:
    found = {}
    for complaint in complaints:
        decision = decisions[complaint.complaint_id]
        if key := key_of(complaint, decision):
            found[complaint.complaint_id] = SketchedReport(
                key=key,
                number=complaint.number,
                at=complaint.received_at,
                institution=None if complaint.secret else decision.institution,
                sketch=sketch(sketch_text(complaint)),
            )
    return found
