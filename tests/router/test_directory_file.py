"""The directory's file: refused at start, kept on a bad change, replaced on a good one."""

import logging
import os
from pathlib import Path

import pytest

from services.router.directory_file import DirectoryFile, load_categories
from services.router.domain.directory_rules import COLUMNS
from shared.errors import Misconfigured

HEADER = ",".join(COLUMNS) + "\n"
PLN = "bumn-003,bumn,PT PLN (Persero),PLN,,,,yes,test,no\n"
KAI = "bumn-005,bumn,PT Kereta Api Indonesia (Persero),KAI,,,,yes,test,no\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "institutions.csv"
    file.write_text(HEADER + PLN, encoding="utf-8")
    return file


def change(path: Path, content: bytes) -> None:
    """Replace the file as an operator would; the time of change moves on by a second at least."""
    before = path.stat().st_mtime_ns
    path.write_bytes(content)
    os.utime(path, ns=(before + 10**9, before + 10**9))


def test_bad_file_refuses_the_start(path: Path) -> None:
    path.write_text(HEADER + "oops\n", encoding="utf-8")

    with pytest.raises(Misconfigured, match="line 2, column code"):
        DirectoryFile(path)


def test_missing_file_refuses_the_start(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="give a file that can be read"):
        DirectoryFile(tmp_path / "absent.csv")


def test_file_in_another_encoding_refuses_the_start(path: Path) -> None:
    path.write_bytes(HEADER.encode() + b"\xe9\n")

    with pytest.raises(Misconfigured, match="save the file as UTF-8"):
        DirectoryFile(path)


def test_unchanged_file_is_not_read_again(path: Path) -> None:
    file = DirectoryFile(path)
    before = file.directory

    assert not file.reload()
    assert file.directory is before


def test_good_change_replaces_the_directory(path: Path) -> None:
    file = DirectoryFile(path)

    change(path, (HEADER + PLN + KAI).encode())

    assert file.reload()
    assert set(file.directory.institutions) == {"bumn-003", "bumn-005"}
    assert not file.reload()


def test_change_of_the_same_size_is_seen(path: Path) -> None:
    file = DirectoryFile(path)

    change(path, (HEADER + PLN.replace("test", "TEST")).encode())

    assert file.reload()


def test_touched_file_with_the_same_text_changes_nothing(path: Path) -> None:
    file = DirectoryFile(path)

    change(path, path.read_bytes())

    assert not file.reload()


def test_bad_change_is_logged_once_in_one_line_and_the_old_stays(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = DirectoryFile(path)
    before = file.directory
    caplog.set_level(logging.INFO)

    change(path, (HEADER + "oops\nagain\n").encode())

    assert not file.reload()
    assert not file.reload()
    assert file.directory is before
    [message] = caplog.messages
    assert "\n" not in message
    assert "line 2, column code: 'oops'" in message


def test_removed_file_keeps_the_old_directory_until_it_is_back(path: Path) -> None:
    file = DirectoryFile(path)
    path.unlink()

    assert not file.reload()
    assert "bumn-003" in file.directory.institutions

    path.write_text(HEADER + KAI, encoding="utf-8")
    assert file.reload()
    assert set(file.directory.institutions) == {"bumn-005"}


def test_bad_categories_refuse_the_start(tmp_path: Path) -> None:
    file = tmp_path / "categories.csv"
    file.write_text("word,category\njalan,Not A Slug\n", encoding="utf-8")

    with pytest.raises(Misconfigured, match="lower-case letters and hyphens"):
        load_categories(file)
