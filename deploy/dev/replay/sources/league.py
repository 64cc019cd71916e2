"""What the league itself says: its counts, its rates and its ranks."""

import asyncio
from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import aiohttp

from deploy.dev.replay.scenario import Question
from deploy.dev.replay.sources.table import Counts, CountTable, Row
from deploy.processes import PartFailed

AGAIN_SECONDS = 0.5
LEAGUE_SECONDS = 300.0  # the embedded database reads slowly


async def league_table(url: str, question: Question, *, since: datetime) -> CountTable:
    """Return what `GET /league.json` answers, as of `since` or later.

    Raises:
        PartFailed: it did not answer in time, or refused the question.
    """
    path = f"/league/{question.institution}.json" if question.institution else "/league.json"
    try:
        async with asyncio.timeout(LEAGUE_SECONDS), aiohttp.ClientSession() as session:
            while True:
                found = await _asked(session, url + path, _parameters(question))
                if found and datetime.fromisoformat(found["as_of"]) >= since:
                    return _of_league(found)
                await asyncio.sleep(AGAIN_SECONDS)
    except TimeoutError:
        raise PartFailed("league", f"no table within {LEAGUE_SECONDS:.0f} s from {url}") from None


async def _asked(
    session: aiohttp.ClientSession, url: str, parameters: Mapping[str, str]
) -> dict[str, Any] | None:
    try:
        async with session.get(url, params=parameters) as answer:
            if answer.status == 200:
                found: dict[str, Any] = await answer.json()
                return found
            if 400 <= answer.status < 500:
                raise PartFailed("league", f"{answer.status} {(await answer.text())[:500]}")
    except (aiohttp.ClientError, TimeoutError):
        pass
    return None


def _parameters(question: Question) -> dict[str, str]:
    given = {
        "period": f"{question.first}..{question.last}",
        "tier": question.tier,
        "category": question.category,
        "by": question.by,
    }
    return {name: value for name, value in given.items() if value}


def _of_league(found: Mapping[str, Any]) -> CountTable:
    holder = "unit" if found["institution"] else "code"
    rows = {str(line[holder]): _league_row(line) for line in found["lines"]}
    return CountTable(rows, _league_row(found["totals"]))


def _league_row(line: Mapping[str, Any]) -> Row:
    moved = line["transferred"]
    counts = Counts(Counter(line["status"]), moved["in"], moved["out"])
    follow_up, completion = line["follow_up"]["percent"], line["completion"]["percent"]
    return Row(counts, _two_decimals(follow_up), _two_decimals(completion), line.get("rank"))


def _two_decimals(value: float | None) -> str | None:
    return None if value is None else f"{value:.2f}"
