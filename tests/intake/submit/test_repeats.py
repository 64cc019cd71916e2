"""A complaint that comes again: the first answer, the same record, and nothing twice."""

import asyncio

from tests.intake.conftest import KEY, TEXT, IntakeBench, problem_of
from tests.intake.submit.test_routes import ID

# Repeats


async def test_a_repeat_gets_the_first_answer_and_publishes_nothing(intake: IntakeBench) -> None:
    first = await intake.accepted()
    await intake.app.state.reception.stop()
    intake.clock.advance(hours=5)

    assert await intake.accepted() == first
    assert len(intake.publisher.sent) == 1


async def test_a_repeat_that_says_a_default_aloud_is_the_same_body(intake: IntakeBench) -> None:
    first = await intake.accepted()

    assert await intake.accepted(type="complaint", anonymous=False, title=None) == first


async def test_an_unmarked_repeat_publishes_the_very_same_record(intake: IntakeBench) -> None:
    intake.store.forgets_marks = True
    first = await intake.accepted(reporter={"name": "Siti"})
    intake.clock.advance(hours=5)
    intake.restart()

    assert await intake.accepted(reporter={"name": "Siti"}) == first
    one, two = intake.publisher.sent
    assert one == two


async def test_a_marked_repeat_publishes_nothing_after_a_restart(intake: IntakeBench) -> None:
    first = await intake.accepted()
    await intake.app.state.reception.stop()
    intake.restart()

    assert await intake.accepted() == first
    assert len(intake.publisher.sent) == 1


async def test_another_body_under_the_same_key_is_refused(intake: IntakeBench) -> None:
    await intake.accepted()
    before = dict(intake.store.vault), len(intake.publisher.sent)

    answer = await intake.submit(text="Lampu jalan padam sejak Senin.")

    problem_of(answer, 422, "idempotency_key_reused")
    assert (intake.store.vault, len(intake.publisher.sent)) == before


async def test_callers_do_not_share_keys(intake: IntakeBench) -> None:
    headers = await intake.key("gateway", "app") | {"Idempotency-Key": KEY}
    await intake.accepted()

    answer = await intake.http.post(
        "/v1/complaints", json={"text": "Lain sama sekali"}, headers=headers
    )

    assert answer.status_code == 202


async def test_a_new_api_key_of_the_same_caller_meets_its_old_complaints(
    intake: IntakeBench,
) -> None:
    numbers = set()
    for _ in range(2):
        headers = await intake.key("gateway", "app") | {"Idempotency-Key": "7"}
        answer = await intake.http.post("/v1/complaints", json={"text": TEXT}, headers=headers)
        numbers.add(answer.json()["number"])

    assert len(numbers) == 1


async def test_while_the_first_is_in_hand_a_repeat_is_a_conflict(intake: IntakeBench) -> None:
    intake.publisher.open.clear()
    first = asyncio.create_task(intake.submit())
    while not intake.store.receipts:
        await asyncio.sleep(0)

    problem_of(await intake.submit(), 409, "in_hand")

    intake.publisher.open.set()
    assert (await first).status_code == 202
    assert (await intake.submit()).status_code == 202


async def test_a_crash_before_the_vault_row_is_mended_by_the_repeat(intake: IntakeBench) -> None:
    intake.store.away.add("put_vault_rows")
    await intake.submit()
    intake.store.away.clear()

    await intake.accepted()

    row, receipt = intake.store.vault[ID], intake.store.receipts[ID]
    assert (row.submission.text, row.fingerprint) == (TEXT, receipt.fingerprint)


async def test_another_body_after_a_crash_leaves_nothing_in_the_vault(
    intake: IntakeBench,
) -> None:
    intake.store.away.add("put_vault_rows")
    await intake.submit()
    intake.store.away.clear()

    answer = await intake.submit(text="Lampu jalan padam sejak Senin.")

    problem_of(answer, 422, "idempotency_key_reused")
    assert not intake.store.vault


async def test_a_repeat_brings_no_erased_row_back(intake: IntakeBench) -> None:
    first = await intake.accepted()
    await intake.app.state.reception.stop()
    intake.store.vault.clear()

    assert await intake.accepted() == first
    problem_of(await intake.submit(text="Isi yang lain sama sekali."), 422)
    assert not intake.store.vault
