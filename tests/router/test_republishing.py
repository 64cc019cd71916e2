"""What somebody could not read is said again by the router, as the case is by now."""

import json
from dataclasses import replace
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.router.domain.case.batch_context import BatchContext
from services.router.domain.case.fold import Fold, fold
from services.router.handlers import Given
from shared.contracts.case import Case
from shared.contracts.events import Asked, InputType, RepublishRequested
from shared.contracts.identifiers import event_id
from shared.contracts.topics import EVENT
from shared.errors import Undecodable
from shared.kafka.envelope import Outgoing
from shared.stage.handler import DecodedRecord, HandlerResult
from tests.router import erasures
from tests.router.conftest import RouterBench
from tests.router.lives import REACH
from tests.support.builders import (
    FakeRecord,
    complaint_id,
    complete,
    decision,
    follow_up,
    submitted,
)

ONE = complaint_id("one")
AGENCY = "agency-kab-3603"


def folded(case: Case | None, *inputs: Asked) -> Fold:
    return fold(case, inputs, BatchContext({ONE: decision()}, REACH, lambda _: decision()))


def three() -> Case:
    case = folded(None, submitted(), follow_up(1), complete(2)).after
    assert case is not None
    return case


def again(seq: int = 1, topic: str = EVENT) -> RepublishRequested:
    return RepublishRequested(complaint_id=ONE, topic=topic, event_id=event_id(ONE, seq, topic))


def record(asked: RepublishRequested) -> FakeRecord:
    return FakeRecord(
        key=str(asked.complaint_id).encode(),
        value=asked.model_dump_json().encode(),
        headers=(("ce_type", InputType.SAY_AGAIN.encode()),),
    )


async def handled(router: RouterBench, *inputs: Asked) -> HandlerResult:
    items: list[DecodedRecord[Given]] = [
        DecodedRecord(FakeRecord(offset=offset), value) for offset, value in enumerate(inputs)
    ]
    return await router.handler.handle(items)


def seqs(work: HandlerResult, topic: str = EVENT) -> list[int]:
    return [json.loads(one.value)["seq"] for one in work.publications if one.topic == topic]


@pytest.mark.parametrize("topic", [EVENT, AGENCY])
@pytest.mark.parametrize("seq", [1, 2, 3])
def test_a_case_is_said_again_from_the_event_that_was_not_read(topic: str, seq: int) -> None:
    result = folded(three(), again(seq, topic))

    assert (result.emit_from, result.is_changed, result.dead) == (seq, False, {})


@pytest.mark.parametrize("unknown", [None, complaint_id("another"), event_id(ONE, 4, EVENT)])
def test_a_case_that_knows_no_such_event_is_said_whole(unknown: UUID | None) -> None:
    asked = RepublishRequested(complaint_id=ONE, topic=EVENT, event_id=unknown)

    assert folded(three(), asked).emit_from == 1


def test_a_case_that_is_unknown_is_a_dead_letter_that_says_so() -> None:
    result = folded(None, again())

    assert result.dead[0].code == "unknown_complaint"
    assert str(ONE) in result.dead[0].detail
    assert (result.after, result.emit_from) == (None, None)


def test_a_dead_one_keeps_no_other_input_from_its_turn() -> None:
    result = folded(None, again(), submitted(), again())

    assert list(result.dead) == [0]
    assert (result.after is not None, result.emit_from) == (True, 1)


@given(st.lists(st.integers(1, 6), min_size=1, max_size=9))
def test_however_often_it_is_asked_for_it_is_said_once_and_changes_nothing(
    asked: list[int],
) -> None:
    case = three()

    result = folded(case, *(again(seq) for seq in asked))

    assert result.after is case
    assert result.emit_from == (1 if max(asked) > 3 else min(asked))


async def test_the_newest_state_is_the_last_that_is_said(router: RouterBench) -> None:
    first = await handled(router, submitted(), follow_up(1), complete(2))

    work = await handled(router, again(2), again(3), again(2))

    assert seqs(work) == seqs(work, AGENCY) == [2, 3]
    # The same to the byte and under the same ids: whoever has them knows a repeat.
    assert set(map(_bytes, work.publications)) <= set(map(_bytes, first.publications))
    assert router.store.kept[ONE].seq == 3


def _bytes(event: Outgoing) -> tuple[str, str, bytes]:
    return event.topic, event.ce_id, event.value


async def test_what_comes_in_the_same_batch_is_said_behind_it(router: RouterBench) -> None:
    await handled(router, submitted(), follow_up(1))

    work = await handled(router, again(1), complete(2))

    assert seqs(work) == [1, 2, 3]


def test_of_an_erased_case_nothing_is_said_but_blank() -> None:
    case = erasures.after_all(follow_up(1, text=erasures.WORD))
    assert erasures.WORD in str(erasures.said(case))
    blank = erasures.folded(case, erasures.erase()).after
    assert blank is not None

    result = folded(blank, again(1))

    assert result.emit_from == 1
    assert result.after is blank
    assert erasures.WORD not in str(erasures.said(blank))


def test_it_is_read_under_its_complaints_key_alone(router: RouterBench) -> None:
    asked = record(again(2))
    under_another = replace(asked, key=str(complaint_id("two")).encode())

    assert router.handler.decode(asked) == again(2)
    with pytest.raises(Undecodable, match="wrong_key"):
        router.handler.decode(under_another)


@pytest.mark.parametrize(
    "spoiled",
    [{"event_id": "no id"}, {"topic": "x" * 250}, {"complaint_id": None}],
    ids=lambda spoiled: next(iter(spoiled)),
)
def test_a_hostile_one_is_refused_before_it_reaches_a_case(
    router: RouterBench, spoiled: dict[str, object]
) -> None:
    good = json.loads(again().model_dump_json())
    bad = FakeRecord(
        key=str(ONE).encode(),
        value=json.dumps(good | spoiled).encode(),
        headers=(("ce_type", InputType.SAY_AGAIN.encode()),),
    )

    with pytest.raises(Undecodable, match="invalid_value"):
        router.handler.decode(bad)
