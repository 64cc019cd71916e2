"""Nobody asks a shared collection for a field that its writer does not keep under that name."""

from collections.abc import Mapping
from typing import cast

import pytest

from deploy.model.datasets.officer_decisions import decided_by_people
from deploy.operate.dead_letters.erasures import erased_in
from deploy.operate.doctor.database import NAMES_ALONE, UNWELL
from services.intake.erasure.model import Erasure
from services.intake.identity.vault import VaultCodec
from services.router.deadlines.due_index import CLOCKS
from services.router.republishing.input_positions import POSITION
from shared.contracts.deliveries import DeliveryDocument, LaneDocument
from shared.contracts.documents import CaseDocument, ContactDocument, OptOutDocument
from shared.contracts.refused_actions import RefusedAction
from shared.contracts.subscriptions import Subscription
from shared.database.collections import (
    CASES,
    COLLECTIONS,
    CONTACTS,
    DELIVERIES,
    ENDPOINTS,
    ERASURES,
    LANES,
    OPT_OUTS,
    REFUSALS,
    UNITS,
)
from shared.database.mongo import Mongo
from shared.reference.accepted_units import UnitDocument
from tests.contracts.questions import ASKING, ONE, questions_of
from tests.intake.stored_rows import vault_row
from tests.support.asked_fields import AskedDatabase, fields_of, named_in_filter, unknown_fields
from tests.support.builders import RING, START

KINDS: Mapping[str, type] = {
    CASES: CaseDocument,
    REFUSALS: RefusedAction,
    CONTACTS: ContactDocument,
    OPT_OUTS: OptOutDocument,
    ENDPOINTS: Subscription,
    DELIVERIES: DeliveryDocument,
    LANES: LaneDocument,
    UNITS: UnitDocument,
    ERASURES: Erasure,  # read by a command
}
IDS = {"action_id"}  # kept as `_id`
# What a writer keeps beside for itself alone.
OWN = {"router": {CASES: {CLOCKS, POSITION}, REFUSALS: {"expires_at"}}}


@pytest.mark.parametrize("service", ASKING)
async def test_a_service_knows_no_field_that_the_contract_does_not_name(service: str) -> None:
    contacts = VaultCodec(RING).to_contacts(vault_row())
    assert contacts is not None
    database = AskedDatabase({CONTACTS: [contacts]} if service == "notifier" else {})

    for store, calls in ASKING[service](cast("Mongo", database)):
        assert calls.keys() == questions_of(store)  # whatever is added is asked here too
        for call in calls.values():
            await call

    for spec in COLLECTIONS:
        if spec.readers and service in (spec.writer, *spec.readers):
            known = database.names[spec.name]
            own = OWN.get(service, {}).get(spec.name, set())
            named = {one for one in known if one.partition(".")[0] not in own}
            assert named, spec.name
            assert unknown_fields(named, KINDS[spec.name]) == set(), spec.name
            if service == spec.writer:
                written = fields_of(KINDS[spec.name]).keys() - IDS
                assert written <= known, spec.name


async def test_a_command_knows_no_field_that_the_contract_does_not_name() -> None:
    database = AskedDatabase()

    await erased_in(cast("Mongo", database))({ONE})
    async for _ in decided_by_people(cast("Mongo", database).cases(CASES), START):
        pass

    assert {"history.outcome", "history.input", "history.actor.kind"} <= database.names[CASES]
    assert {"_id", "state"} == database.names[ERASURES]
    for name in database.names:
        assert unknown_fields(database.names[name], KINDS[name]) == set(), name
    assert unknown_fields(named_in_filter(UNWELL), LaneDocument) == set()
    assert unknown_fields(NAMES_ALONE, Subscription) == set()


def test_every_collection_that_is_shared_has_a_kind_of_document() -> None:
    assert {spec.name for spec in COLLECTIONS if spec.readers} == KINDS.keys() - {ERASURES}


@pytest.mark.parametrize(
    "name", ["stand", "complaint.words", "history.actor.sort", "number.of", "clocks.due"]
)
def test_a_field_that_was_renamed_is_seen(name: str) -> None:
    assert unknown_fields(["status", "complaint.title", name], CaseDocument) == {name}
