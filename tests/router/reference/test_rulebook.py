"""The brain in use follows its files while the router runs, and never takes a broken one."""

import logging
import os
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from services.router.domain.classifier.model import Model
from services.router.domain.routing.category_guesser import NoGuesser
from services.router.reference.model_file import encode_model
from services.router.reference.rulebook import RuleBook, RuleFiles, load_reference_data
from services.router.settings import DATA, RouterSettings
from shared.contracts.case import Complaint, Decision, Place
from shared.errors import BrokerAway, Misconfigured
from tests.router.lives import opened
from tests.support.builders import complaint

EVERY = frozenset({"kab-3603", "bumn-003", "bumn-005"})
DIRECTORY = """\
code,type,name,short,aliases,region_code,parent,autonomous,source,verified
bumn-003,bumn,PT PLN (Persero),PLN,,,,yes,test,no
prov-36,provinsi,Pemerintah Provinsi Banten,Banten,,36,,yes,test,no
kab-3603,kabupaten,Pemerintah Kabupaten Tangerang,Tangerang,,36.03,prov-36,yes,test,no
"""
KAI = "bumn-005,bumn,PT Kereta Api Indonesia (Persero),KAI,,,,yes,test,no\n"
TAXONOMY = """\
category,name,name_en,needs,words
road,Jalan,Roads,,jalan
light,Lampu,Street light,spot,lampu
"""
NEEDS = "need,question,question_en,words\nspot,Di jalan apa?,On which street?,gang\n"
RULES = """\
rule,category,words,unless,region,institution,unit,trust,because
streets,road,,,,@regency,Dinas PU,0.8,a law
named,,,,,@named,,0.8,named
"""
LIMITS = (DATA / "limits.csv").read_text(encoding="utf-8")
CALENDAR = "day,kind,because\n2026-03-04,off,a decree\n"
TEXTS = {
    "directory": DIRECTORY,
    "taxonomy": TAXONOMY,
    "needs": NEEDS,
    "rules": RULES,
    "limits": LIMITS,
    "calendar": CALENDAR,
}
ROAD = complaint()
TRIAGED = opened(None)
LIGHT = complaint(title="Lampu", text="lampu mati", place=Place())


@dataclass(frozen=True)
class Folder:
    """The files of a router, to be changed as an operator would."""

    files: RuleFiles

    def replace(self, name: str, content: str | bytes) -> None:
        path: Path = getattr(self.files, name)
        draft = path.with_suffix(".draft")
        draft.write_bytes(content.encode() if isinstance(content, str) else content)
        os.replace(draft, path)

    def change(self, name: str, old: str, new: str) -> None:
        assert old in TEXTS[name]
        self.replace(name, TEXTS[name].replace(old, new))


@pytest.fixture
def folder(tmp_path: Path, model: Model) -> Folder:
    names = {field.name: tmp_path / f"{field.name}.csv" for field in fields(RuleFiles)}
    made = Folder(RuleFiles(**names))
    for name, text in TEXTS.items():
        made.replace(name, text)
    made.replace("model", encode_model(model))
    return made


def decide(rules: RuleBook, made: Complaint) -> Decision:
    [decision] = rules.decider().decide([made], EVERY)
    return decision


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


# changes that are refused


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("directory", "36,,yes,test", "36,,maybe,test"), "line 3, column autonomous: 'maybe'"),
        (("taxonomy", "road,Jalan", "Road,Jalan"), "line 2, column category: 'Road'"),
        (("needs", "Di jalan apa?", ""), "line 2, column question: ''"),
        (("rules", "@regency", "kab-9999"), "line 2, column institution: 'kab-9999'"),
    ],
)
async def test_a_broken_text_is_warned_of_once_with_its_line_and_changes_nothing(
    folder: Folder, caplog: pytest.LogCaptureFixture, change: tuple[str, str, str], said: str
) -> None:
    rules = RuleBook(folder.files)
    decider, version = rules.decider(), rules.knowledge.version

    folder.change(*change)
    await rules.reload()
    await rules.reload()

    assert rules.decider() is decider
    assert decide(rules, ROAD).institution == "kab-3603"
    [record] = caplog.records
    assert record.levelno == logging.WARNING
    assert f"rules {version} stay: " in record.message
    assert said in record.message
    assert "\n" not in record.message


@pytest.mark.parametrize("content", [b"", b"not a model", "label"])
async def test_a_broken_model_is_warned_of_once_and_changes_nothing(
    folder: Folder, model: Model, caplog: pytest.LogCaptureFixture, content: bytes | str
) -> None:
    rules = RuleBook(folder.files)
    decider = rules.decider()
    other = encode_model(replace(model, labels=("road", "sky")))

    folder.replace("model", other if content == "label" else content)
    await rules.reload()
    await rules.reload()

    assert rules.decider() is decider
    assert len(caplog.records) == 1


async def test_a_taxonomy_that_loses_a_label_of_the_model_is_refused(
    folder: Folder, caplog: pytest.LogCaptureFixture
) -> None:
    rules = RuleBook(folder.files)
    decider = rules.decider()

    folder.change("taxonomy", "light,", "lights,")
    await rules.reload()

    assert rules.decider() is decider
    assert "label 'light' is no category" in caplog.text


@pytest.mark.parametrize("name", [field.name for field in fields(RuleFiles)])
async def test_a_file_that_vanishes_changes_nothing_until_it_is_back(
    folder: Folder, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    rules = RuleBook(folder.files)
    decider = rules.decider()
    path: Path = getattr(folder.files, name)
    content = path.read_bytes()

    path.unlink()
    await rules.reload()
    await rules.reload()
    folder.replace(name, content)
    folder.replace("directory", DIRECTORY + KAI)
    await rules.reload()

    assert rules.decider() is not decider
    assert "bumn-005" in rules.known()
    warnings = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert len(warnings) == 1
    assert str(path) in warnings[0].message


async def test_mending_a_broken_file_takes_the_new_version(
    folder: Folder, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    rules = RuleBook(folder.files)

    folder.change("rules", "@regency", "@nobody")
    await rules.reload()
    folder.change("rules", "@regency", "@province")
    await rules.reload()

    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]
    [decision] = rules.decider().decide([ROAD], EVERY | {"prov-36"})
    assert decision.institution == "prov-36"


# the start


@pytest.mark.parametrize("name", [field.name for field in fields(RuleFiles)])
def test_a_missing_file_refuses_the_start(folder: Folder, name: str) -> None:
    path: Path = getattr(folder.files, name)
    path.unlink()

    with pytest.raises(Misconfigured, match=path.name):
        RuleBook(folder.files)


@pytest.mark.parametrize("name", sorted(TEXTS))
def test_a_wrong_text_refuses_the_start(folder: Folder, name: str) -> None:
    folder.replace(name, "oops\n")

    with pytest.raises(Misconfigured, match="line 1, column"):
        RuleBook(folder.files)


def test_a_text_in_another_encoding_refuses_the_start(folder: Folder) -> None:
    folder.replace("rules", RULES.encode() + b"\xe9")

    with pytest.raises(Misconfigured, match="save the file as UTF-8"):
        RuleBook(folder.files)


def test_a_model_of_other_labels_refuses_the_start(folder: Folder, model: Model) -> None:
    folder.replace("model", encode_model(replace(model, labels=("road", "sky"))))

    with pytest.raises(Misconfigured, match=r"label 'sky' is no category of taxonomy\.csv"):
        load_reference_data(folder.files)


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
