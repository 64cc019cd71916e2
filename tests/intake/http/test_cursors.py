"""Cursors: what was written is read again, and nothing else is."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.cases.models import MOST_CURSOR
from services.intake.http.cursors import Cursors
from shared.contracts.deliveries import delivery_id
from tests.support.builders import START

LIST = ("triage", "overdue=True")
INSTANTS = st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31), timezones=st.just(UTC))
NAMES = st.text(st.characters(exclude_categories=["Cs"]))
MINE = Cursors((b"mine",), LIST)


@given(INSTANTS, NAMES)
def test_a_place_comes_back_as_it_was_written(at: datetime, row_id: str) -> None:
    at = at.replace(microsecond=at.microsecond // 1000 * 1000)

    assert MINE.read(MINE.write(at, row_id)) == (at, row_id)


@given(NAMES | st.from_regex(r"[\w-]*\.[\w-]*", fullmatch=True))
def test_no_text_breaks_the_reading(text: str) -> None:
    assert MINE.read(text) is None


def test_a_changed_letter_leads_nowhere_else() -> None:
    written = MINE.write(START, "one")

    for at, letter in enumerate(written):
        changed = written[:at] + ("A" if letter != "A" else "B") + written[at + 1 :]
        # The last two bits of the signature's last letter mean nothing.
        assert MINE.read(changed) in (
            (None, (START, "one")) if changed[:-1] == written[:-1] else (None,)
        )


@pytest.mark.parametrize("scope", [("triage",), ("triage", "overdue=False")])
def test_a_cursor_is_good_for_one_list_with_its_filters(scope: tuple[str, ...]) -> None:
    assert Cursors((b"mine",), scope).read(MINE.write(START, "one")) is None


def test_any_secret_of_the_ring_knows_its_cursors_and_the_first_signs() -> None:
    old, new = Cursors((b"old",), LIST), Cursors((b"new",), LIST)
    both = Cursors((b"new", b"old"), LIST)

    assert both.read(old.write(START, "one")) == (START, "one")
    assert new.read(both.write(START, "one")) == (START, "one")
    assert old.read(both.write(START, "one")) is None


def test_the_longest_cursor_is_taken_back() -> None:
    longest = MINE.write(
        datetime(9999, 12, 31, tzinfo=UTC), delivery_id(UUID(int=2**127), str(UUID(int=1)))
    )

    assert len(longest) <= MOST_CURSOR
