"""Whether a reporter is written to: what the vault keeps of contacts, and the door that ends it."""

from typing import Any
from uuid import UUID

import httpx
import pytest

from services.intake.identity.vault import VaultCodec
from services.intake.submit.submission import Reporter
from shared.contracts.identifiers import tracking_key
from shared.privacy.contact_links import DOOR, contact_token, link_key
from shared.privacy.contacts import Contact
from tests.intake.conftest import SECRET, IntakeBench, problem_of
from tests.support.builders import RING, START

SITI = {"name": "Siti", "email": " Siti@Warga.Example", "phone": "0812-3456-7890"}
OTHER_KEY = "5a9c1c52-93d5-4a0e-9d7e-0a1b2c3d4e5f"


async def choose(
    intake: IntakeBench, told: dict[str, str], headers: dict[str, str] | None = None, **form: Any
) -> httpx.Response:
    headers = {"Tracking-Code": told["tracking_code"]} if headers is None else headers
    path = f"/v1/complaints/{told['number']}/notifications"
    return await intake.http.put(path, json=form, headers=headers)


async def test_the_vault_marks_contacts_by_keyed_hashes_alone(intake: IntakeBench) -> None:
    one = await intake.accepted(reporter=SITI)
    two = (await intake.submit(OTHER_KEY, reporter={"email": "siti@warga.example"})).json()

    first, second = (intake.store.vault[UUID(told["complaint_id"])] for told in (one, two))

    assert set(first.contacts) == {Contact.EMAIL, Contact.PHONE}
    assert first.contacts[Contact.EMAIL] == second.contacts[Contact.EMAIL]
    document = VaultCodec(RING).to_contacts(first)
    assert document is not None
    assert {type(mark) for mark in document["marks"].values()} == {bytes}
    assert "notify" not in document


@pytest.mark.parametrize(
    "form",
    [
        {"anonymous": True, "reporter": SITI},
        {"reporter": {"name": "Siti", "email": "siti", "phone": "021-555"}},
        {},
    ],
    ids=["anonymous", "no contact that works", "nobody"],
)
async def test_without_a_usable_contact_there_is_no_way(
    intake: IntakeBench, form: dict[str, Any]
) -> None:
    told = await intake.accepted(**form)

    row = intake.store.vault[UUID(told["complaint_id"])]
    assert VaultCodec(RING).to_contacts(row) is None
    assert (await choose(intake, told, wanted=True)).json()["ways"] == []


async def test_a_reporter_ends_the_messages_of_one_report_and_begins_them_again(
    intake: IntakeBench,
) -> None:
    told = await intake.accepted(reporter=SITI)
    other = (await intake.submit(OTHER_KEY, reporter=SITI)).json()

    ended = await choose(intake, told, wanted=False)
    untouched = await choose(intake, other, wanted=True)
    begun = await choose(intake, told, wanted=True)

    assert ended.status_code == 200
    assert ended.json() == {"number": told["number"], "ways": []}
    assert untouched.json()["ways"] == begun.json()["ways"] == ["email", "phone"]


def link_of(intake: IntakeBench, told: dict[str, str], kind: Contact = Contact.EMAIL) -> str:
    """Return the link that the notifier puts into a letter to this contact."""
    mark = intake.store.vault[UUID(told["complaint_id"])].contacts[kind]
    key = link_key(tracking_key(SECRET.encode()))
    return DOOR + contact_token(key, kind, mark, START)


async def test_nobody_ends_the_messages_to_a_contact_by_reporting_in_its_name(
    intake: IntakeBench,
) -> None:
    victim = await intake.accepted(reporter=SITI)
    attacker = (await intake.submit(OTHER_KEY, reporter=SITI)).json()

    problem_of(await choose(intake, attacker, wanted=False, everywhere=True), 403)

    assert (await intake.opt_outs.preferences_of(UUID(victim["complaint_id"]))).ways == tuple(
        Contact
    )


