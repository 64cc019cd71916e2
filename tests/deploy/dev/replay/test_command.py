"""`salur replay` as a command: what it refuses before it starts anything, and what it shows."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner, Result

from deploy.cli.app import app
from deploy.dev.replay.run import FigureComparison
from deploy.dev.replay.scenario import Basis, Figure, Measure, Question
from deploy.dev.replay.show import as_result, figures_table, screen
from deploy.dev.replay.sources import direct


def salur(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["replay", *arguments], env={})


@pytest.mark.parametrize(
    ("arguments", "way_out"),
    [
        (("kepri-2023",), "there are kepri-2022"),
        (("kepri-2022", "--scale", "2"), "such as 0.1"),
        (("kepri-2022", "--scale", "0"), "such as 0.1"),
        (("kepri-2022", "--broker", "none"), "embedded"),
        ((), "SCENARIO"),
    ],
)
def test_bad_usage_ends_with_2_and_the_way_out(arguments: tuple[str, ...], way_out: str) -> None:
    result = salur(*arguments)

    assert result.exit_code == 2
    assert way_out in result.output


def test_without_the_direct_count_nothing_starts(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(direct, "SCRIPT", tmp_path / "direct_count.py")

    result = salur("kepri-2022", "--scale", "0.01")

    assert result.exit_code == 3
    assert "run this in a checkout of Salur" in result.output
    assert "starting" not in result.output


def finding(
    *, league: str = "273", metrics: str | None = "273", direct: str = "273"
) -> FigureComparison:
    question = Question(first=date(2022, 1, 1), last=date(2022, 12, 31))
    figure = Figure(
        name="received",
        question=question,
        measure=Measure.RECEIVED,
        value="273",
        basis=Basis.SEED,
        holder="prov-21",
    )
    as_of = datetime(2022, 12, 31, tzinfo=UTC)
    return FigureComparison(
        as_of, figure, "seed", "273", league=league, metrics=metrics, direct=direct
    )


def test_a_figure_is_right_only_if_everybody_who_can_tell_says_so() -> None:
    assert finding().is_right
    assert finding(metrics=None).is_right
    assert not finding(league="272").is_right
    assert not finding(metrics="272").is_right
    assert not finding(direct="272").is_right


def test_the_table_names_source_and_basis_of_every_figure() -> None:
    console = Console(width=130, record=True, quiet=True)
    with console.capture() as shown:
        console.quiet = False
        console.print(figures_table([finding(metrics=None, direct="272")]))

    (line,) = [row for row in shown.get().splitlines() if "received" in row]
    cells = [cell.strip() for cell in line.strip("│").split("│")]
    assert cells == [
        *("2022-12-31", "received", "prov-21", "273", "273", "-", "272", "WRONG", "seed")
    ]


def test_the_result_names_every_figure_for_a_machine() -> None:
    (told,) = as_result([finding(metrics=None)])

    assert told["measure"] == "received"
    assert told["metrics"] is None
    assert (told["expected"], told["ok"], told["basis"]) == ("273", True, "seed")


def test_without_a_terminal_progress_is_plain_lines() -> None:
    console = Console(force_terminal=False, width=80)
    with console.capture() as shown, screen(console) as seen:
        seen.begin(2)
        seen.step()
        seen.say("fed up to 2022-12-31")

    assert shown.get() == "fed up to 2022-12-31\n"


def test_on_a_terminal_progress_is_a_bar() -> None:
    console = Console(force_terminal=True, width=80)
    with console.capture() as shown, screen(console) as seen:
        seen.begin(2)
        seen.step()

    assert "1/2" in shown.get()
