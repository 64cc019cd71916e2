"""What a person is shown, and the result for a machine."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from statistics import median

from rich.table import Table

from deploy.dev.chaos.oracle.facts import Violation, ViolationKind
from deploy.dev.chaos.oracle.sabotage import Sabotage
from deploy.dev.chaos.run import Outcome

MOST_SHOWN = 12


def outcome_lines(outcome: Outcome) -> list[str]:
    """Return what came of one run, in words."""
    recovery = "never" if outcome.recovery is None else f"{outcome.recovery:.1f} s"
    head = (
        f"  {'passed' if outcome.passed else 'FAILED'} in {outcome.seconds:.0f} s:"
        f" {outcome.accepted} accepted with {outcome.entries} entries, recovered after {recovery},"
        f" sabotage caught {len(outcome.caught)} of {len(Sabotage)}"
    )
    return [head, *finding_lines(outcome.findings), *(f"    {no}" for no in outcome.unanswered[:3])]


def finding_lines(findings: Sequence[Violation]) -> list[str]:
    """Return the findings, the first few of them."""
    lines = [f"    {one.wrong}: {one.subject}: {one.detail}" for one in findings[:MOST_SHOWN]]
    more = len(findings) - MOST_SHOWN
    return lines if more <= 0 else [*lines, f"    and {more} more"]


def recoveries(outcomes: Sequence[Outcome]) -> Mapping[str, tuple[int, float | None, float | None]]:
    """Return, for each kind of fault, its runs, and their median and worst recovery in seconds."""
    found: dict[str, list[float]] = defaultdict(list)
    runs: Counter[str] = Counter()
    for outcome in outcomes:
        for timed in outcome.faults:
            runs[timed.fault.kind] += 1
            if outcome.recovery is not None:
                found[timed.fault.kind].append(outcome.recovery)
    return {
        kind: (
            runs[kind],
            *((median(times), max(times)) if (times := found[kind]) else (None,) * 2),
        )
        for kind in sorted(runs)
    }


def recovery_table(outcomes: Sequence[Outcome]) -> Table:
    """Return the table of recoveries by kind of fault."""
    table = Table("fault", "runs", "recovery: median", "worst")
    for kind, (runs, middle, worst) in recoveries(outcomes).items():
        table.add_row(kind, str(runs), _seconds(middle), _seconds(worst))
    return table


def _seconds(value: float | None) -> str:
    return "never" if value is None else f"{value:.1f} s"


def as_result(seed: int, outcomes: Sequence[Outcome]) -> dict[str, object]:
    """Return the last line: what was wrong in all runs, by kind, and the recoveries."""
    wrong = Counter(finding.wrong for outcome in outcomes for finding in outcome.findings)
    return {
        "seed": seed,
        "runs": len(outcomes),
        "passed": sum(outcome.passed for outcome in outcomes),
        "accepted": sum(outcome.accepted for outcome in outcomes),
        "entries": sum(outcome.entries for outcome in outcomes),
        **{kind.name.lower(): wrong[kind] for kind in ViolationKind},
        "overtaken": max((outcome.overtaken for outcome in outcomes), default=0),
        "repeats": max((outcome.repeats for outcome in outcomes), default=0),
        "unanswered": sum(len(outcome.unanswered) for outcome in outcomes),
        "sabotage_caught": min((len(outcome.caught) for outcome in outcomes), default=0),
        "recovery_seconds": {
            kind: {"runs": runs, "median": _rounded(middle), "worst": _rounded(worst)}
            for kind, (runs, middle, worst) in recoveries(outcomes).items()
        },
        "seconds": round(sum(outcome.seconds for outcome in outcomes)),
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 1)
