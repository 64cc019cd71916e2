"""The direct count and the facts agree on who had a case, though neither knows the other."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.metrics.domain.facts import fact_of
from shared.contracts.case import Entry, InputKind
from tests.metrics.events import act, outline, submitted, told
from tests.support.builders import START
from tests.support.direct_count import found_in

HOME, AWAY = "kab-3603", "prov-36"
ROUTED = act(InputKind.ROUTE, HOME)
IN_UNIT = act(InputKind.ASSIGN_UNIT, HOME, unit="PUPR")
MOVED = act(InputKind.TRANSFER, AWAY)
TRIAGED = act(InputKind.TRANSFER, None)
GONE = act(InputKind.UNDELIVERABLE, None)


def counted(*entries: Entry) -> frozenset[str]:
    """Return who had the case before, as the direct count reads its document."""
    case = told("one", entries)[-1].case
    history: list[dict[str, Any]] = [entry.model_dump() for entry in case.history]
    return found_in({"complaint": {"received_at": START}, "history": history}).before


@pytest.mark.parametrize(
    ("entries", "before"),
    [
        ([ROUTED, MOVED], {HOME}),
        ([ROUTED, GONE, MOVED], set()),
        ([ROUTED, IN_UNIT, GONE, MOVED], set()),
        ([ROUTED, MOVED, GONE, ROUTED], set()),
        ([ROUTED, TRIAGED, ROUTED, GONE, MOVED], {HOME}),
    ],
)
def test_who_never_heard_of_a_case_did_not_give_it_up(
    entries: list[Entry], before: set[str]
) -> None:
    assert counted(*entries) == before


@given(st.lists(st.sampled_from([ROUTED, IN_UNIT, MOVED, TRIAGED, GONE]), max_size=8))
def test_both_name_the_same_former_institutions(after: list[Entry]) -> None:
    entries = [submitted(None)]
    for entry in after:  # only what somebody holds can be undeliverable
        if entry is not GONE or entries[-1].institution:
            entries.append(entry)

    fact = fact_of(outline(told("one", entries)[-1]), 0)

    assert counted(*entries) == set(fact.former)
