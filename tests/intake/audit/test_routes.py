"""`GET /v1/audit`: who read whose identity, for operators, page by page."""

from datetime import timedelta
from uuid import UUID

import pytest

from services.intake.audit.store import MongoAudit
from services.intake.http.cursors import Position
from services.intake.identity.store import MongoIdentities
from services.intake.identity.vault import VaultCodec
from services.intake.keys.store import MongoKeys
from services.intake.store import MongoIntakeStore
from shared.database.collections import CASES
from shared.database.mongo import Mongo
from tests.intake.conftest import IntakeBench, case_of, entry, problem_of
from tests.intake.stored_rows import identity_read
from tests.support.builders import RING, START, complaint


@pytest.mark.parametrize("role", ["gateway", "officer", "agency"])
async def test_only_operators_see_the_audit(intake: IntakeBench, role: str) -> None:
    key = await intake.key(role, agency="kab-3603" if role == "agency" else None)

    problem_of(await intake.http.get("/v1/audit", headers=key), 403)
    problem_of(await intake.http.get("/v1/audit"), 401)
    assert intake.audit.asked == []


async def test_pages_follow_each_other_under_the_same_filters(intake: IntakeBench) -> None:
    for number in range(4):
        await intake.audit.add(identity_read(number))
    key = await intake.key("operator")

    first = await intake.http.get("/v1/audit?limit=2&agency=kab-3603", headers=key)
    cursor = first.json()["next"]
    await intake.http.get(f"/v1/audit?limit=2&agency=kab-3603&cursor={cursor}", headers=key)
    other = await intake.http.get(f"/v1/audit?cursor={cursor}", headers=key)

    assert [row["number"] for row in first.json()["items"]] == [f"{3:016d}", f"{2:016d}"]
    query, after = intake.audit.queries[-1]
    assert (query.agency, query.limit) == ("kab-3603", 2)
    assert after == Position(START + timedelta(minutes=1), UUID(int=2))
    problem_of(other, 422, "invalid_query")


@pytest.mark.parametrize(
    "query",
    [
        "number=short",
        "agency=dinas",
        "key_id=x",
        "purpose=fun",
        "outcome=x",
        "action=x",
        "since=x",
        "limit=0",
    ],
)
async def test_a_filter_that_can_match_nothing_is_422(intake: IntakeBench, query: str) -> None:
    key = await intake.key("operator")

    problem = problem_of(await intake.http.get(f"/v1/audit?{query}", headers=key), 422)

    assert problem["errors"][0]["pointer"] == f"/{query.partition('=')[0]}"


@pytest.mark.connected
async def test_the_holder_reads_from_the_vault_and_the_audit_has_it(
    mongo: Mongo,
) -> None:
    audited = MongoAudit(mongo, days=30)
    intake, store = IntakeBench(), MongoIntakeStore(mongo, VaultCodec(RING))
    await store.start()
    intake.store, intake.audit = store, audited  # type: ignore[assignment]
    intake.identities = MongoIdentities(mongo, VaultCodec(RING))  # type: ignore[assignment]
    intake.keys = MongoKeys(mongo)  # type: ignore[assignment]
    intake.restart()
    told = await intake.accepted(reporter={"name": "Siti"})
    known = complaint(complaint_id=UUID(told["complaint_id"]), number=told["number"])
    case = case_of(known, entry())
    document = {"_id": known.complaint_id, "seq": 1, **case.model_dump(exclude_none=True)}
    await mongo.cases(CASES).insert(document)
    path = f"/v1/complaints/{told['number']}/reporter?purpose=contact"

    granted = await intake.http.get(path, headers=await intake.key("agency", agency="kab-3603"))
    refused = await intake.http.get(path, headers=await intake.key("agency", agency="prov-36"))
    page = await intake.http.get("/v1/audit", headers=await intake.key("operator"))
    await intake.app.state.reception.stop()

    assert granted.json()["reporter"] == {"name": "Siti"}
    problem_of(refused, 404)
    outcomes = {(row["agency"], row["outcome"]) for row in page.json()["items"]}
    assert outcomes == {("kab-3603", "granted"), ("prov-36", "not_holder")}
    assert "Siti" not in page.text
