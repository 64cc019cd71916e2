"""How much one case takes in: the router decides by it, and the doors say so beforehand.

What an actor used up stays used up, so whoever is refused here once is refused until an officer
acts, and an action that is not in the history of a full case never will be.
"""

from shared.contracts.case import Actor, ActorKind, Case, InputKind, Outcome, Refusal

MAX_ENTRIES = 500
MAX_REFUSALS = 50  # of one actor
MOST_REOPENINGS = 3  # by the reporter or a gateway for it
MOST_FROM_REPORTER = 40  # entries, from the reporter or a gateway for it
TOO_MANY, TOO_MUCH = "too_many_inputs", "too_much_from_reporter"
ALWAYS_PASS = frozenset({ActorKind.OFFICER, ActorKind.OPERATOR})
REPORTERS = frozenset({ActorKind.REPORTER, ActorKind.GATEWAY})


def fullness(case: Case, actor: Actor) -> Refusal | None:
    """Return why a case takes nothing more from an actor, or None where it does."""
    if actor.kind in ALWAYS_PASS:
        return None
    # Of this actor: nobody's refusals keep the holder from acting.
    refusals = sum(
        entry.outcome is Outcome.REFUSED and entry.actor == actor for entry in case.history
    )
    if len(case.history) < MAX_ENTRIES and refusals < MAX_REFUSALS:
        return None
    detail = (
        f"case {case.complaint.number} has {len(case.history)} entries,"
        f" {refusals} of them refusals of this actor; an officer must act"
    )
    return Refusal(code=TOO_MANY, detail=detail)


def said_by_reporter(case: Case) -> list[str | None]:
    """Return the texts, or None, of what came from the reporter and was not refused."""
    return [
        entry.text
        for entry in case.history
        if entry.actor.kind in REPORTERS and entry.outcome is not Outcome.REFUSED
    ]


def reopenings(case: Case) -> int:
    """Return how often a case was reopened other than by officers and operators."""
    return sum(
        entry.input is InputKind.REOPEN
        and entry.outcome is not Outcome.REFUSED
        and entry.actor.kind not in ALWAYS_PASS
        for entry in case.history
    )


def exhaustion(case: Case, actor: Actor) -> Refusal | None:
    """Return why an actor need not even ask: the case is full, or its reporter has said its share.

    The router keeps the latter as a refusal in the history, of which there are only so many.
    """
    if actor.kind in REPORTERS and len(said_by_reporter(case)) >= MOST_FROM_REPORTER:
        detail = f"{MOST_FROM_REPORTER} entries came from the reporter; an officer must act"
        return Refusal(code=TOO_MUCH, detail=detail)
    return fullness(case, actor)
