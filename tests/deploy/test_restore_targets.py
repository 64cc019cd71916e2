"""What is read from an event before it is restored, and who must not write meanwhile."""

from typing import Any

import pytest

from deploy.restore.targets import case_in, fact_in
from deploy.restore.writers import GROUPS, require_stopped
from shared.errors import Misconfigured, Undecodable
from tests.builders import FakeRecord, complaint_id
from tests.restoring import FOLLOWED_UP, ROUTED, events_of


def test_a_case_and_a_fact_are_in_every_event() -> None:
    *_, last = events_of("one", [ROUTED, FOLLOWED_UP])

    assert case_in(last).value.seq == case_in(last).seq == 2
    assert fact_in(last).value.partition == last.partition
    assert (fact_in(last).seq, fact_in(last).complaint_id) == (2, complaint_id("one"))


@pytest.mark.parametrize(
    ("spoiled", "code"),
    [
        ({"key": b"another"}, "wrong_key"),
        ({"value": None}, "no_value"),
        ({"value": b"{}"}, "invalid_value"),
    ],
)
def test_an_event_that_breaks_the_contract_gives_no_case(spoiled: Any, code: str) -> None:
    (first, _) = events_of("one", [ROUTED, FOLLOWED_UP], **spoiled)

    with pytest.raises(Undecodable) as caught:
        case_in(first)

    assert caught.value.code == code


@pytest.mark.parametrize(("old", "new"), [(b'"seq":2,', b'"seq":3,'), (b'"seq":1,', b'"seq":2,')])
def test_an_event_without_the_whole_history_gives_no_case(old: bytes, new: bytes) -> None:
    *_, last = events_of("one", [ROUTED, FOLLOWED_UP])
    assert last.value is not None
    spoiled = FakeRecord(key=last.key, value=last.value.replace(old, new, 1))

    with pytest.raises(Undecodable) as caught:
        case_in(spoiled)

    assert caught.value.code == "inconsistent_event"


def test_the_only_writers_of_both_collections_must_be_stopped() -> None:
    assert GROUPS == ("router", "metrics")
    require_stopped({"router": 0, "metrics": 0})

    with pytest.raises(Misconfigured, match=r"router \(2\).*--force"):
        require_stopped({"router": 2, "metrics": 0})
