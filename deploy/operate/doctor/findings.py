"""What was looked at and found: the thing, its value, and what to do about it."""

from collections.abc import Iterable, Sequence
from enum import StrEnum

from shared.contracts.value_objects import Frozen

MOST_NAMED = 5


class FindingState(StrEnum):
    """What a finding asks of the reader."""

    FINE = "fine"
    NOTE = "note"  # nothing to mend; or it could not be looked at, and why
    WRONG = "wrong"
    AWAY = "away"  # it does not answer, so nothing behind it was looked at


class DoctorFinding(Frozen):
    """One thing that was looked at. `do` is empty where nothing is to be done."""

    check: str
    state: FindingState
    what: str
    value: str = ""
    do: str = ""


def fine(check: str, what: str, value: object = "") -> DoctorFinding:
    """Return a finding that all is well."""
    return DoctorFinding(check=check, state=FindingState.FINE, what=what, value=str(value))


def note(check: str, what: str, value: object = "", *, do: str = "") -> DoctorFinding:
    """Return a finding that is worth knowing."""
    return DoctorFinding(check=check, state=FindingState.NOTE, what=what, value=str(value), do=do)


def wrong(check: str, what: str, value: object = "", *, do: str) -> DoctorFinding:
    """Return a finding that somebody must act on."""
    return DoctorFinding(check=check, state=FindingState.WRONG, what=what, value=str(value), do=do)


def away(check: str, what: str, value: object = "", *, do: str) -> DoctorFinding:
    """Return a finding that something does not answer."""
    return DoctorFinding(check=check, state=FindingState.AWAY, what=what, value=str(value), do=do)


def named(things: Iterable[object]) -> str:
    """Return the first few things, and how many more there are."""
    every = [str(thing) for thing in things]
    more = f" and {len(every) - MOST_NAMED} more" if len(every) > MOST_NAMED else ""
    return ", ".join(every[:MOST_NAMED]) + more


def counted(number: int, thing: str) -> str:
    """Return a number of things, in words."""
    return f"{number} {thing}{'' if number == 1 else 's'}"


def count(findings: Sequence[DoctorFinding], state: FindingState) -> int:
    """Return how many findings are in a state."""
    return sum(one.state is state for one in findings)


def exit_code(findings: Sequence[DoctorFinding]) -> int:
    """Return 3 where something does not answer, else 1 where something is wrong, else 0."""
    if count(findings, FindingState.AWAY):
        return 3
    return 1 if count(findings, FindingState.WRONG) else 0
