"""The table of limits: which line counts, which lines are refused, and what is shipped."""

import pytest

from services.router.domain.deadlines.limits import (
    COLUMNS,
    MAX_DAYS,
    MOST,
    LegalLimit,
    LegalLimits,
    parse_limits,
)
from services.router.settings import DATA
from shared.contracts.case import ReportType
from shared.contracts.deadlines import LegalClock
from shared.errors import Misconfigured

CODES = frozenset({"kem-027", "kab-3603"})
REQUIRED = (
    "route,,,3,1,1,law",
    "first_follow_up,,,5,1,2,law",
    "resolve,,,14,3,5,law",
    "resolve_investigation,complaint,,60,10,10,law",
    "auto_close,,,10,3,0,law",
)
GOOD = "resolve,complaint,kab-3603,10,2,4,a decree"


def limits(*lines: str, required: tuple[str, ...] = REQUIRED) -> LegalLimits:
    return parse_limits("\n".join((",".join(COLUMNS), *lines, *required)), CODES)


def refusal(*lines: str, required: tuple[str, ...] = REQUIRED) -> list[str]:
    """Return what is said of each wrong line."""
    with pytest.raises(Misconfigured) as raised:
        limits(*lines, required=required)
    first, *problems = str(raised.value).splitlines()
    assert first == "limits.csv is refused:"
    return [problem.strip() for problem in problems]


def line(**cells: str) -> str:
    """Return a good line with other cells."""
    good = dict(zip(COLUMNS, GOOD.split(","), strict=True))
    return ",".join((good | cells).values())


def days(
    table: LegalLimits, clock: LegalClock, kind: ReportType, code: str | None = None
) -> int | None:
    found = table.of(clock, kind, code)
    return found.days if found else None


def test_a_line_becomes_a_limit() -> None:
    assert limits(GOOD).of(LegalClock.RESOLVE, ReportType.COMPLAINT, "kab-3603") == LegalLimit(
        clock=LegalClock.RESOLVE,
        type=ReportType.COMPLAINT,
        institution="kab-3603",
        days=10,
        warn=2,
        step=4,
        because="a decree",
    )


def test_a_line_of_an_institution_wins_and_then_one_of_a_type() -> None:
    of_institution, of_type = line(type="", days="7"), line(institution="", days="9")

    table = limits(of_institution, of_type)

    assert days(table, LegalClock.RESOLVE, ReportType.COMPLAINT, "kab-3603") == 7
    assert days(table, LegalClock.RESOLVE, ReportType.COMPLAINT, "kem-027") == 9
    assert days(table, LegalClock.RESOLVE, ReportType.ASPIRATION, "kem-027") == 14


def test_the_line_of_an_institution_and_a_type_wins_over_that_of_the_institution() -> None:
    table = limits(GOOD, line(type="", days="7"))

    assert days(table, LegalClock.RESOLVE, ReportType.COMPLAINT, "kab-3603") == 10
    assert days(table, LegalClock.RESOLVE, ReportType.ASPIRATION, "kab-3603") == 7


def test_only_a_complaint_needs_a_limit_with_investigation() -> None:
    table = limits()

    assert days(table, LegalClock.RESOLVE_INVESTIGATION, ReportType.COMPLAINT) == 60
    assert days(table, LegalClock.RESOLVE_INVESTIGATION, ReportType.INFORMATION) is None


def test_the_version_changes_with_the_text() -> None:
    assert limits().version == limits().version != limits(GOOD).version


@pytest.mark.parametrize("left_out", range(len(REQUIRED)))
def test_a_clock_without_a_limit_is_refused(left_out: int) -> None:
    clock = REQUIRED[left_out].split(",")[0]

    problems = refusal(required=REQUIRED[:left_out] + REQUIRED[left_out + 1 :])

    assert (
        f"line 1, column clock: 'no {clock} for complaint';"
        " write a line for it that names no institution"
    ) in problems


def test_a_limit_for_one_institution_alone_leaves_the_others_without() -> None:
    [problem] = refusal(
        "resolve,complaint,kab-3603,14,3,5,law",
        "resolve,information,,5,1,2,law",
        "resolve,aspiration,,5,1,2,law",
        required=(*REQUIRED[:2], *REQUIRED[3:]),
    )

    assert problem.startswith("line 1, column clock: 'no resolve for complaint'")


