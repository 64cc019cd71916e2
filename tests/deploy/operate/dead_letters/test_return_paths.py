"""Inputs go back as they are; what the router said is said again by the router."""

import json
from uuid import UUID

import pytest

from deploy.operate.dead_letters.reader import StoredDeadLetter
from deploy.operate.dead_letters.return_paths import (
    NotReplayable,
    ids_in,
    republish_request,
    return_path,
)
from services.intake.submit.kafka_records import SOURCE as INTAKE
from services.router.domain.case.publications import SOURCE as ROUTER
from shared.contracts.events import InputType, RepublishRequested
from shared.contracts.identifiers import event_id
from shared.contracts.topics import EVENT, INPUT, topics_for
from shared.kafka.envelope import Outgoing
from tests.support.builders import START, complaint_id

ONE = complaint_id("one")
AGENCY = "agency-kab-3603"


def letter(topic: str, **changes: object) -> StoredDeadLetter:
    values: dict[str, object] = {
        "offset": 7,
        "origin": {"topic": topic},
        "key": str(ONE).encode(),
        "value": b"{}",
        "headers": (
            ("ce_id", str(event_id(ONE, 1, topic)).encode()),
            ("ce_source", ROUTER.encode()),
        ),
    }
    return StoredDeadLetter(**(values | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize("topic", [EVENT, AGENCY])
@pytest.mark.parametrize("value", [b"{}", b"\xff broken", None])
def test_what_the_router_said_is_asked_of_it_whatever_has_become_of_the_value(
    topic: str, value: bytes | None
) -> None:
    asked = return_path(letter(topic, value=value), now=START)

    assert isinstance(asked, Outgoing)
    assert (asked.topic, asked.key, asked.ce_type) == (
        INPUT,
        str(ONE).encode(),
        InputType.SAY_AGAIN,
    )
    assert RepublishRequested.model_validate_json(asked.value) == RepublishRequested(
        complaint_id=ONE, topic=topic, event_id=event_id(ONE, 1, topic)
    )


def test_no_letter_of_a_compacted_topic_is_ever_written_back() -> None:
    compacted = [name for name, spec in topics_for(("kab-3603",)).items() if spec.is_compacted]
    sources = (ROUTER.encode(), INTAKE.encode(), b"\xff")

    assert compacted == [EVENT]
    for source in sources:
        assert isinstance(
            return_path(letter(EVENT, headers=(("ce_source", source),)), now=START), Outgoing
        )


@pytest.mark.parametrize("headers", [(), (("ce_id", b"no id"),), (("ce_id", b"\xff"),)])
def test_without_the_events_own_id_the_case_is_asked_for_all_the_same(
    headers: tuple[tuple[str, bytes], ...],
) -> None:
    asked = return_path(letter(EVENT, headers=headers), now=START)

    assert isinstance(asked, Outgoing)
    assert "event_id" not in json.loads(asked.value)


@pytest.mark.parametrize("key", [None, b"", b"key", b"\xff"])
def test_a_letter_under_no_complaints_id_stays(key: bytes | None) -> None:
    left = return_path(letter(EVENT, key=key), now=START)

    assert isinstance(left, NotReplayable)
    assert "complaint's id" in left.because


@pytest.mark.parametrize("topic", [INPUT, "agency-kab-3603-action"])
def test_inputs_go_back_as_they_are(topic: str) -> None:
    one = letter(topic, key=b"any key")

    assert return_path(one, now=START) is one


def test_so_does_what_intake_says_to_an_institution() -> None:
    one = letter(AGENCY, key=b"of a test", headers=(("ce_source", INTAKE.encode()),))

    assert return_path(one, now=START) is one


@pytest.mark.parametrize("topic", ["somewhere-else", ""])
def test_a_letter_of_no_topic_of_ours_stays(topic: str) -> None:
    assert isinstance(return_path(letter(topic), now=START), NotReplayable)


def test_the_same_is_asked_under_the_same_id() -> None:
    first, again = (republish_request(ONE, EVENT, None, now=START) for _ in range(2))
    other = republish_request(ONE, EVENT, event_id(ONE, 2, EVENT), now=START)

    assert first.ce_id == again.ce_id != other.ce_id


def test_ids_are_found_in_broken_values_too_and_not_without_end() -> None:
    two = complaint_id("two")
    broken = letter(INPUT, value=b'{"complaint_id": "' + two.hex.upper().encode() + b'", \xff')
    many = b" ".join(str(UUID(int=number)).encode() for number in range(200))

    assert ids_in(broken) == {ONE, two}
    assert len(ids_in(letter(INPUT, value=many))) == 100
    assert ids_in(letter(INPUT, key=None, value=None)) == set()
