"""What each source says, read as it says it."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from aiohttp import web

from deploy.dev.replay.scenario import Cohort, Course, Question
from deploy.dev.replay.settling import counted, lag, until_counted
from deploy.dev.replay.sources.direct import direct_tables
from deploy.dev.replay.sources.exported import is_in_metrics, metrics_table
from deploy.dev.replay.sources.league import league_table
from deploy.processes import PartFailed, free_port

SCRAPE = """\
# TYPE salur_cases gauge
salur_cases{agency="kab-3603",status="completed"} 7.0
salur_cases{agency="kab-3603",status="postponed"} 1.0
salur_cases{agency="prov-36",status="routed"} 3.0
salur_cases{agency="none",status="unverified"} 2.0
# TYPE salur_transferred_cases gauge
salur_transferred_cases{agency="kab-3603",direction="out"} 3.0
salur_transferred_cases{agency="prov-36",direction="in"} 3.0
# TYPE salur_cases_by_category gauge
salur_cases_by_category{category="covid",status="completed"} 5.0
salur_cases_by_category{category="roads",status="completed"} 2.0
# TYPE kafka_consumergroup_lag gauge
kafka_consumergroup_lag{consumergroup="router",partition="0",topic="complaint-input"} 4.0
kafka_consumergroup_lag{consumergroup="metrics",partition="1",topic="complaint-event"} 5.0
kafka_consumergroup_lag{consumergroup="notifier",partition="1",topic="complaint-event"} 90.0
"""
FIRST, LAST = date(2021, 1, 1), date(2021, 6, 30)
HALF = Question(first=FIRST, last=LAST)


def test_the_metrics_of_all_instances_are_summed() -> None:
    table = metrics_table([SCRAPE, SCRAPE], HALF)

    assert {code: row.counts.received for code, row in table.rows.items()} == {
        "kab-3603": 16,
        "prov-36": 6,
    }
    assert table.rows["kab-3603"].completion == "100.00"
    assert table.rows["kab-3603"].rank == 1
    assert table.rows["kab-3603"].counts.transferred_out == 6
    assert table.rows["prov-36"].counts.transferred_in == 6


def test_a_tier_and_a_main_category_are_read_from_the_metrics() -> None:
    provinces = metrics_table([SCRAPE], HALF.model_copy(update={"tier": "provinsi"}))
    covid = metrics_table([SCRAPE], HALF.model_copy(update={"category": "covid"}))

    assert list(provinces.rows) == ["prov-36"]
    assert covid.totals.counts.received == 5


@pytest.mark.parametrize(
    ("changes", "can_tell"),
    [
        ({}, True),
        ({"category": "covid"}, True),
        ({"category": "covid.health"}, False),
        ({"institution": "kab-3603"}, False),
        ({"first": date(2021, 3, 1)}, False),
    ],
)
def test_the_metrics_know_no_period_unit_or_part_of_a_category(
    changes: dict[str, Any], can_tell: bool
) -> None:
    early = Cohort(
        institution="kab-3603",
        category="covid.health",
        course=Course.COMPLETED,
        count=1,
        first=FIRST,
        last=date(2021, 2, 1),
    )

    assert is_in_metrics(HALF.model_copy(update=changes), [early]) is can_tell


def test_only_router_and_metrics_must_have_caught_up() -> None:
    assert lag([SCRAPE]) == 9
    assert lag([""]) == -1
    assert counted([SCRAPE, ""])["kab-3603", "completed"] == 7


LINE = {
    "rank": 1,
    "code": "kab-3603",
    "received": 25,
    "status": {"completed": 20, "in_progress": 3, "routed": 2},
    "follow_up": {"numerator": 23, "denominator": 25, "percent": 92.0},
    "completion": {"numerator": 20, "denominator": 25, "percent": None},
    "transferred": {"in": 4, "out": 5},
}


def answered(as_of: datetime) -> dict[str, Any]:
    return {"as_of": as_of.isoformat(), "institution": None, "lines": [LINE], "totals": LINE}


class FakeMetrics:
    """Answers what it was told to, in order; the last answer again and again."""

    def __init__(self) -> None:
        self.url = f"http://127.0.0.1:{free_port()}"
        self.answers: list[tuple[int, object]] = []
        self.asked: list[str] = []

    async def answer(self, request: web.Request) -> web.Response:
        self.asked.append(request.path_qs)
        status, body = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(body, str):
            return web.Response(text=body, status=status)
        return web.json_response(body, status=status)


@pytest.fixture
async def league() -> AsyncIterator[FakeMetrics]:
    fake = FakeMetrics()
    application = web.Application()
    application.router.add_get("/{path:.*}", fake.answer)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", int(fake.url.rpartition(":")[2])).start()
    yield fake
    await runner.cleanup()


async def test_the_league_is_asked_again_until_it_is_new_enough(league: FakeMetrics) -> None:
    now = datetime.now(UTC)
    old, new = answered(now - timedelta(seconds=1)), answered(now)
    league.answers = [(503, {}), (200, old), (200, new)]

    table = await league_table(league.url, HALF.model_copy(update={"tier": "kabkota"}), since=now)

    path = "/league.json?period=2021-01-01..2021-06-30&tier=kabkota&by=completion"
    assert league.asked == [path] * 3
    row = table.rows["kab-3603"]
    assert (row.rank, row.follow_up, row.completion) == (1, "92.00", None)
    assert (row.counts.received, row.counts.transferred_in, row.counts.transferred_out) == (
        25,
        4,
        5,
    )


async def test_units_are_asked_for_at_their_institution(league: FakeMetrics) -> None:
    now = datetime.now(UTC)
    line = {**LINE, "unit": "Dinas PU"}
    del line["code"]
    league.answers = [
        (200, {**answered(now), "institution": {"code": "kab-3603"}, "lines": [line]})
    ]

    table = await league_table(
        league.url, HALF.model_copy(update={"institution": "kab-3603"}), since=now
    )

    assert league.asked[0].startswith("/league/kab-3603.json?")
    assert list(table.rows) == ["Dinas PU"]


async def test_a_question_that_the_league_refuses_is_an_error(league: FakeMetrics) -> None:
    league.answers = [(422, {"title": "bad period"})]

    with pytest.raises(PartFailed, match="422"):
        await league_table(league.url, HALF, since=datetime.now(UTC))


DONE = SCRAPE.replace(" 4.0\n", " 0.0\n").replace(" 5.0\nkafka", " 0.0\nkafka")


@pytest.mark.parametrize(("last", "is_counted"), [(DONE, True), (SCRAPE, False), ("", False)])
async def test_a_history_is_counted_when_counts_and_queues_are_as_they_must_be(
    league: FakeMetrics, last: str, is_counted: bool
) -> None:
    league.answers = [(200, ""), (200, SCRAPE), (200, last)]

    found = await until_counted([league.url], counted([SCRAPE]), quiet=0.0, stalled=1.2)

    assert found is is_counted
    assert len(league.asked) >= 3


async def test_a_history_that_was_fed_otherwise_is_never_counted(league: FakeMetrics) -> None:
    league.answers = [(200, DONE)]
    fed = counted([DONE]) + counted([DONE])

    assert not await until_counted([league.url], fed, quiet=0.0, stalled=0.6)


async def test_a_direct_count_that_fails_is_an_error() -> None:
    with pytest.raises(PartFailed, match=r"direct_count\.py"):
        await direct_tables("mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=100", [HALF])
