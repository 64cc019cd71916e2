"""Who asks, and what each role may ask for."""

from dataclasses import dataclass, field
from enum import StrEnum

from shared.contracts.case import Actor, ActorKind


class Scope(StrEnum):
    """What a key allows beyond its role."""

    # A gateway or an operator whose institution and category are taken as given, and, in scenario
    # mode, the time at which something happened.
    TRUSTED = "trusted"


class Role(StrEnum):
    """What a caller is; `public` has no key."""

    PUBLIC = "public"
    GATEWAY = "gateway"
    AGENCY = "agency"
    OFFICER = "officer"
    OPERATOR = "operator"


_AGENCY_ACTIONS = frozenset(
    {"transfer", "assign_unit", "return_to_reporter", "follow_up", "complete", "archive"}
)
# What the reporter says, or staff write down on the reporter's behalf.
_SAID_BY_REPORTER = frozenset({"supplement", "reply", "reopen"})
# Without a key only by the tracking code; a gateway on behalf of its own reporters.
REPORTER_ACTIONS = _SAID_BY_REPORTER | {"rate"}
_OFFICER_ACTIONS = _SAID_BY_REPORTER | {
    "route",
    "transfer",
    "assign_unit",
    "return_to_reporter",
    "archive",
}
_ALLOWED = {
    Role.PUBLIC: REPORTER_ACTIONS,
    Role.GATEWAY: REPORTER_ACTIONS,
    Role.AGENCY: _AGENCY_ACTIONS,
    Role.OFFICER: _OFFICER_ACTIONS,
    Role.OPERATOR: _OFFICER_ACTIONS | _AGENCY_ACTIONS,
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
    """Who asks: a role, and the name or the institution of its key.

    The key itself makes no other caller: a new one of the same caller meets the same repeats.
    """

    role: Role
    name: str = ""
    agency: str | None = None
    scopes: frozenset[Scope] = frozenset()
    key_id: str = field(default="", compare=False)

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
    def is_trusted(self) -> bool:
        """Tell whether the institution and the category it names are taken as given."""
        return Scope.TRUSTED in self.scopes

    def may(self, kind: str) -> bool:
        """Tell whether this caller may ask for an action of this kind."""
        return kind in _ALLOWED.get(self.role, ())


PUBLIC = Caller(Role.PUBLIC)


def agency(code: str) -> Caller:
    """Return the caller that an institution is, by its key or by its topic."""
    return Caller(Role.AGENCY, agency=code)
