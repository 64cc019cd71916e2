"""Links in decisions: what the history and the institutions come to know of them."""

import json
from datetime import timedelta

import pytest

from services.router.domain.duplicates.similarity import RecentReports
from services.router.duplicates.linker import DuplicateLinker
from services.router.handlers import Given, RouterHandler, RouterPorts
from shared.contracts.actions import Erase, Transfer
from shared.contracts.case import Actor, ActorKind, ErasureReason, Similar
from shared.contracts.events import ActionRequested, Submitted
from shared.errors import DatabaseAway
from shared.stage.handler import DecodedRecord, HandlerResult
from tests.router.conftest import MemoryNeighbours, RouterBench
from tests.support.builders import (
    complaint,
    complaint_id,
    decision,
    input_record,
    request,
    submitted,
)

WEEK = timedelta(days=7)


class Linking:
    """A router that compares; `restart` forgets what it held in memory."""

    def __init__(self, bench: RouterBench) -> None:
        self.bench = bench
        self.bench.decider.says = decision(category="roads.damage", region="36.03")
        self.neighbours = MemoryNeighbours()
        self.restart()

    def restart(self) -> None:
        self.neighbours = MemoryNeighbours(self.neighbours.batches)
        self.handler = RouterHandler(
            RouterPorts(
                store=self.bench.store,
                refusals=self.bench.refusals,
                provisioned=self.bench.provisioned,
                decider=lambda: self.bench.decider,
                known=lambda: frozenset({"kab-3603", "prov-36"}),
                investigated=frozenset,
                timekeeper=lambda: self.bench.time,
                firing=self.bench.firing,
                written=self.bench.store,
                clock=self.bench.clock,
                telemetry=self.bench.telemetry,
                duplicates=DuplicateLinker(self.neighbours, RecentReports(WEEK)),
            )
        )

    async def handle(self, *inputs: Submitted | ActionRequested) -> HandlerResult:
        items: list[DecodedRecord[Given]] = [
            DecodedRecord(input_record(value, offset), value) for offset, value in enumerate(inputs)
        ]
        return await self.handler.handle(items)

    def links(self, name: str) -> tuple[Similar, ...]:
        decided = self.bench.store.kept[complaint_id(name)].history[0].decision
        assert decided is not None
        return decided.similar

    def counted(self) -> float:
        found = self.bench.telemetry.counter("salur_possible_duplicates_total")
        return float(found._value.get())


@pytest.fixture
def linking(router: RouterBench) -> Linking:
    return Linking(router)


def told(work: HandlerResult, topic: str) -> list[str]:
    """Return the numbers that the first event on a topic shows as similar."""
    event = next(event for event in work.publications if event.topic == topic)
    found: list[str] = json.loads(event.value)["complaint"]["similar"]
    return found


def number(name: str) -> str:
    return complaint(name).number


async def test_a_likely_duplicate_is_linked_and_both_are_routed(linking: Linking) -> None:
    await linking.handle(submitted("one"))
    work = await linking.handle(submitted("two"))

    assert linking.links("one") == ()
    assert linking.links("two") == (
        Similar(number=number("one"), likeness=1.0, institution="kab-3603"),
    )
    assert told(work, "agency-kab-3603") == [number("one")]
    assert linking.counted() == 1


async def test_two_of_one_batch_are_linked_whatever_their_order(linking: Linking) -> None:
    await linking.handle(submitted("two"), submitted("one"))

    assert [one.number for one in linking.links("one")] == [number("two")]
    assert [one.number for one in linking.links("two")] == [number("one")]


async def test_a_batch_that_comes_twice_links_nothing_to_itself_and_changes_no_link(
    linking: Linking,
) -> None:
    first = await linking.handle(submitted("one"), submitted("two"))
    again = await linking.handle(submitted("one"), submitted("two"))

    assert again.publications == first.publications
    assert [one.number for one in linking.links("one")] == [number("two")]
    assert linking.counted() == 2


async def test_after_a_restart_links_are_found_and_what_was_linked_stays(linking: Linking) -> None:
    await linking.handle(submitted("one"))
    linking.restart()

    await linking.handle(submitted("one"), submitted("two"))

    assert linking.links("one") == ()
    assert [one.number for one in linking.links("two")] == [number("one")]


