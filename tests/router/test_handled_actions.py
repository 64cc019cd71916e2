"""What the router tells of actions: to whom, of what was refused, and of what was dropped."""

import json

from shared.contracts.actions import Rate, Reopen, Transfer
from shared.contracts.case_limits import MAX_REFUSALS
from shared.contracts.events import AgencyEvent
from tests.router.conftest import RouterBench
from tests.router.test_handlers import ONE, handled, said
from tests.support.builders import (
    OFFICER,
    REPORTER,
    agency,
    complete,
    follow_up,
    request,
    submitted,
)


async def test_a_transfer_is_told_to_both_institutions_and_to_neither_about_the_other(
    router: RouterBench,
) -> None:
    await handled(router, submitted())

    work = await handled(router, request(Transfer(institution="prov-36", text="Jalan provinsi.")))

    assert said(work)[1:] == [
        ("agency-prov-36", "routed", 2),
        ("agency-kab-3603", "transferred_away", 2),
    ]
    to_new, to_old = work.publications[1].value, work.publications[2].value
    assert b"3603" not in to_new
    assert b"prov-36" not in to_old


async def test_a_refusal_is_told_to_the_institution_that_asked(router: RouterBench) -> None:
    await handled(router, submitted())

    work = await handled(router, follow_up(1, actor=agency("prov-36")))

    assert said(work)[1:] == [("agency-prov-36", "refused", 2)]
    event = json.loads(work.publications[1].value)
    assert event["refusal"]["code"] == "not_holder"
    assert "complaint" not in event


async def test_an_action_on_a_finished_case_is_refused_on_its_institutions_topic(
    router: RouterBench,
) -> None:
    await handled(router, submitted(), complete(1))

    work = await handled(router, follow_up(2))

    event = AgencyEvent.model_validate_json(work.publications[1].value)
    assert said(work)[1:] == [("agency-kab-3603", "refused", 3)]
    assert event.action_id == follow_up(2).action_id
    assert event.refusal is not None
    assert event.refusal.code == "wrong_status"


async def test_an_action_that_comes_twice_is_said_again_and_done_once(router: RouterBench) -> None:
    await handled(router, submitted(), complete(1))

    work = await handled(router, complete(1), complete(1))

    assert said(work) == [("complaint-event", "completed", 2), ("agency-kab-3603", "completed", 2)]
    assert router.store.kept[ONE].seq == 2


async def test_actions_out_of_order_are_judged_in_the_order_they_came(router: RouterBench) -> None:
    reopen = request(Reopen(text="Rusak lagi."), 1, actor=REPORTER)

    await handled(
        router, submitted(), reopen, complete(2), request(Reopen(text="x"), 3, actor=OFFICER)
    )

    assert [entry.outcome for entry in router.store.kept[ONE].history] == [
        "routed",
        "refused",
        "completed",
        "reopened",
    ]


async def test_a_reporters_refusal_is_told_to_no_institution(router: RouterBench) -> None:
    await handled(router, submitted())

    work = await handled(router, request(Reopen(text="x"), 1, actor=REPORTER))

    assert said(work) == [("complaint-event", "refused", 2)]


async def test_an_action_on_an_unknown_complaint_is_dropped_and_answered(
    router: RouterBench,
) -> None:
    asked = follow_up(1)

    work = await handled(router, asked)

    assert not work.dead
    assert [why.code for _, why in work.refused] == ["unknown_complaint"]
    assert said(work) == [("agency-kab-3603", "refused", 0)]
    kept = router.refusals.kept[asked.action_id]
    assert (kept.complaint_id, kept.actor, kept.refusal.code) == (
        ONE,
        asked.actor,
        "unknown_complaint",
    )


async def test_what_a_reporter_asks_beyond_all_bounds_is_dropped_and_answered(
    router: RouterBench,
) -> None:
    rates = [request(Rate(rating=1), number, actor=REPORTER) for number in range(1, 171)]
    await handled(router, submitted())

    work = await handled(router, *rates)

    dropped = rates[MAX_REFUSALS:]
    assert not work.dead
    assert [why.code for _, why in work.refused] == ["too_many_inputs"] * len(dropped)
    assert set(router.refusals.kept) == {asked.action_id for asked in dropped}
    assert {topic for topic, *_ in said(work)} == {"complaint-event"}


async def test_an_institution_hears_once_and_the_same_of_an_action_that_was_dropped(
    router: RouterBench,
) -> None:
    other = agency("prov-36")
    asked = [follow_up(number, actor=other) for number in range(1, 2 + MAX_REFUSALS)]
    await handled(router, submitted(), *asked[:-1])

    first, again = await handled(router, asked[-1]), await handled(router, asked[-1])

    assert said(first) == [("agency-prov-36", "refused", 0)]
    assert first.publications == again.publications
    assert json.loads(first.publications[0].value)["action_id"] == str(asked[-1].action_id)
