"""The generated feed: the same for a seed, of many kinds, and within the contract."""

from collections import Counter
from typing import Any
from uuid import UUID

import orjson
import pytest
from pydantic import TypeAdapter, ValidationError

from deploy.dev.complaint_feed.faulty import BREAKS, FAULTS, RawRecord
from deploy.dev.complaint_feed.generator import broken_records, generate, invalid
from deploy.dev.complaint_feed.templates import CENTRAL, LOCAL, PROVINCIAL, VAGUE
from services.intake.submit.submission import BatchLine, Submission, complaint
from services.router.domain.reference.directory import Directory
from services.router.domain.routing.engine import ReferenceData, RoutingEngine
from services.router.reference.places_file import load_places
from services.router.reference.rulebook import RuleFiles, load_reference_data
from shared.contracts.case import Channel, Complaint, Decision
from shared.contracts.events import ActionRequested, InputType, Submitted
from shared.reference.shipped import TABLES
from shared.runtime.clock import WallClock

FORM = TypeAdapter(BatchLine)
INPUTS: dict[str, type[Submitted | ActionRequested]] = {
    InputType.SUBMITTED: Submitted,
    InputType.ACTION: ActionRequested,
}


@pytest.fixture(scope="module")
def knowledge() -> ReferenceData:
    """Return the shipped rules without a model: categories come from words and choices."""
    names = ("institutions", "taxonomy", "needs", "rules")
    return load_reference_data(RuleFiles(*(TABLES / f"{name}.csv" for name in names)))


@pytest.fixture(scope="module")
def brain(knowledge: ReferenceData) -> RoutingEngine:
    return RoutingEngine(knowledge, load_places())


@pytest.fixture(scope="module")
def directory(knowledge: ReferenceData) -> Directory:
    return knowledge.directory


@pytest.fixture(scope="module")
def bodies(directory: Directory) -> list[dict[str, Any]]:
    return list(generate(3_000, 7, directory))


@pytest.fixture(scope="module")
def complaints(bodies: list[dict[str, Any]]) -> list[Complaint]:
    now = WallClock().now()
    return [
        complaint(Submission.model_validate(body), UUID(body["idempotency_key"]), received_at=now)
        for body in bodies
    ]


@pytest.fixture(scope="module")
def decisions(
    complaints: list[Complaint], brain: RoutingEngine, directory: Directory
) -> list[Decision]:
    return brain.decide(complaints, frozenset(directory.institutions))


def test_same_seed_gives_the_same_feed(directory: Directory) -> None:
    assert list(generate(200, 3, directory)) == list(generate(200, 3, directory))


def test_longer_feed_begins_with_the_shorter_one(directory: Directory) -> None:
    assert list(generate(90, 3, directory))[:40] == list(generate(40, 3, directory))


def test_other_seed_gives_another_feed(directory: Directory) -> None:
    first = {body["idempotency_key"] for body in generate(50, 1, directory)}

    assert first.isdisjoint(body["idempotency_key"] for body in generate(50, 2, directory))


def test_every_key_is_a_uuid_of_its_own(bodies: list[dict[str, Any]]) -> None:
    assert len({UUID(body["idempotency_key"]) for body in bodies}) == len(bodies)


def test_every_body_fits_the_form(bodies: list[dict[str, Any]]) -> None:
    for body in bodies:
        FORM.validate_json(orjson.dumps(body), strict=True)


def test_all_38_provinces_occur(bodies: list[dict[str, Any]], directory: Directory) -> None:
    codes = {body.get("place", {}).get("region_code", "")[:2] for body in bodies} - {""}

    assert codes == {code[5:] for code in directory.institutions if code.startswith("prov-")}


def test_all_channels_and_both_flags_occur(bodies: list[dict[str, Any]]) -> None:
    assert {body["channel"] for body in bodies} == set(Channel)
    assert {(body["anonymous"], body["secret"]) for body in bodies} == {
        (one, other) for one in (True, False) for other in (True, False)
    }


def test_there_are_at_least_sixty_templates_over_all_tiers() -> None:
    central = [template for group in CENTRAL.values() for template in group]

    assert len({t.text for t in (*LOCAL, *PROVINCIAL, *VAGUE, *central)}) >= 60
    assert {code.split("-")[0] for code in CENTRAL} == {"kem", "lem", "bumn"}


def test_feed_reaches_all_tiers_and_triage(decisions: list[Decision]) -> None:
    tiers = Counter((one.institution or "triage-").split("-")[0] for one in decisions)

    assert set(tiers) == {"kem", "lem", "bumn", "prov", "kab", "kota", "triage"}
    assert 0.04 < tiers["triage"] / len(decisions) < 0.25


def test_central_templates_reach_their_institution(
    brain: RoutingEngine, directory: Directory
) -> None:
    values = {"number": 3, "phone": "", "nik": "", "place": "", "street": "", "region": ""}
    for code, templates in CENTRAL.items():
        for template in templates:
            form = Submission(title=template.title, text=template.text.format_map(values))
            made = complaint(form, UUID(int=1), received_at=WallClock().now())

            [decision] = brain.decide([made], frozenset(directory.institutions))

            assert decision.institution == code, template.text


def test_every_template_has_a_category_of_the_taxonomy(knowledge: ReferenceData) -> None:
    central = [template for group in CENTRAL.values() for template in group]

    for template in (*LOCAL, *PROVINCIAL, *VAGUE, *central):
        assert template.category in knowledge.taxonomy.categories, template.title


def test_texts_hold_invented_numbers_that_the_contract_masks(
    bodies: list[dict[str, Any]], complaints: list[Complaint]
) -> None:
    typed = [index for index, body in enumerate(bodies) if "08120000" in body["text"]]

    assert typed
    assert not any("08120000" in complaints[index].text for index in typed)


def test_every_invalid_body_breaks_the_form() -> None:
    for body in invalid(len(FAULTS) * 2, 5):
        with pytest.raises(ValidationError):
            FORM.validate_json(orjson.dumps(body), strict=True)


def test_invalid_bodies_are_the_same_for_a_seed_and_have_all_faults() -> None:
    first = list(invalid(len(FAULTS), 5))

    assert first == list(invalid(len(FAULTS), 5))
    shown = {str({k: v for k, v in body.items() if k != "idempotency_key"}) for body in first}
    assert len(shown) == len(FAULTS)


def test_no_broken_record_can_be_read() -> None:
    records = list(broken_records(len(BREAKS), 5))

    assert records == list(broken_records(len(BREAKS), 5))
    assert not any(is_readable(record) for record in records)


def is_readable(record: RawRecord) -> bool:
    """Tell whether a router could take the record as an input."""
    key, value, headers = record
    model = INPUTS.get((dict(headers).get("ce_type") or b"").decode(errors="replace"))
    if model is None or value is None:
        return False
    try:
        return key == str(model.model_validate_json(value).complaint_id).encode()
    except ValidationError:
        return False


def test_a_record_without_its_fault_can_be_read() -> None:
    # Shows that `is_readable` can say yes: the record with the foreign key, under its own.
    [(_, value, headers)] = [
        record for record in broken_records(len(BREAKS), 0) if record[0] == b"somebody-else"
    ]
    own = orjson.loads(value or b"")["complaint"]["complaint_id"].encode()

    assert is_readable((own, value, headers))