async def test_a_case_in_triage_is_linked_where_region_and_category_are_known(
    linking: Linking,
) -> None:
    await linking.handle(submitted("one"))
    linking.bench.decider.says = decision(None, category="roads.damage", region="36.03")
    await linking.handle(submitted("two"))

    assert [one.number for one in linking.links("two")] == [number("one")]


@pytest.mark.parametrize("unknown", [{"category": None}, {"region": None}])
async def test_without_region_or_category_nothing_is_compared(
    linking: Linking, unknown: dict[str, None]
) -> None:
    known = {"category": "roads.damage", "region": "36.03"}
    linking.bench.decider.says = decision(**(known | unknown))
    await linking.handle(submitted("one", place={}))
    await linking.handle(submitted("two", place={}))

    assert linking.links("two") == ()
    assert linking.neighbours.log == []


async def test_an_institution_is_shown_no_report_of_another(linking: Linking) -> None:
    await linking.handle(submitted("two"))
    linking.bench.decider.says = decision("prov-36", category="roads.damage", region="36.03")
    await linking.handle(submitted("three"))
    linking.bench.decider.says = decision(category="roads.damage", region="36.03")

    work = await linking.handle(
        submitted("one"), request(Transfer(institution="prov-36", text="Jalan provinsi."))
    )

    assert told(work, "agency-kab-3603") == [number("two")]
    assert told(work, "agency-prov-36") == [number("three")]


async def test_a_secret_report_is_linked_for_officers_and_shown_to_no_institution(
    linking: Linking,
) -> None:
    await linking.handle(submitted("one", secret=True))
    work = await linking.handle(submitted("two"))

    assert [(one.number, one.institution) for one in linking.links("two")] == [
        (number("one"), None)
    ]
    assert told(work, "agency-kab-3603") == []


async def test_what_is_kept_of_a_report_holds_none_of_its_words(linking: Linking) -> None:
    await linking.handle(submitted("one", title="Rahasia", text="Jl. Tersembunyi rusak."))

    (kept,) = linking.neighbours.log
    assert len(kept.sketch) == 64
    assert "ahasia" not in repr(kept)
    assert "ersembunyi" not in repr(kept)


async def test_a_database_that_is_away_puts_the_batch_back_and_opens_no_case(
    linking: Linking,
) -> None:
    linking.neighbours.away = True

    with pytest.raises(DatabaseAway):
        await linking.handle(submitted("one"))

    assert linking.bench.store.kept == {}


async def test_without_a_window_nothing_is_compared(router: RouterBench) -> None:
    router.decider.says = decision(category="roads.damage", region="36.03")
    items: list[DecodedRecord[Given]] = [
        DecodedRecord(input_record(submitted(n)), submitted(n)) for n in "ab"
    ]
    await router.handler.handle(items)

    last = router.store.kept[complaint_id("b")].last.decision
    assert last is not None
    assert last.similar == ()


ERASE = request(
    Erase(reason=ErasureReason.REQUESTED), 1, actor=Actor(kind=ActorKind.OPERATOR, code="kantor")
)


async def test_an_erased_report_is_forgotten_and_linked_to_nothing_any_more(
    linking: Linking,
) -> None:
    await linking.handle(submitted("one"))

    await linking.handle(ERASE)
    await linking.handle(submitted("two"))

    assert [one.number for one in linking.neighbours.log] == [number("two")]
    assert linking.links("two") == ()


async def test_a_repeated_submission_brings_no_sketch_of_an_erased_report_back(
    linking: Linking,
) -> None:
    await linking.handle(submitted("one"), ERASE)
    assert linking.neighbours.log == []

    linking.restart()
    await linking.handle(submitted("one"))

    assert linking.neighbours.log == []


async def test_what_a_crash_left_of_an_erased_report_is_forgotten_at_the_repeat(
    linking: Linking,
) -> None:
    await linking.handle(submitted("one"))
    linking.neighbours.away = True
    with pytest.raises(DatabaseAway):
        await linking.handle(ERASE)

    linking.neighbours.away = False
    work = await linking.handle(ERASE)

    assert linking.neighbours.log == []
    assert [json.loads(event.value)["outcome"] for event in work.publications] == ["erased"] * 2
