"""The brain in use follows its files while the router runs, and never takes a broken one."""

import logging
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from services.router.domain.classifier.model import Model
from services.router.domain.routing.category_guesser import NoGuesser
from services.router.reference.model_encoding import encode_model
from services.router.reference.rulebook import RuleBook
from services.router.settings import RouterSettings
from shared.contracts.case import Place
from shared.errors import BrokerAway
from tests.router.lives import opened
from tests.router.reference.conftest import (
    DIRECTORY,
    KAI,
    ROAD,
    RULES,
    TEXTS,
    Folder,
    decide,
)
from tests.support.builders import complaint

TRIAGED = opened(None)
LIGHT = complaint(title="Lampu", text="lampu mati", place=Place())


def doubting(model: Model) -> bytes:
    """Return a model that is never sure."""
    return encode_model(replace(model, thresholds=(2.0, 2.0)))


def test_the_brain_decides_by_all_five_files(folder: Folder) -> None:
    decision = decide(RuleBook(folder.files), ROAD)

    assert (decision.institution, decision.unit) == ("kab-3603", "Dinas PU")
    assert (decision.rule, decision.category) == ("streets", "road")
    assert len(decision.version) == len(decision.model) == 12


def test_the_clocks_ring_by_limits_calendar_and_directory(folder: Folder) -> None:
    time = RuleBook(folder.files).timekeeper()

    assert time.next_due(TRIAGED) == datetime(2026, 3, 5, 17, tzinfo=UTC)
    assert time.parents == {"kab-3603": "prov-36"}


def test_without_corrections_the_published_holidays_hold(folder: Folder) -> None:
    time = RuleBook(replace(folder.files, calendar=None)).timekeeper()

    assert time.next_due(TRIAGED) == datetime(2026, 3, 4, 17, tzinfo=UTC)


def test_without_limits_no_clock_rings(folder: Folder) -> None:
    time = RuleBook(replace(folder.files, limits=None)).timekeeper()

    assert time.next_due(TRIAGED) is None


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("limits", "route,,,3,1,1", "route,,,4,1,1"),
        ("calendar", "2026-03-04,off", "2026-03-05,off"),
    ],
)
async def test_new_limits_and_holidays_are_used_without_a_restart_and_the_brain_stays(
    folder: Folder, name: str, old: str, new: str
) -> None:
    rules = RuleBook(folder.files)
    before, brain = rules.timekeeper(), rules.decider()

    folder.change(name, old, new)
    await rules.reload()

    assert rules.timekeeper().version != before.version
    assert rules.decider() is brain


async def test_broken_limits_are_warned_of_once_and_nothing_changes(
    folder: Folder, caplog: pytest.LogCaptureFixture
) -> None:
    rules = RuleBook(folder.files)
    before = rules.timekeeper()

    folder.change("limits", "route,,,3,1,1", "route,,,3,3,1")
    folder.replace("directory", DIRECTORY + KAI)
    await rules.reload()
    await rules.reload()

    assert rules.timekeeper() is before
    assert "bumn-005" not in rules.known()
    assert [line.getMessage() for line in caplog.records if "limits.csv" in line.getMessage()]
    assert len(caplog.records) == 1


def test_without_a_model_categories_come_from_words(folder: Folder) -> None:
    rules = RuleBook(replace(folder.files, model=None))

    assert isinstance(rules.knowledge.guesser, NoGuesser)
    assert decide(rules, ROAD).category == "road"
    assert decide(rules, ROAD).model == ""


# changes that are taken


async def test_a_new_directory_is_used_without_a_restart(folder: Folder) -> None:
    rules = RuleBook(replace(folder.files, model=None))

    folder.replace("directory", DIRECTORY + KAI)
    await rules.reload()

    assert "bumn-005" in rules.known()
    made = complaint(title="KAI", text="kereta KAI telat", place=Place())
    assert decide(rules, made).institution == "bumn-005"


