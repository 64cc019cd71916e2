"""Reads the doctor's findings in tests."""

from collections.abc import Sequence

from deploy.operate.doctor.findings import DoctorFinding, FindingState


def only(
    findings: Sequence[DoctorFinding], state: FindingState = FindingState.WRONG
) -> DoctorFinding:
    """Return the one finding that is in a state."""
    (found,) = [one for one in findings if one.state is state]
    return found
