"""The topic table and the code agree."""

import re

import pytest

from services.intake.app import create_app as create_intake
from services.intake.settings import IntakeSettings
from services.metrics.app import create_app as create_metrics
from services.metrics.settings import MetricsSettings
from services.notifier.app import create_app as create_notifier
from services.notifier.settings import NotifierSettings, SmtpSettings
from services.router.app import create_app as create_router
from services.router.settings import RouterSettings
from shared.contracts import events, topics
from shared.contracts.topics import (
    GROUPS,
    OPTIONAL_GROUPS,
    REPORTERS,
    SERVICES,
    TOPICS,
    dead_letter_topic,
    group_of,
    service_of,
    topics_for,
)
from shared.database.collections import COLLECTIONS
from shared.stage.stage import Stage
from tests.support.builders import VAULT_KEYS

MAIL = SmtpSettings(host="mail.example", sender="salur@example.id")
NAMES = topics_for(("kab-3603",))


def stages_of(service: str) -> list[Stage[object]]:
    apps = {
        "intake": lambda: create_intake(IntakeSettings(secret="s" * 32, vault_keys=VAULT_KEYS)),
        "router": lambda: create_router(RouterSettings()),
        "notifier": lambda: create_notifier(NotifierSettings(smtp=MAIL, contact_keys=VAULT_KEYS)),
        "metrics": lambda: create_metrics(MetricsSettings()),
    }
    components = apps[service]().state.service.components
    return [part for part in components if isinstance(part, Stage)]


@pytest.mark.parametrize("service", SERVICES)
async def test_a_service_reads_exactly_what_the_table_says(service: str) -> None:
    expected = {name for name, row in NAMES.items() if service in row.consumers}
    read: set[str] = set()

    for spec in (stage.spec for stage in stages_of(service)):
        own = {name for name in NAMES if name in spec.topics}
        if spec.pattern:
            own |= {name for name in NAMES if re.match(spec.pattern, name)}
        assert {group_of(service, name) for name in own} == {spec.name}
        assert service_of(spec.name) == service
        assert not read & own  # one place for the stops of all stages
        read |= own

    assert read == expected


async def test_every_group_is_a_stage_and_only_optional_ones_may_be_missing() -> None:
    names = {stage.spec.name for service in SERVICES for stage in stages_of(service)}
    least = create_notifier(NotifierSettings()).state.service.components

    assert names == set(GROUPS)
    assert names - {REPORTERS} == set(SERVICES)
    assert {REPORTERS} == OPTIONAL_GROUPS
    assert [part.spec.name for part in least if isinstance(part, Stage)] == ["notifier"]


def test_every_event_of_the_table_is_a_model() -> None:
    for row in TOPICS:
        if not row.name.endswith("-dlq"):
            for name in row.event.split(", "):
                assert hasattr(events, name)


def test_every_topic_that_is_read_has_the_dead_letters_of_its_reader() -> None:
    dead = {row.name for row in TOPICS if row.name.endswith("-dlq")}

    assert dead == {dead_letter_topic(service) for service in SERVICES}
    for row in TOPICS:
        readers = [reader for reader in row.consumers if reader in SERVICES]
        assert (row.dead_letter in {dead_letter_topic(reader) for reader in readers}) == bool(
            readers
        )


def test_records_of_one_complaint_share_a_topic_and_a_key() -> None:
    for row in TOPICS:
        assert row.key in {"complaint id", "original key"}


def test_the_pattern_of_agency_topics_does_not_take_the_action_topics() -> None:
    assert re.match(topics.AGENCY_PATTERN, "agency-kab-3603")
    assert not re.match(topics.AGENCY_PATTERN, "agency-kab-3603-action")
    assert not re.match(topics.ACTION_PATTERN, "agency-kab-3603")


def test_every_collection_has_one_writer() -> None:
    names = [spec.name for spec in COLLECTIONS]

    assert len(names) == len(set(names))
    assert all(spec.writer not in spec.readers for spec in COLLECTIONS)
