"""Who asks, and what each role may ask for."""

from dataclasses import dataclass
from enum import StrEnum

from shared.case import Actor, ActorKind


class Role(StrEnum):
    """What a caller is; `public` has no key."""

    PUBLIC = "public"
    GATEWAY = "gateway"
    AGENCY = "agency"
    OFFICER = "officer"
    OPERATOR = "operator"


_AGENCY_ACTIONS = frozenset({"transfer", "return_to_reporter", "follow_up", "complete"})
_ALLOWED = {
    Role.AGENCY: _AGENCY_ACTIONS,
    Role.OFFICER: frozenset({"route", "transfer", "return_to_reporter"}),
    Role.OPERATOR: _AGENCY_ACTIONS | {"route"},
}
_ACTOR = {
    Role.PUBLIC: ActorKind.REPORTER,
    Role.GATEWAY: ActorKind.GATEWAY,
    Role.AGENCY: ActorKind.AGENCY,
    Role.OFFICER: ActorKind.OFFICER,
    Role.OPERATOR: ActorKind.OPERATOR,
}


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: a role, and the name or the institution of its key."""

    role: Role
    name: str = ""
    agency: str | None = None

    @property
    def identity(self) -> str:
        """Return what idempotency keys are scoped to; a new key of the same caller keeps it."""
        if self.role is Role.PUBLIC:
            return Role.PUBLIC.value
        return f"{self.role}:{self.agency or self.name}"

    @property
    def actor(self) -> Actor:
        """Return how the history names this caller."""
        return Actor(kind=_ACTOR[self.role], code=self.agency or self.name or None)

    @property
    def oversees(self) -> bool:
        """Tell whether this caller sees every case whole."""
        return self.role in (Role.OFFICER, Role.OPERATOR)

    @property
    def may_act(self) -> bool:
        """Tell whether there is any action this caller may ask for."""
        return self.role in _ALLOWED

    def may(self, kind: str) -> bool:
        """Tell whether this caller may ask for an action of this kind."""
        return kind in _ALLOWED.get(self.role, ())


PUBLIC = Caller(Role.PUBLIC)


def agency(code: str) -> Caller:
    """Return the caller that an institution is, by its key or by its topic."""
    return Caller(Role.AGENCY, agency=code)
