"""The router's stage without a broker: what a batch leads to."""

import json
from collections.abc import Sequence

import pytest

from services.router.domain.case.agencies import NOT_PROVISIONED
from services.router.handlers import Given
from shared.contracts.actions import AssignUnit, Reopen
from shared.contracts.case import Complaint, Decision, Status
from shared.contracts.events import ActionRequested, AgencyEvent, Submitted
from shared.errors import BrokerAway, Undecodable
from shared.kafka.envelope import Outgoing
from shared.stage.handler import DecodedRecord, HandlerResult
from tests.router.conftest import RouterBench, ToldDecider
from tests.support.builders import (
    OFFICER,
    REPORTER,
    FakeRecord,
    complaint_id,
    complete,
    decision,
    follow_up,
    input_record,
    request,
    submitted,
    supplement,
)

ONE = complaint_id("one")


async def handled(router: RouterBench, *inputs: Submitted | ActionRequested) -> HandlerResult:
    items: list[DecodedRecord[Given]] = [
        DecodedRecord(input_record(value, offset), value) for offset, value in enumerate(inputs)
    ]
    return await router.handler.handle(items)


def said(work: HandlerResult) -> list[tuple[str, str, int]]:
    return [
        (event.topic, event.ce_type.split(".")[-2], json.loads(event.value)["seq"])
        for event in work.publications
    ]


async def test_a_routed_complaint_is_told_to_everybody_and_to_its_institution(
    router: RouterBench,
) -> None:
    work = await handled(router, submitted())

    assert said(work) == [("complaint-event", "routed", 1), ("agency-kab-3603", "routed", 1)]
    assert {event.key for event in work.publications} == {str(ONE).encode()}


async def test_a_complaint_in_triage_is_told_to_no_institution(router: RouterBench) -> None:
    router.decider.says = decision(None, rule="unknown")

    work = await handled(router, submitted())

    assert said(work) == [("complaint-event", "triaged", 1)]


async def test_an_officers_category_marks_the_case_as_the_files_in_use_say(
    router: RouterBench,
) -> None:
    named = request(AssignUnit(category="corruption"), 1, actor=OFFICER)

    work = await handled(router, submitted(), named)

    assert router.store.kept[ONE].last.investigation is True
    told = [event for event in work.publications if event.topic == "agency-kab-3603"]
    assert AgencyEvent.model_validate_json(told[-1].value).investigation is True


async def test_a_batch_that_comes_twice_gives_the_same_events_and_one_case(
    router: RouterBench,
) -> None:
    first = await handled(router, submitted(), follow_up(1))
    again = await handled(router, submitted(), follow_up(1))

    assert again.publications == first.publications
    assert router.store.kept[ONE].seq == 2


async def test_a_repeat_says_the_newest_state_last(router: RouterBench) -> None:
    await handled(router, submitted(), follow_up(1), follow_up(2))

    work = await handled(router, follow_up(1))

    assert [seq for topic, _, seq in said(work) if topic == "complaint-event"] == [2, 3]


async def test_a_case_changed_by_another_owner_is_read_and_folded_again(
    router: RouterBench,
) -> None:
    await handled(router, submitted())
    other = RouterBench()
    other.store.kept = router.store.kept
    await other.provisioned.refresh()

    async def intrude() -> None:
        await handled(other, follow_up(1))

    router.store.meanwhile = lambda: _run_now(intrude)
    work = await handled(router, follow_up(2))

    assert [entry.seq for entry in router.store.kept[ONE].history] == [1, 2, 3]
    assert said(work)[0] == ("complaint-event", "followed_up", 3)


def _run_now(action: object) -> None:
    # The store's memory never waits, so the coroutine ends at its first step.
    coroutine = action()  # type: ignore[operator]
    with pytest.raises(StopIteration):
        coroutine.send(None)


async def test_a_supplement_in_the_batch_of_its_complaint_is_decided_anew(
    router: RouterBench,
) -> None:
    router.decider = ReadingDecider()

    work = await handled(router, submitted(text="Jalan rusak parah."), supplement(1))

    assert said(work) == [
        ("complaint-event", "triaged", 1),
        ("complaint-event", "routed", 2),
        ("agency-kab-3603", "routed", 2),
    ]
    decided = router.telemetry.counter("salur_decisions_total")
    assert decided.labels("unknown", "triaged")._value.get() == 1
    assert decided.labels("region_code", "routed")._value.get() == 1


