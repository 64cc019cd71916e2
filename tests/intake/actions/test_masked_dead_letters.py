"""A dead letter of an institution's action asks, replayed, for what the action asked for."""

from hypothesis import given
from hypothesis import strategies as st

from services.intake.actions.requests import action_requested
from services.intake.keys.callers import agency
from shared.contracts.actions import Complete
from shared.contracts.events import ActionRequested, AgencyAction
from shared.errors import Permanent
from shared.kafka.dead_letters import DeadLetter
from shared.kafka.envelope import decode
from tests.support.builders import START, FakeRecord, complaint_id

WRITTEN = "agency-kab-3603-action"
PIECES = st.sampled_from([
    "hub ", "0812", "-3456-", "7890", " ", "NIK ", "3603011203800001", "budi", "@", "gmail.com",
    "\u200b", "\u0660", "é", '"', "\\", "\n", "Rp 1.500.000", "selesai",
])  # fmt: skip


@given(st.lists(PIECES, min_size=1, max_size=20).map("".join))
def test_a_replayed_letter_asks_for_the_same(text: str) -> None:
    asked = AgencyAction(complaint_id=complaint_id("a"), action=Complete(text=f"Selesai. {text}"))
    record = FakeRecord(topic=WRITTEN, value=asked.model_dump_json().encode())

    letter = DeadLetter("intake", record, Permanent("unknown_complaint", "not yet"))
    again = decode(FakeRecord(topic=WRITTEN, value=letter.value), AgencyAction)

    assert request_of(again) == request_of(asked)


def request_of(asked: AgencyAction) -> ActionRequested:
    return action_requested(
        asked.action,
        agency("kab-3603"),
        action_id=complaint_id("action"),
        complaint_id=asked.complaint_id,
        at=START,
    )
