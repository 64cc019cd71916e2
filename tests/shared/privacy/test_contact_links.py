"""Links to a contact: good for whom they were sent to, for a while, and for nothing else."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from shared.privacy.contact_links import LIVES, TOKEN_LETTERS, choice_in, contact_token, link_key
from shared.privacy.contacts import Contact, choice_of_contact
from tests.support.builders import START

KEY = link_key(b"k" * 32)
MARK = bytes(range(32))
TOKEN = contact_token(KEY, Contact.EMAIL, MARK, START)


@given(st.sampled_from(Contact), st.binary(min_size=32, max_size=32))
def test_a_token_leads_to_its_contacts_choice(kind: Contact, mark: bytes) -> None:
    token = contact_token(KEY, kind, mark, START)

    assert len(token) == TOKEN_LETTERS
    assert choice_in(KEY, token, START + LIVES) == choice_of_contact(kind, mark)
    assert choice_in(KEY, token, START + LIVES + timedelta(days=1)) is None
    assert choice_in(link_key(b"other" * 8), token, START) is None


@given(st.integers(0, TOKEN_LETTERS - 1), st.sampled_from("Aa0-_="))
def test_a_token_that_was_changed_leads_nowhere(place: int, letter: str) -> None:
    changed = TOKEN[:place] + letter + TOKEN[place + 1 :]

    assert changed == TOKEN or choice_in(KEY, changed, START) is None


@given(st.text(max_size=100))
def test_what_is_no_token_leads_nowhere(text: str) -> None:
    assert choice_in(KEY, text, START) is None
