"""`salur doctor`: looks at a running installation, names what is wrong, and says what to do."""

import logging
from collections.abc import Sequence
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from deploy.cli.outcome import conclude, progress
from deploy.cli.system.topics import read_codes
from deploy.operate.agencies.institutions import open_codes
from deploy.operate.doctor.examine import Examination, examine
from deploy.operate.doctor.findings import DoctorFinding, FindingState, count, exit_code
from deploy.settings import CommandSettings

ORDER = (FindingState.AWAY, FindingState.WRONG, FindingState.NOTE, FindingState.FINE)
STYLES = {
    FindingState.FINE: "green",
    FindingState.NOTE: "yellow",
    FindingState.WRONG: "red",
    FindingState.AWAY: "red",
}
Copies = Annotated[int | None, typer.Option(min=1, help="each partition must have so many")]
Services = Annotated[
    list[str] | None,
    typer.Option("--url", envvar="SALUR_INTAKE_URL", help="where a service answers; repeat"),
]


def doctor(  # noqa: PLR0913 - each option of a command is an argument
    *,
    agencies: Annotated[
        str, typer.Option(help="codes with commas between; all open ones of the directory if empty")
    ] = "",
    url: Services = None,
    most_age: Annotated[
        float, typer.Option(min=0, help="seconds that a record may wait to be read")
    ] = 300.0,
    most_skew: Annotated[
        float, typer.Option(min=0, help="seconds by which clocks may differ")
    ] = 2.0,
    replication: Copies = None,
    as_json: Annotated[bool, typer.Option("--json", help="no table, the object alone")] = False,
) -> None:
    """Look at Kafka, database, services and settings; exit 0 fine, 1 wrong, 3 no answer.

    Nothing is changed. As one of Kafka's super users it also sees configurations and grants.
    """
    # What does not answer is told once, as a finding.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    codes = read_codes(agencies)
    wanted = Examination(
        settings=CommandSettings(),
        agencies=codes or open_codes(),
        whole=not codes,
        services=url or (),
        most_age=most_age,
        most_skew=most_skew,
        copies=replication,
    )
    console = progress()
    found = examine(wanted, (lambda _: None) if as_json else console.print)
    if not as_json:
        console.print(_table(found))
    conclude(
        {
            **{state.value: count(found, state) for state in FindingState},
            "findings": [one.model_dump(mode="json") for one in found],
        }
    )
    raise typer.Exit(exit_code(found))


def _table(found: Sequence[DoctorFinding]) -> Table:
    """Return the findings for people: what needs them first."""
    table = Table("", "found", "what to do", show_lines=True)
    for column in table.columns:
        column.overflow = "fold"  # a name cut short is of no use
    for one in sorted(found, key=lambda one: ORDER.index(one.state)):
        value = f" ({one.value})" if one.value else ""
        state = Text(one.state.value, style=STYLES[one.state])
        table.add_row(state, Text(f"{one.check}: {one.what}{value}"), Text(one.do))
    return table