async def test_a_new_taxonomy_is_used_without_a_restart(folder: Folder) -> None:
    rules = RuleBook(replace(folder.files, model=None))

    folder.change("taxonomy", ",spot,lampu", ",,lampu;jalan")
    folder.change("rules", "streets,road", "streets,light")
    await rules.reload()

    assert decide(rules, LIGHT).category == "light"
    assert decide(rules, complaint(title="Lampu jalan", text="lampu")).rule == "streets"


async def test_new_needs_are_used_without_a_restart(folder: Folder) -> None:
    rules = RuleBook(replace(folder.files, model=None))
    made = complaint(title="Lampu PLN", text="lampu PLN mati", place=Place(region_code="36.03"))
    before = decide(rules, made)

    folder.change("needs", ",gang", ",gang;mati")
    await rules.reload()

    assert (before.rule, before.missing) == ("incomplete", ("spot",))
    assert decide(rules, made).institution == "bumn-003"


async def test_new_rules_are_used_without_a_restart(folder: Folder) -> None:
    rules = RuleBook(folder.files)

    folder.change("rules", "@regency,Dinas PU", "bumn-003,")
    await rules.reload()

    assert decide(rules, ROAD).institution == "bumn-003"


async def test_a_new_model_is_used_without_a_restart(folder: Folder, model: Model) -> None:
    rules = RuleBook(folder.files)
    before = decide(rules, ROAD)

    folder.replace("model", doubting(model))
    await rules.reload()

    after = decide(rules, ROAD)
    assert (before.version, after.version) == (after.version, before.version)
    assert before.model != after.model
    assert (before.rule, before.category) == ("streets", "road")
    assert (after.rule, after.category) == ("unsure", None)


@pytest.mark.parametrize("name", ["directory", "needs", "rules", "taxonomy"])
async def test_each_text_has_a_part_in_the_version(folder: Folder, name: str) -> None:
    rules = RuleBook(folder.files)
    before = rules.knowledge.version

    folder.replace(name, TEXTS[name] + "\n")
    await rules.reload()

    assert rules.knowledge.version != before


async def test_files_written_again_without_a_change_keep_the_brain(folder: Folder) -> None:
    rules = RuleBook(folder.files)
    decider = rules.decider()

    folder.replace("rules", RULES)
    await rules.reload()

    assert rules.decider() is decider


def test_an_empty_setting_means_no_model() -> None:
    assert RouterSettings.model_validate({"model": ""}).files.model is None


async def test_topics_are_listed_between_reading_a_new_directory_and_using_it(
    folder: Folder,
) -> None:
    seen: list[bool] = []

    async def list_topics() -> None:
        seen.append("bumn-005" in rules.known())

    rules = RuleBook(folder.files, before_use=list_topics)
    folder.replace("directory", DIRECTORY + KAI)
    await rules.reload()

    assert seen == [False]
    assert "bumn-005" in rules.known()


async def test_a_directory_is_used_also_while_topics_cannot_be_listed(
    folder: Folder, caplog: pytest.LogCaptureFixture
) -> None:
    async def away() -> None:
        raise BrokerAway("Kafka did not list its topics")

    rules = RuleBook(folder.files, before_use=away)
    folder.replace("directory", DIRECTORY + KAI)
    with caplog.at_level(logging.WARNING):
        await rules.reload()

    assert "bumn-005" in rules.known()
    assert "taken into use all the same: Kafka did not list its topics" in caplog.text


async def test_a_merge_is_followed_without_a_restart(folder: Folder) -> None:
    header, *lines = (DIRECTORY + KAI).splitlines()
    closed = [
        f"{line},2026-01-05,bumn-003" if line.startswith("bumn-005") else line for line in lines
    ]
    rules = RuleBook(folder.files)
    assert rules.succession() == {}

    folder.replace("directory", "\n".join((f"{header},closed,successor", *closed, "")))
    await rules.reload()

    assert rules.succession() == {"bumn-005": "bumn-003"}
    assert decide(rules, complaint(institution="bumn-005")).institution == "bumn-003"