async def test_the_link_ends_all_messages_to_its_contact_and_begins_them_again(
    intake: IntakeBench,
) -> None:
    told = await intake.accepted(reporter=SITI)
    other = UUID((await intake.submit(OTHER_KEY, reporter=SITI)).json()["complaint_id"])
    link = link_of(intake, told)

    shown = await intake.http.get(link)
    untouched = (await intake.opt_outs.preferences_of(other)).ways
    ended = await intake.http.post(link, content="List-Unsubscribe=One-Click")
    left = (await intake.opt_outs.preferences_of(other)).ways
    begun = await intake.http.post(link, content="Messages=Begin")

    assert [one.status_code for one in (shown, ended, begun)] == [200] * 3
    assert "siti" not in (link + shown.text + ended.text).lower()
    assert (untouched, left) == (tuple(Contact), (Contact.PHONE,))
    assert (await intake.opt_outs.preferences_of(other)).ways == tuple(Contact)


async def test_a_mail_program_may_send_its_click_in_parts(intake: IntakeBench) -> None:
    told = await intake.accepted(reporter=SITI)

    ended = await intake.http.post(
        link_of(intake, told), files={"List-Unsubscribe": (None, "One-Click")}
    )

    assert ended.status_code == 200
    assert list(intake.opt_outs.kept.values()) == [False]


async def test_a_link_that_was_changed_is_old_or_says_nothing_changes_nothing(
    intake: IntakeBench,
) -> None:
    told = await intake.accepted(reporter=SITI)
    link = link_of(intake, told)

    problem_of(await intake.http.get(f"{link[:-3]}AAA"), 404)
    problem_of(await intake.http.post(f"{link[:-3]}AAA", content="Messages=Begin"), 404)
    problem_of(await intake.http.post(link, content="List-Unsubscribe"), 422)
    intake.clock.advance(days=91)
    problem_of(await intake.http.post(link, content="List-Unsubscribe=One-Click"), 404)
    assert intake.opt_outs.kept == {}


async def test_an_operator_ends_and_begins_messages_to_a_contact_everywhere(
    intake: IntakeBench,
) -> None:
    told = await intake.accepted(reporter=SITI)
    operator = await intake.key("operator")

    ended = await choose(intake, told, operator, wanted=False, everywhere=True)
    # A word about one report does not undo it: it may be another's, in this contact's name.
    again = await choose(intake, told, wanted=True)
    back = await choose(intake, told, operator, wanted=True, everywhere=True)

    assert ended.json()["ways"] == again.json()["ways"] == []
    assert back.json()["ways"] == ["email", "phone"]


async def test_a_report_may_come_without_messages_and_the_reporter_may_think_again(
    intake: IntakeBench,
) -> None:
    told = await intake.accepted(reporter=SITI | {"notify": False})

    assert (await intake.opt_outs.preferences_of(UUID(told["complaint_id"]))).ways == ()
    assert (await choose(intake, told, wanted=True)).json()["ways"] == ["email", "phone"]


async def test_a_wish_about_messages_is_part_of_the_body_that_a_key_stands_for(
    intake: IntakeBench,
) -> None:
    await intake.accepted(reporter=SITI)

    assert (await intake.submit(reporter=SITI | {"notify": True})).status_code == 202
    problem_of(await intake.submit(reporter=SITI | {"notify": False}), 422)


async def test_the_door_opens_to_the_code_and_to_operators_alone(intake: IntakeBench) -> None:
    told = await intake.accepted(reporter=SITI)
    other = (await intake.submit(OTHER_KEY)).json()

    problem_of(await choose(intake, told | {"number": other["number"]}, wanted=False), 404)
    problem_of(await choose(intake, told, {}, wanted=False), 401)
    for role in ("officer", "gateway"):
        problem_of(await choose(intake, told, await intake.key(role), wanted=False), 403)
    problem_of(await choose(intake, told, wanted="no"), 422)
    assert intake.opt_outs.kept == {}


def test_a_reporter_is_written_to_unless_told_otherwise() -> None:
    assert Reporter().notify
