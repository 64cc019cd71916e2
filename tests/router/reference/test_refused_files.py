"""Files that the router does not take: it keeps what it has, and starts with none of them."""

import logging
from dataclasses import fields, replace
from pathlib import Path

import pytest

from services.router.domain.classifier.model import Model
from services.router.reference.model_encoding import encode_model
from services.router.reference.rulebook import RuleBook, RuleFiles, load_reference_data
from shared.errors import Misconfigured
from tests.router.reference.conftest import (
    DIRECTORY,
    EVERY,
    KAI,
    ROAD,
    RULES,
    TEXTS,
    Folder,
    decide,
)

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
