"""Names for the league: read with a small parser, renewed when the files change."""

import logging
import os
from pathlib import Path

import pytest

from services.metrics.settings import MetricsSettings
from services.router.settings import RouterSettings
from shared.errors import Misconfigured
from shared.reference.names import DisplayNames

DIRECTORY = "code,type,name\nkab-3603,kabupaten,Kabupaten Tangerang\nprov-36,provinsi,\n"
TAXONOMY = "category,name,name_en\nroads,Jalan,Roads\nroads.damage,Jalan rusak,\n"


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    path = tmp_path / "institutions.csv"
    path.write_text("\ufeff" + DIRECTORY, encoding="utf-8")
    return path


@pytest.fixture
def taxonomy(tmp_path: Path) -> Path:
    path = tmp_path / "taxonomy.csv"
    path.write_text(TAXONOMY, encoding="utf-8")
    return path


def test_codes_have_names_and_unknown_ones_stay_codes(directory: Path, taxonomy: Path) -> None:
    names = DisplayNames(directory, taxonomy)

    assert names.institution("kab-3603") == "Kabupaten Tangerang"
    assert names.institution("prov-36") == "prov-36"
    assert names.institution("kem-014") == "kem-014"
    assert names.institution("roads") == "roads"


def test_categories_have_names_in_both_languages(directory: Path, taxonomy: Path) -> None:
    names = DisplayNames(directory, taxonomy)

    assert [names.category("roads", lang) for lang in ("id", "en")] == ["Jalan", "Roads"]
    assert names.category("roads.damage", "en") == "Jalan rusak"
    assert names.category("water", "en") == "water"
    assert names.main_categories() == ["roads"]


def test_without_files_codes_are_shown() -> None:
    names = DisplayNames(None, None)

    assert (names.institution("kab-3603"), names.main_categories()) == ("kab-3603", [])


async def test_a_changed_file_is_read_again(directory: Path) -> None:
    names = DisplayNames(directory, None)
    directory.write_text(DIRECTORY.replace("Tangerang", "Tangerang Raya"), encoding="utf-8")

    await names.reload()

    assert names.institution("kab-3603") == "Kabupaten Tangerang Raya"


async def test_a_file_that_turned_wrong_changes_nothing_and_is_told_once(
    directory: Path, caplog: pytest.LogCaptureFixture
) -> None:
    names = DisplayNames(directory, None)
    directory.write_text("kode,nama\n", encoding="utf-8")
    os.utime(directory, ns=(1, 1))

    with caplog.at_level(logging.WARNING):
        await names.reload()
        await names.reload()

    assert names.institution("kab-3603") == "Kabupaten Tangerang"
    assert [record.message for record in caplog.records] == [
        "the names stay as they were: institutions.csv: line 1 has no code; "
        "write a header with code,name"
    ]


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"code\n", b'code,name\n"kab'])
def test_a_wrong_file_keeps_the_service_from_starting(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "institutions.csv"
    path.write_bytes(content)

    with pytest.raises(Misconfigured, match=r"institutions\.csv"):
        DisplayNames(path, None)


def test_a_missing_file_keeps_the_service_from_starting(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="nowhere"):
        DisplayNames(tmp_path / "nowhere.csv", None)


def test_the_shipped_files_are_those_of_the_router(monkeypatch: pytest.MonkeyPatch) -> None:
    settings, routers = MetricsSettings(), RouterSettings()
    names = DisplayNames(settings.directory, settings.taxonomy)

    assert (settings.directory, settings.taxonomy) == (routers.directory, routers.taxonomy)
    assert "Tangerang" in names.institution("kab-3603")
    assert "roads" in names.main_categories()
    monkeypatch.setenv("METRICS_DIRECTORY", "")
    assert MetricsSettings().directory is None
