"""Erasures are done step by step, and gone on with after whatever was away."""

from datetime import timedelta
from uuid import UUID

import pytest

from services.intake.erasure.model import ErasureState, longest_kept
from shared.contracts.case import Case
from shared.contracts.topics import SERVICES, dead_letter_topic
from shared.errors import BrokerAway
from tests.intake.cases.test_tracking import with_case
from tests.intake.conftest import IntakeBench, problem_of
from tests.intake.erasure.desk import Desk
from tests.support.builders import START


@pytest.fixture
async def desk(intake: IntakeBench) -> Desk:
    # The newest entry holds the case: `with_case` routes it to kab-3603.
    told = await with_case(intake)
    return Desk(intake, told, await intake.key("operator", "kantor"))


async def test_once_the_case_is_blank_only_old_records_are_waited_for(desk: Desk) -> None:
    await desk.decide()
    desk.router_blanks()

    await desk.turn()

    view = await desk.stands()
    assert (view["state"], view["waits_for"]) == ("fading", ["records"])
    assert view["institutions_told"] == ["kab-3603"]
    gone = desk.intake.erasures.kept[desk.id].records_gone_at
    assert gone == START + longest_kept()


async def test_a_row_is_closed_when_the_last_record_has_left_and_not_before(desk: Desk) -> None:
    await desk.decide()
    desk.router_blanks()
    await desk.turn()

    desk.intake.clock.advance(days=97, hours=23)
    await desk.turn()
    assert (await desk.stands())["state"] == "fading"

    desk.intake.clock.advance(hours=1)
    await desk.turn()
    view = await desk.stands()
    assert (view["state"], view["waits_for"]) == ("closed", [])


async def test_the_ledger_names_what_is_left_in_kafka_and_until_when(desk: Desk) -> None:
    await desk.decide()
    desk.router_blanks()
    await desk.turn()

    left = {one["topics"]: one for one in (await desk.stands())["left"]}

    assert left["agency-<code>-action"] == {
        "topics": "agency-<code>-action",
        "holds": "words as institutions wrote them, not masked",
        "until": days_later(8),
    }
    assert {name: one["until"] for name, one in left.items()} == {
        "agency-<code>-action": days_later(8),
        "complaint-input": days_later(37),
        "complaint-event": days_later(98),
        "agency-<code>": days_later(97),
        **dict.fromkeys(map(dead_letter_topic, SERVICES), days_later(31)),
    }


async def test_what_has_left_kafka_is_named_no_longer(desk: Desk) -> None:
    await desk.decide()
    desk.router_blanks()
    await desk.turn()

    desk.intake.clock.advance(days=40)
    left = {one["topics"] for one in (await desk.stands())["left"]}
    desk.intake.clock.advance(days=58)

    assert left == {"complaint-event", "agency-<code>"}
    assert (await desk.stands())["left"] == []


def days_later(days: int) -> str:
    return (START + timedelta(days=days)).isoformat().replace("+00:00", "Z")


def test_records_lie_98_days_at_most_by_the_table_of_topics() -> None:
    # complaint-event: compacted after at most 97 days, a segment of one day.
    assert longest_kept() == timedelta(days=98)


async def test_what_was_away_is_done_at_the_next_turn_under_the_same_id(desk: Desk) -> None:
    desk.intake.publisher.is_away = True
    answer = await desk.decide()
    assert (answer.status_code, answer.json()["state"]) == (202, "erasing")
    assert not desk.requests()

    desk.intake.publisher.is_away = False
    await desk.turn()
    desk.intake.clock.advance(minutes=59)
    await desk.turn()
    assert len(desk.requests()) == 1

    desk.intake.clock.advance(minutes=1)
    await desk.turn()
    first, again = desk.requests()
    assert first == again


async def test_a_crash_after_the_row_leaves_what_a_turn_completes(desk: Desk) -> None:
    desk.intake.store.away.add("acknowledge")
    await desk.decide()
    assert desk.intake.store.vault

    desk.intake.store.away.clear()
    await desk.turn()

    assert desk.intake.store.vault == {}
    assert len(desk.requests()) == 1


