"""Reads of identities: the holder alone, for a purpose, and each leaves a row first."""

from typing import Any
from uuid import UUID

import httpx
import pytest

from services.intake.identity.access import Purpose, ReadOutcome
from shared.contracts.case import Status
from tests.intake.conftest import IntakeBench, case_of, entry, problem_of
from tests.support.builders import START, complaint

REPORTER = {"name": "Siti Aminah", "phone": "081234567890"}
KAB = "kab-3603"
FLAGS = ("anonymous", "secret")


async def told(intake: IntakeBench, holder: str | None = KAB, **form: Any) -> dict[str, str]:
    """Accept a complaint and let an institution hold it; return what its reporter was told."""
    answer = await intake.accepted(**({"reporter": REPORTER} | form))
    identifier = UUID(answer["complaint_id"])
    known = complaint(complaint_id=identifier, number=answer["number"])
    flags: dict[str, bool] = {name: form[name] for name in form if name in FLAGS}
    status = Status.ROUTED if holder else Status.UNVERIFIED
    intake.store.cases[identifier] = case_of(
        known.model_copy(update=flags), entry(institution=holder, status=status)
    )
    return answer


async def read(
    intake: IntakeBench, number: str, key: dict[str, str], purpose: str | None = "contact"
) -> httpx.Response:
    query = {} if purpose is None else {"purpose": purpose}
    return await intake.http.get(f"/v1/complaints/{number}/reporter", params=query, headers=key)


def outcomes(intake: IntakeBench) -> list[ReadOutcome | None]:
    return [row.outcome for row in intake.audit.rows]


async def test_the_holder_reads_and_a_row_says_so(intake: IntakeBench) -> None:
    answer = await told(intake)
    key = await intake.key("agency", "pemkab", KAB)

    found = await read(intake, answer["number"].lower(), key, "field_visit")

    assert found.status_code == 200
    assert found.json() == {"number": answer["number"], "reporter": REPORTER}
    assert found.headers["cache-control"] == "no-store"
    (row,) = intake.audit.rows
    assert (row.outcome, row.purpose) == (ReadOutcome.GRANTED, Purpose.FIELD_VISIT)
    assert (row.role, row.name, row.agency) == ("agency", "pemkab", KAB)
    assert (row.number, row.complaint_id) == (answer["number"], UUID(answer["complaint_id"]))
    assert row.key_id == key["Authorization"].split("_")[1]
    assert row.at == START
    assert counted(intake, "granted") == 1


async def test_without_its_row_no_identity_is_shown(intake: IntakeBench) -> None:
    answer = await told(intake)
    intake.audit.away.add("add")

    found = await read(intake, answer["number"], await intake.key("agency", "pemkab", KAB))

    problem_of(found, 503, "unavailable")
    assert "Siti" not in found.text
    assert (intake.identities.asked, intake.audit.asked) == (["reporter"], ["add"])


async def test_a_secret_report_is_read_by_its_holder_like_any_other(intake: IntakeBench) -> None:
    answer = await told(intake, secret=True)

    found = await read(intake, answer["number"], await intake.key("agency", "pemkab", KAB))

    assert found.json()["reporter"] == REPORTER


@pytest.mark.parametrize("role", ["gateway", "officer", "operator"])
async def test_nobody_but_an_institution_reads(intake: IntakeBench, role: str) -> None:
    answer = await told(intake)

    found = await read(intake, answer["number"], await intake.key(role))

    problem_of(found, 403, "not_allowed")
    assert outcomes(intake) == [ReadOutcome.NOT_ALLOWED]
    assert (intake.identities.asked, intake.audit.asked) == ([], ["add"])


async def test_a_former_holder_finds_nothing_and_the_attempt_is_kept(intake: IntakeBench) -> None:
    answer = await told(intake)
    identifier = UUID(answer["complaint_id"])
    before = intake.store.cases[identifier]
    moved = entry(seq=2, institution="prov-36", previous=KAB)
    intake.store.cases[identifier] = case_of(before.complaint, *before.history, moved)

    found = await read(intake, answer["number"], await intake.key("agency", "pemkab", KAB))

    problem_of(found, 404, "not_found")
    assert outcomes(intake) == [ReadOutcome.NOT_HOLDER]
    assert (await read(intake, answer["number"], await holder(intake, "prov-36"))).is_success


async def test_what_waits_for_an_institution_is_read_by_none(intake: IntakeBench) -> None:
    answer = await told(intake, holder=None)
    identifier = UUID(answer["complaint_id"])

    problem_of(await read(intake, answer["number"], await holder(intake)), 404)
    del intake.store.cases[identifier]
    problem_of(await read(intake, answer["number"], await holder(intake)), 404)

    assert outcomes(intake) == [ReadOutcome.NOT_HOLDER] * 2


async def test_an_anonymous_report_is_never_read(intake: IntakeBench) -> None:
    answer = await told(intake, anonymous=True)

    found = await read(intake, answer["number"], await holder(intake))

    problem_of(found, 403, "anonymous_report")
    assert outcomes(intake) == [ReadOutcome.ANONYMOUS]
    assert "reporter" not in intake.identities.asked


async def test_where_nothing_was_given_or_is_left_nothing_is_found(intake: IntakeBench) -> None:
    answer = await told(intake, reporter={})
    problem_of(await read(intake, answer["number"], await holder(intake)), 404, "no_identity")

    intake.store.vault.clear()  # as an erasure does
    problem_of(await read(intake, answer["number"], await holder(intake)), 404, "no_identity")

    assert outcomes(intake) == [ReadOutcome.NOTHING_KEPT] * 2


async def test_an_unknown_number_is_counted_and_is_no_entry_of_the_audit(
    intake: IntakeBench,
) -> None:
    key = await holder(intake)

    problem_of(await read(intake, "0123456789ABCDEF", key), 404, "not_found")
    problem_of(await read(intake, "no-number", key), 404, "not_found")

    assert intake.audit.rows == []
    assert counted(intake, "unknown") == 1


@pytest.mark.parametrize("purpose", [None, "", "curiosity"])
async def test_without_a_known_purpose_nothing_is_asked(
    intake: IntakeBench, purpose: str | None
) -> None:
    answer = await told(intake)

    found = await read(intake, answer["number"], await holder(intake), purpose)

    assert problem_of(found, 422)["errors"][0]["pointer"] == "/purpose"
    assert intake.identities.asked == intake.audit.asked == []


async def test_the_public_reads_nothing_not_even_with_the_code(intake: IntakeBench) -> None:
    answer = await told(intake)

    found = await read(intake, answer["number"], {"Tracking-Code": answer["tracking_code"]})

    problem_of(found, 401, "no_valid_key")


async def holder(intake: IntakeBench, code: str = KAB) -> dict[str, str]:
    return await intake.key("agency", "loket", code)


def counted(intake: IntakeBench, outcome: str) -> float | None:
    name = "salur_identity_reads_total"
    return intake.telemetry.registry.get_sample_value(name, {"outcome": outcome})