async def test_what_is_folded_again_is_judged_as_the_first_time(router: RouterBench) -> None:
    router.decider = ReadingDecider()
    await handled(router, submitted(text="Jalan rusak parah."))
    other = RouterBench()
    other.store.kept = router.store.kept
    await other.provisioned.refresh()

    def intrude() -> None:
        _run_now(lambda: handled(other, follow_up(1)))
        router.decider = ToldDecider()
        router.decider.says = decision("prov-36")
        router.provisioned.drop("kab-3603")

    router.store.meanwhile = intrude
    await handled(router, supplement(2))

    history = router.store.kept[ONE].history
    assert [entry.outcome for entry in history] == ["triaged", "refused", "routed"]
    assert history[-1].institution == "kab-3603"


class ReadingDecider(ToldDecider):
    """Knows one name."""

    def decide(
        self, complaints: Sequence[Complaint], provisioned: frozenset[str]
    ) -> list[Decision]:
        unsure = decision(None, rule="unknown")
        return [decision() if "Tangerang" in one.text else unsure for one in complaints]


async def test_a_topic_that_vanished_takes_the_case_to_triage_as_a_further_entry(
    router: RouterBench,
) -> None:
    work = await handled(router, submitted())
    gone = [event for event in work.publications if event.topic == "agency-kab-3603"]

    instead = await router.handler.undeliverable(gone)

    last = router.store.kept[ONE].last
    assert (last.seq, last.status) == (2, Status.UNVERIFIED)
    assert last.decision is not None
    assert last.decision.rule == NOT_PROVISIONED
    assert said(instead) == [("complaint-event", "triaged", 2)]


async def test_nothing_is_said_again_on_a_topic_that_vanished(router: RouterBench) -> None:
    await handled(router, submitted())
    router.topics.discard("agency-kab-3603")
    await router.provisioned.refresh()

    work = await handled(router, submitted())

    assert said(work) == [("complaint-event", "routed", 1)]


async def test_a_missing_event_topic_is_an_outage_and_not_a_triage(router: RouterBench) -> None:
    work = await handled(router, submitted())
    gone: list[Outgoing] = [work.publications[0]]

    with pytest.raises(BrokerAway, match="complaint-event"):
        await router.handler.undeliverable(gone)


async def test_the_way_to_the_institution_is_measured_when_it_is_over(router: RouterBench) -> None:
    await handled(router, submitted())
    router.clock.advance(seconds=7)

    router.handler.settled([])

    found = router.telemetry.histogram("salur_accepted_to_routed_seconds")
    assert found._sum.get() == 7


@pytest.mark.parametrize(
    ("record", "code"),
    [
        (FakeRecord(), "no_event_type"),
        (FakeRecord(headers=(("ce_type", None),)), "no_event_type"),
        (FakeRecord(headers=(("ce_type", b"\xff"),)), "no_event_type"),
        (FakeRecord(headers=(("ce_type", b"id.salur.other.v1"),)), "unknown_event_type"),
        (input_record(submitted(), value=b"{"), "invalid_value"),
        (input_record(submitted(), value=None), "no_value"),
        (input_record(submitted(), value=b"\xff\xfe"), "invalid_value"),
        (input_record(submitted(), key=b"another"), "wrong_key"),
        (input_record(submitted(), key=None), "wrong_key"),
    ],
)
def test_what_breaks_the_contract_is_undecodable(
    router: RouterBench, record: FakeRecord, code: str
) -> None:
    with pytest.raises(Undecodable) as caught:
        router.handler.decode(record)

    assert caught.value.code == code


def test_why_a_record_is_undecodable_never_quotes_it(router: RouterBench) -> None:
    record = input_record(submitted(), value=b'{"complaint": {"title": "rahasia sekali"}}')

    with pytest.raises(Undecodable) as caught:
        router.handler.decode(record)

    assert "rahasia" not in str(caught.value)
    assert "complaint.text: missing" in caught.value.detail


async def test_a_case_touched_after_its_institution_was_merged_goes_to_the_successor(
    router: RouterBench,
) -> None:
    await handled(router, submitted(), complete(1))
    router.succession = {"kab-3603": "prov-36"}

    work = await handled(router, request(Reopen(text="Lagi."), 2, actor=REPORTER))

    assert said(work) == [
        ("complaint-event", "transferred", 3),
        ("agency-prov-36", "routed", 3),
        ("agency-kab-3603", "transferred_away", 3),
    ]
