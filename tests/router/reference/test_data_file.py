"""Data files on disk: refused by name when they cannot be read, and seen to change."""

import os
from pathlib import Path

import pytest

from services.router.reference.data_file import read_text, stamp
from shared.errors import Misconfigured


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "rules.csv"
    file.write_text("jalan")
    return file


def test_a_missing_file_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match=r"absent\.csv: .*; give a file that can be read"):
        read_text(tmp_path / "absent.csv")


def test_a_folder_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="give a file that can be read"):
        read_text(tmp_path)


def test_a_file_in_another_encoding_is_refused_with_the_byte(path: Path) -> None:
    path.write_bytes(b"jalan \xe9")

    with pytest.raises(Misconfigured, match=r"byte 6 is not UTF-8; save the file as UTF-8"):
        read_text(path)


def test_an_unchanged_file_keeps_its_stamp(path: Path) -> None:
    assert stamp(path) == stamp(path) is not None


def test_a_change_of_the_same_size_is_seen(path: Path) -> None:
    before, changed = stamp(path), path.stat().st_mtime_ns + 1

    path.write_text("Jalan")
    os.utime(path, ns=(changed, changed))

    assert stamp(path) != before


def test_a_file_replaced_within_the_same_instant_is_seen(path: Path) -> None:
    before, instant = stamp(path), path.stat().st_mtime_ns
    draft = path.with_suffix(".new")
    draft.write_text("Jalan")
    os.utime(draft, ns=(instant, instant))

    os.replace(draft, path)

    assert stamp(path) != before


def test_a_file_that_is_gone_has_no_stamp(tmp_path: Path) -> None:
    assert stamp(tmp_path / "absent.csv") is None
