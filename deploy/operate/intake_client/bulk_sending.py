"""Sends many complaints at once, a bounded number at a time, and counts what came of each."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from deploy.operate.intake_client.client import Answer, IntakeClient
from deploy.operate.intake_client.complaint_files import FeedRow

AT_ONCE = 16
Thing = TypeVar("Thing")


@dataclass
class FeedResult:
    """What came of a feed; `problems` holds line and reason of what was not accepted."""

    numbers: set[str] = field(default_factory=set)
    refused: int = 0
    unanswered: int = 0
    problems: list[tuple[int, str]] = field(default_factory=list)

    def add(self, line: int, answer: Answer) -> None:
        """Count one row's answer."""
        if answer.accepted and answer.number is not None:
            self.numbers.add(answer.number)
            return
        self.refused += answer.refused
        self.unanswered += not answer.refused
        self.problems.append((line, f"{answer.status or 'unanswered'} {answer.detail}".strip()))


async def send_rows(
    client: IntakeClient,
    rows: Sequence[FeedRow],
    done: Callable[[], None],
    *,
    at_once: int = AT_ONCE,
) -> FeedResult:
    """Send every row; `done` is called after each. Misconfigured where the API key is refused."""
    tally = FeedResult()

    async def send(row: FeedRow) -> None:
        tally.add(row.line, await client.submit(row.form, row.key))
        done()

    await in_parallel(rows, send, at_once=at_once)
    return tally


async def in_parallel(
    things: Iterable[Thing], act: Callable[[Thing], Awaitable[None]], *, at_once: int = AT_ONCE
) -> None:
    """Do something with each thing, at most `at_once` at the same time; the first error ends it."""
    waiting = iter(things)
    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(at_once):
                group.create_task(_work(waiting, act))
    except BaseExceptionGroup as errors:
        raise errors.exceptions[0] from None


async def _work(waiting: Iterator[Thing], act: Callable[[Thing], Awaitable[None]]) -> None:
    for thing in waiting:
        await act(thing)