def test_an_unknown_clock_is_refused() -> None:
    assert refusal(line(clock="answer")) == [
        "line 2, column clock: 'answer'; write one of route, first_follow_up, resolve,"
        " resolve_investigation, auto_close"
    ]


def test_an_unknown_type_is_refused() -> None:
    assert refusal(line(type="pengaduan")) == [
        "line 2, column type: 'pengaduan';"
        " write one of complaint, aspiration, information, or nothing for all"
    ]


def test_an_unknown_institution_is_refused() -> None:
    assert refusal(line(institution="kab-9999")) == [
        "line 2, column institution: 'kab-9999'; write a code of the directory, or nothing for all"
    ]


def test_the_time_to_route_is_the_same_for_all_institutions() -> None:
    assert refusal(line(clock="route", type="")) == [
        "line 2, column institution: 'kab-3603'; write nothing; no institution holds the case yet"
    ]


@pytest.mark.parametrize("cell", ["", "0", "-1", "5.5", "366", "1000", "five", "٥"])
def test_a_limit_is_a_number_of_days(cell: str) -> None:
    assert refusal(line(days=cell)) == [
        f"line 2, column days: {cell!r}; write working days, a number from 1 to {MAX_DAYS}"
    ]


@pytest.mark.parametrize("cell", ["", "10", "11", "-1", "one"])
def test_a_warning_comes_after_the_start_and_before_the_limit(cell: str) -> None:
    assert refusal(line(warn=cell)) == [
        f"line 2, column warn: {cell!r}; write a number from 1 to 9, or 0 for no warning"
    ]


def test_a_limit_of_one_day_has_no_warning() -> None:
    assert refusal(line(days="1", warn="1")) == ["line 2, column warn: '1'; write 0"]


@pytest.mark.parametrize("cell", ["", "0", "366", "two"])
def test_every_limit_escalates(cell: str) -> None:
    assert refusal(line(step=cell)) == [
        f"line 2, column step: {cell!r}; write working days, a number from 1 to {MAX_DAYS}"
    ]


def test_a_closing_does_not_escalate() -> None:
    assert refusal(line(clock="auto_close", step="2")) == [
        "line 2, column step: '2'; write 0; a closing does not escalate"
    ]


def test_a_limit_without_its_reason_is_refused() -> None:
    assert refusal(line(because=" ")) == [
        "line 2, column because: ''; write the law, or the reason, that an official can check"
    ]


def test_two_limits_for_the_same_are_refused() -> None:
    assert refusal(GOOD, line(days="7")) == [
        "line 3, column clock: 'resolve'; write nothing twice; line 2 has it"
    ]


def test_all_wrong_cells_are_named_at_once() -> None:
    wrong = refusal("answer,wish,kab-9999,0,9,0,", GOOD, "auto_close,,kem-027,10,10,1,law,more")

    assert [problem.split(": ")[0] for problem in wrong] == [
        "line 2, column clock",
        "line 2, column type",
        "line 2, column institution",
        "line 2, column days",
        "line 2, column step",
        "line 2, column because",
        "line 4",
        "line 4, column warn",
        "line 4, column step",
    ]


def test_there_are_at_most_5000_limits() -> None:
    codes = frozenset(f"kab-{number}" for number in range(MOST + 1))
    lines = [line(institution=code) for code in sorted(codes)]

    with pytest.raises(Misconfigured, match=f"at most {MOST}"):
        parse_limits("\n".join((",".join(COLUMNS), *lines, *REQUIRED)), codes)


def test_the_limits_shipped_are_those_of_the_law() -> None:
    table = parse_limits((DATA / "limits.csv").read_text(encoding="utf-8"), frozenset())
    complaint = ReportType.COMPLAINT

    assert {clock: days(table, clock, complaint) for clock in LegalClock} == {
        LegalClock.ROUTE: 3,
        LegalClock.FIRST_FOLLOW_UP: 5,
        LegalClock.RESOLVE: 14,
        LegalClock.RESOLVE_INVESTIGATION: 60,
        LegalClock.AUTO_CLOSE: 10,
    }
    assert days(table, LegalClock.RESOLVE, ReportType.INFORMATION) == 5
    assert days(table, LegalClock.RESOLVE, ReportType.ASPIRATION) == 5
