"""Runs a scenario on a stack that is up: feed to a checkpoint, settle, read, compare, go on."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from functools import partial
from pathlib import Path

from deploy.dev.local.scrape import scraped
from deploy.dev.local.stack import Stack, StackOptions
from deploy.dev.replay.feeder import Feeder
from deploy.dev.replay.plan import Report
from deploy.dev.replay.scale import FULL, scaled
from deploy.dev.replay.scenario import WIB, Checkpoint, Figure, Question, Scenario
from deploy.dev.replay.settling import until_counted
from deploy.dev.replay.sources.direct import direct_tables
from deploy.dev.replay.sources.expected import expected_table, expected_value
from deploy.dev.replay.sources.exported import is_in_metrics, metrics_table
from deploy.dev.replay.sources.league import league_table
from deploy.dev.replay.sources.table import CountTable, value_of
from deploy.dev.replay.ticking import tick
from deploy.operate.intake_client.client import IntakeClient
from deploy.operate.units import accept_units

# The embedded database needs long to read what a real one reads at once.
ENV = {
    "SALUR_SCENARIO": "true",
    "SALUR_MONGO__TIMEOUT_MS": "150000",
    "METRICS_LAG_SECONDS": "1",
    "METRICS_LEAST_CASES": "1",  # a scenario has a line for each of its units, however small
    "METRICS_LEAGUE_TIMEOUT_SECONDS": "120",
}
# Called when everything up to this instant was fed, before the figures are read.
Settle = Callable[[datetime], Awaitable[None]]
Told = Mapping[str, CountTable | None]  # by source; None where it cannot tell


@dataclass(frozen=True, slots=True)
class FigureComparison:
    """A figure beside what each source says of it; None where a source cannot tell."""

    as_of: datetime
    figure: Figure
    basis: str
    expected: str
    league: str
    metrics: str | None
    direct: str

    @property
    def is_right(self) -> bool:
        """Tell whether every source that can tell says what is expected."""
        return all(
            said in (None, self.expected) for said in (self.league, self.metrics, self.direct)
        )


@dataclass(frozen=True, slots=True)
class Screen:
    """Whom the progress is told: what is going on, how much there is, and each that is done."""

    say: Callable[[str], None]
    begin: Callable[[int], None]
    step: Callable[[], None]


def options(folder: Path, scenario: Scenario, broker: str = "embedded") -> StackOptions:
    """Return the stack that a scenario runs on: only its own institutions have topics."""
    return StackOptions(folder, scenario.institutions, broker=broker, env=ENV)


class Replay:
    """One run of a scenario; `settle` is called with the `as of` of each checkpoint.

    Without one a tick tells the router, which then lets all deadlines pass that are due by then.
    """

    def __init__(
        self,
        stack: Stack,
        scenario: Scenario,
        *,
        scale: Fraction = FULL,
        settle: Settle | None = None,
    ) -> None:
        self._stack = stack
        self._full = scale == FULL
        self._scenario = scaled(scenario, scale)
        self._settle = settle or partial(tick, stack.kafka)

    async def run(self, reports: Sequence[Report], screen: Screen) -> list[FigureComparison]:
        """Feed the history and compare the figures of every checkpoint.

        Raises:
            PartFailed: intake refused a part of it, or the league did not answer.
        """
        findings: list[FigureComparison] = []
        await accept_units(self._stack.mongo, self._scenario.units)
        async with AsyncExitStack() as opened:
            gateway = await opened.enter_async_context(await self._client("gateway"))
            operator = await opened.enter_async_context(await self._client("operator"))
            feeder = Feeder(reports, gateway, operator)
            for checkpoint in self._scenario.checkpoints:
                screen.begin(feeder.left_until(checkpoint.as_of))
                await feeder.feed(checkpoint.as_of, screen.step)
                await self._settle(checkpoint.as_of)
                screen.say(f"fed up to {checkpoint.as_of:%Y-%m-%d}; waiting for the counts")
                if not await until_counted(self._metrics, feeder.fed):
                    screen.say("the counts stand still, and are not those of what was fed")
                findings += await self._compare(checkpoint)
        return findings

    @property
    def _metrics(self) -> list[str]:
        return [one.url for one in self._stack.of("metrics")]

    async def _client(self, role: str) -> IntakeClient:
        return await self._stack.caller(role, "replay", ["trusted"])

    async def _compare(self, checkpoint: Checkpoint) -> list[FigureComparison]:
        questions = list(dict.fromkeys(figure.question for figure in checkpoint.figures))
        now = datetime.now(UTC)
        texts = await scraped(self._metrics)
        counted = await direct_tables(self._stack.database.url, questions)
        told: dict[Question, Told] = {}
        for question, direct in zip(questions, counted, strict=True):
            can_tell = is_in_metrics(question, self._scenario.until(checkpoint))
            told[question] = {
                "league": await league_table(self._metrics[0], question, since=now),
                "metrics": metrics_table(texts, question) if can_tell else None,
                "direct": direct,
            }
        return [self._finding(checkpoint, one, told[one.question]) for one in checkpoint.figures]

    def _finding(self, checkpoint: Checkpoint, figure: Figure, told: Told) -> FigureComparison:
        cohorts = self._scenario.until(checkpoint)
        wanted = expected_table(cohorts, figure.question)
        said = {
            source: value_of(table, figure, wanted) if table else None
            for source, table in told.items()
        }
        expected = figure.value if self._full else expected_value(cohorts, figure)
        return FigureComparison(
            checkpoint.as_of.astimezone(WIB),
            figure,
            figure.basis.value if self._full else f"{figure.basis}, scaled",
            expected,
            league=str(said["league"]),
            metrics=said["metrics"],
            direct=str(said["direct"]),
        )
