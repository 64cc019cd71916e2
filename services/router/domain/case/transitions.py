"""The transition table: every input, where it makes sense, who may ask for it, what comes of it.

What no row allows is refused. The table in the router's README is made from here.
"""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

from services.router.domain.case.history import HELD, STAFF
from shared.contracts.case import ActorKind, InputKind, Outcome, Status

_OPEN = HELD | {Status.UNVERIFIED}
_AGENCY = frozenset({ActorKind.AGENCY})
_OPERATOR = frozenset({ActorKind.OPERATOR})
_ROUTER = frozenset({ActorKind.ROUTER})
_HOLDER = _AGENCY | _OPERATOR  # an operator acts for an institution that cannot
# The one who reported, or whoever took the report down.
_REPORTER = frozenset({ActorKind.REPORTER, ActorKind.GATEWAY})


@dataclass(frozen=True, slots=True)
class Transition:
    """One row: from these statuses, asked by these, the first outcome and status are the usual.

    Without `leads_to` the status stays as it is.
    """

    statuses: Set[Status]
    actors: Set[ActorKind]
    outcomes: Sequence[Outcome]
    leads_to: Sequence[Status] = ()

    @property
    def outcome(self) -> Outcome:
        """Return what usually comes of it."""
        return self.outcomes[0]

    def allows(self, status: Status, actor: ActorKind) -> bool:
        """Tell whether the row is for this status and this actor."""
        return status in self.statuses and actor in self.actors


# What people, gateways and institutions ask for. An institution must hold the case besides.
TRANSITIONS: Mapping[InputKind, Sequence[Transition]] = {
    InputKind.ROUTE: (
        Transition(_OPEN | {Status.POSTPONED}, STAFF, (Outcome.ROUTED,), (Status.ROUTED,)),
    ),
    # Without an institution, or to one without a topic, it goes back to triage.
    InputKind.TRANSFER: (
        Transition(
            HELD,
            STAFF | _HOLDER,
            (Outcome.TRANSFERRED, Outcome.TRIAGED),
            (Status.ROUTED, Status.UNVERIFIED),
        ),
        # The reporter still has to complete it, whoever is to have it then.
        Transition(
            frozenset({Status.POSTPONED}),
            STAFF,
            (Outcome.TRANSFERRED, Outcome.TRIAGED),
            (Status.POSTPONED, Status.UNVERIFIED),
        ),
    ),
    InputKind.ASSIGN_UNIT: (
        Transition(HELD | {Status.POSTPONED}, STAFF | _HOLDER, (Outcome.ASSIGNED,)),
    ),
    InputKind.FOLLOW_UP: (
        Transition(HELD, _HOLDER, (Outcome.FOLLOWED_UP,), (Status.IN_PROGRESS,)),
    ),
    InputKind.COMPLETE: (Transition(HELD, _HOLDER, (Outcome.COMPLETED,), (Status.COMPLETED,)),),
    InputKind.RETURN_TO_REPORTER: (
        Transition(HELD, STAFF | _HOLDER, (Outcome.RETURNED,), (Status.POSTPONED,)),
        Transition(frozenset({Status.UNVERIFIED}), STAFF, (Outcome.RETURNED,), (Status.POSTPONED,)),
    ),
    # Decided anew where nobody holds the case; where somebody does, as it was before the return.
    InputKind.SUPPLEMENT: (
        Transition(
            frozenset({Status.UNVERIFIED}),
            STAFF | _REPORTER,
            (Outcome.ROUTED, Outcome.TRIAGED),
            (Status.ROUTED, Status.UNVERIFIED),
        ),
        Transition(
            frozenset({Status.POSTPONED}),
            STAFF | _REPORTER,
            (Outcome.SUPPLEMENTED, Outcome.ROUTED, Outcome.TRANSFERRED, Outcome.TRIAGED),
            (Status.ROUTED, Status.IN_PROGRESS, Status.UNVERIFIED),
        ),
    ),
    InputKind.REPLY: (Transition(HELD, STAFF | _REPORTER, (Outcome.REPLIED,)),),
    # What was answered is in progress again; what was archived is again what it was before. Where
    # its institution is closed by now, whoever took over gets it.
    InputKind.REOPEN: (
        Transition(
            frozenset({Status.COMPLETED}),
            STAFF | _REPORTER,
            (Outcome.REOPENED, Outcome.TRANSFERRED, Outcome.TRIAGED),
            (Status.IN_PROGRESS, Status.ROUTED, Status.UNVERIFIED),
        ),
        Transition(
            frozenset({Status.ARCHIVED}),
            STAFF,
            (Outcome.REOPENED, Outcome.TRANSFERRED, Outcome.TRIAGED),
            (Status.ROUTED, Status.IN_PROGRESS, Status.POSTPONED, Status.UNVERIFIED),
        ),
    ),
    InputKind.RATE: (Transition(frozenset({Status.COMPLETED}), _REPORTER, (Outcome.RATED,)),),
    # An archived case leaves the rates, so an institution archives only what it has not begun;
    # what it had begun before a return or a transfer is refused as `already_begun`.
    InputKind.ARCHIVE: (
        Transition(_OPEN | {Status.POSTPONED}, STAFF, (Outcome.ARCHIVED,), (Status.ARCHIVED,)),
        Transition(
            frozenset({Status.ROUTED, Status.POSTPONED}),
            _AGENCY,
            (Outcome.ARCHIVED,),
            (Status.ARCHIVED,),
        ),
    ),
    # Whatever has become of the case: only its words go. Once, for after that none come in.
    InputKind.ERASE: (Transition(frozenset(Status), _OPERATOR, (Outcome.ERASED,)),),
}
# What the router itself does: it opens cases, and settles what time or a vanished topic brings.
# An answered or archived case needs no topic any more.
OWN: Mapping[InputKind, Sequence[Transition]] = {
    InputKind.SUBMITTED: (
        Transition(
            frozenset(),
            _ROUTER,
            (Outcome.ROUTED, Outcome.TRIAGED),
            (Status.ROUTED, Status.UNVERIFIED),
        ),
    ),
    InputKind.UNDELIVERABLE: (
        Transition(HELD | {Status.POSTPONED}, _ROUTER, (Outcome.TRIAGED,), (Status.UNVERIFIED,)),
    ),
    # Those above hear of it, which changes nothing; only the last word of all closes the case. A
    # clock stands still while a case is postponed, but a limit made shorter may have passed before.
    InputKind.DEADLINE_PASSED: (
        Transition(_OPEN | {Status.POSTPONED}, _ROUTER, (Outcome.ESCALATED, Outcome.WARNED)),
        Transition(
            frozenset({Status.IN_PROGRESS, Status.POSTPONED}),
            _ROUTER,
            (Outcome.AUTO_CLOSED,),
            (Status.COMPLETED,),
        ),
    ),
}


def rows_of(kind: InputKind, actor: ActorKind) -> tuple[Transition, ...]:
    """Return the rows by which an actor may ever ask for this; none means never."""
    return tuple(row for row in TRANSITIONS.get(kind, ()) if actor in row.actors)


def row_for(kind: InputKind, actor: ActorKind, status: Status) -> Transition | None:
    """Return the row of an input in a status; of one input, actor and status there is one."""
    return next((row for row in rows_of(kind, actor) if row.allows(status, actor)), None)