async def test_of_two_who_decide_at_once_one_wins_and_the_other_sees_it(desk: Desk) -> None:
    await desk.ask()

    def another_holds() -> None:
        row = desk.intake.erasures.kept[desk.id]
        desk.intake.erasures.kept[desk.id] = row.changed(state=ErasureState.HELD)

    desk.intake.erasures.before_put = another_holds
    view = (await desk.decide()).json()

    assert view["state"] == "erasing"
    assert desk.intake.erasures.kept[desk.id].state is ErasureState.ERASING


async def test_a_topic_that_is_missing_leaves_it_to_the_next_turn(desk: Desk) -> None:
    desk.intake.publisher.has_topic = False
    assert (await desk.decide()).json()["waits_for"] == ["case", "institutions", "records"]
    with pytest.raises(BrokerAway, match="complaint-input"):
        await desk.turn()

    desk.intake.publisher.has_topic = True
    await desk.turn()

    assert len(desk.requests()) == 1


@pytest.mark.parametrize("asks", [True, False], ids=["reporter", "operator"])
async def test_a_row_that_others_keep_changing_is_409(desk: Desk, asks: bool) -> None:
    def another_declines() -> None:
        row = desk.intake.erasures.kept.get(desk.id) or declined
        desk.intake.erasures.kept[desk.id] = row.changed(state=ErasureState.DECLINED)
        desk.intake.erasures.before_put = another_declines

    await desk.decide(decision="decline")
    declined = desk.intake.erasures.kept[desk.id]
    desk.intake.erasures.before_put = another_declines

    problem_of(await (desk.ask() if asks else desk.decide()), 409, "changed_meanwhile")


async def test_a_ledger_that_is_away_is_503_and_nothing_is_erased(desk: Desk) -> None:
    desk.intake.erasures.is_away = True

    problem_of(await desk.decide(), 503)

    assert desk.intake.store.vault


async def test_a_row_that_another_intake_has_at_hand_keeps_no_other_waiting(
    intake: IntakeBench,
) -> None:
    key = await intake.key("operator", "kantor")
    intake.publisher.is_away = True
    desks = []
    for number in range(2):
        told = await _accepted(intake, number)
        desks.append(Desk(intake, told, key))
        await desks[-1].decide()
    intake.publisher.is_away = False

    def another_was_here() -> None:
        row = intake.erasures.kept[desks[0].id]
        intake.erasures.kept[desks[0].id] = row.changed()

    intake.erasures.before_put = another_was_here
    await desks[0].turn()

    assert intake.erasures.kept[desks[0].id].sent_at is None
    assert intake.erasures.kept[desks[1].id].sent_at is not None


async def _accepted(intake: IntakeBench, number: int) -> dict[str, str]:
    intake.publisher.is_away = False
    told = await intake.accepted(key=f"3f9c1c52-93d5-4a0e-9d7e-0a1b2c3d4e{number:02}")
    intake.publisher.is_away = True
    return told


async def test_a_case_that_cannot_be_read_keeps_no_other_waiting(
    intake: IntakeBench, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    key = await intake.key("operator", "kantor")
    intake.publisher.is_away = True
    desks = [Desk(intake, await _accepted(intake, number), key) for number in range(2)]
    for desk in desks:
        await desk.decide()
    intake.publisher.is_away = False
    read, words = intake.store.case, "Siti Kemuning"

    async def case(complaint_id: UUID) -> Case | None:
        if complaint_id == desks[0].id:
            raise ValueError(words)
        return await read(complaint_id)

    monkeypatch.setattr(intake.store, "case", case)
    await desks[0].turn()

    assert [request.complaint_id for request in desks[1].requests()] == [desks[1].id]
    assert f"the erasure of {desks[0].told['number']} failed with ValueError" in caplog.text
    assert words not in caplog.text
