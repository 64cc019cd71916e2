"""Reads the doctor's findings in tests."""

from collections.abc import Sequence

from deploy.operate.doctor.findings import Finding, State


def only(findings: Sequence[Finding], state: State = State.WRONG) -> Finding:
    """Return the one finding that is in a state."""
    (found,) = [one for one in findings if one.state is state]
    return found
