"""Which partitions this process works for: those of several stages, by institution."""

from shared.contracts.topics import agency_of


class Assignments:
    """The partitions held, those lost whose leases are still to be ended, and how often it changed.

    A partition is named as rows name it: `<topic>/<number>`.
    """

    def __init__(self) -> None:
        self.number = 0
        self.held: dict[str, frozenset[str]] = {}  # by institution
        self.lost: frozenset[str] = frozenset()
        self._of_stages: dict[str, frozenset[str]] = {}

    @property
    def sources(self) -> frozenset[str]:
        """Return all partitions held."""
        return frozenset[str]().union(*self._of_stages.values())

    def assign(self, stage: str, sources: frozenset[str]) -> None:
        """Work for these partitions of a stage from now on, and for no others of it."""
        before = self.sources
        self._of_stages[stage] = sources
        self.held = {}
        for source in self.sources:
            agency = agency_of(source.partition("/")[0]) or ""
            self.held[agency] = self.held.get(agency, frozenset()) | {source}
        self.lost = (self.lost | before) - self.sources
        self.number += 1

    def released(self, sources: frozenset[str]) -> None:
        """Learn that no lease of this process is left on rows of these."""
        self.lost -= sources
