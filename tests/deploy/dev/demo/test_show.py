"""The tables at the demo's end, as a person reads them."""

import io

from rich.console import Console
from rich.table import Table

from deploy.dev.demo.oracle import Counts, DemoVerdict
from deploy.dev.demo.show import agency_table, triage_table

COUNTS = Counts(200, 0, 183, 17, 183, 200, 0, 0, 0, 0)


def lines(table: Table) -> list[list[str]]:
    """Return the table's rows as a terminal shows them, cell by cell."""
    console = Console(file=io.StringIO(), width=100, record=True)
    console.print(table)
    shown = console.export_text().splitlines()
    rows = (line[1:-1].split("│") for line in shown if "│" in line)
    return [[cell.strip() for cell in row] for row in rows]


def test_triage_is_shown_by_rule_with_its_share_of_all_accepted() -> None:
    verdict = DemoVerdict(COUNTS, triage={"unknown": 12, "ambiguous": 5})

    assert lines(triage_table(verdict)) == [
        ["unknown", "12", "6.0%"],
        ["ambiguous", "5", "2.5%"],
        ["all", "17", "8.5%"],
    ]


def test_an_empty_run_has_a_share_of_nothing() -> None:
    verdict = DemoVerdict(Counts(*[0] * 10))

    assert lines(triage_table(verdict)) == [["all", "0", "0.0%"]]


def test_institutions_are_shown_with_their_names_most_first() -> None:
    verdict = DemoVerdict(COUNTS, by_agency={"kab-3602": 3, "bumn-003": 5})

    assert lines(agency_table(verdict, {"bumn-003": "PLN"})) == [
        ["PLN", "bumn-003", "5"],
        ["", "kab-3602", "3"],
    ]
