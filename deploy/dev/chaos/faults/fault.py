"""What every fault has in common: it begins, lasts and is healed, and says what it does."""

from typing import Protocol

from deploy.dev.chaos.system import System


class Fault(Protocol):
    """One fault."""

    @property
    def kind(self) -> str:
        """Return the name under which its recoveries are summed up."""
        ...

    @property
    def parties(self) -> frozenset[str]:
        """Return whom it strikes: no other fault strikes the same at the same time."""
        ...

    async def begin(self, system: System) -> None:
        """Let it happen."""
        ...

    async def heal(self, system: System) -> None:
        """Undo it, and return once that is done; recovery is not waited for."""
        ...
