"""The operator's files: replaced whole, by one person at a time, with the names that ended."""

import os
import threading
from datetime import date
from pathlib import Path

import pytest

from deploy.operate.agencies.directory_file import DirectoryFile
from deploy.operate.agencies.succession import DirectoryChange, closed, renamed
from shared.errors import Misconfigured
from tests.deploy.operate.agencies.test_succession import TEXT, TODAY

HEADER = "code,name,short,until\n"


@pytest.fixture
def file(tmp_path: Path) -> DirectoryFile:
    path = tmp_path / "institutions.csv"
    path.write_text(TEXT, encoding="utf-8")
    return DirectoryFile(path)


def to_rimba(text: str) -> DirectoryChange:
    return renamed(text, "kem-041", "Kementerian Rimba", on=TODAY)


def test_a_former_name_is_written_beside_the_directory(file: DirectoryFile) -> None:
    assert file.change(to_rimba)
    assert file.change(lambda text: closed(text, "kem-042", "kem-041", on=date(2026, 12, 1)))

    assert file.names.read_text(encoding="utf-8") == (
        f"{HEADER}kem-041,Kementerian Kehutanan,Kemenhut,2026-11-22\n"
        'kem-042,"Kementerian Sungai, Danau",Kemensungai,2026-12-01\n'
    )
    assert "Kementerian Rimba" in file.text()
    assert file.former_codes() == {"kem-041", "kem-042"}


def test_a_name_that_was_written_before_a_break_is_written_once(file: DirectoryFile) -> None:
    file.change(to_rimba)
    file.path.write_text(TEXT, encoding="utf-8")  # as if it had ended before this one

    file.change(to_rimba)

    assert file.names.read_text(encoding="utf-8").count("kem-041") == 1


def test_earlier_lines_of_the_names_stay_as_they_are_written(file: DirectoryFile) -> None:
    before = f"{HEADER}kem-041 , Departemen Kehutanan,Dephut,2020-01-01"
    file.names.write_text(before, encoding="utf-8")

    file.change(to_rimba)

    assert file.names.read_text(encoding="utf-8").startswith(f"{before}\n")


def test_what_is_refused_leaves_both_files_alone(file: DirectoryFile) -> None:
    with pytest.raises(Misconfigured):
        file.change(lambda text: renamed(text, "kem-999", "X", on=TODAY))

    assert file.text() == TEXT
    assert not file.names.exists()


def test_wrong_names_are_refused_before_the_directory_is_changed(file: DirectoryFile) -> None:
    file.names.write_text(f"{HEADER}kem-041,X,X,never\n", encoding="utf-8")

    with pytest.raises(Misconfigured, match="column until: 'never'"):
        file.change(to_rimba)

    assert file.text() == TEXT


def test_it_is_replaced_and_not_written_into_and_keeps_its_rights(file: DirectoryFile) -> None:
    file.path.chmod(0o640)
    with file.path.open(encoding="utf-8") as before:
        file.change(to_rimba)

        assert before.read() == TEXT
    assert file.path.stat().st_mode & 0o777 == 0o640
    assert sorted(os.listdir(file.path.parent)) == ["institutions.csv", "names.csv"]


def test_of_a_link_what_it_points_to_is_replaced(file: DirectoryFile, tmp_path: Path) -> None:
    link = tmp_path / "elsewhere" / "directory.csv"
    link.parent.mkdir()
    link.symlink_to(file.path)

    DirectoryFile(link).change(to_rimba)

    assert link.is_symlink()
    assert "Kementerian Rimba" in file.text()
    assert file.names.exists()


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match=r"institutions\.csv: No such file"):
        DirectoryFile(tmp_path / "institutions.csv").change(to_rimba)


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="nowhere: No such file"):
        DirectoryFile(tmp_path / "nowhere" / "institutions.csv").change(to_rimba)


def test_a_file_that_cannot_be_replaced_is_named(file: DirectoryFile) -> None:
    (file.path.parent / ".institutions.csv.draft").mkdir()

    with pytest.raises(Misconfigured, match="cannot be replaced: Is a directory"):
        file.change(to_rimba)

    assert file.text() == TEXT


def test_two_people_change_it_one_after_the_other(file: DirectoryFile) -> None:
    second = threading.Thread(
        target=lambda: DirectoryFile(file.path).change(
            lambda text: closed(text, "kem-042", None, on=TODAY)
        )
    )

    def while_the_other_waits(text: str) -> DirectoryChange:
        second.start()
        second.join(timeout=0.2)
        return to_rimba(text)

    file.change(while_the_other_waits)
    second.join(timeout=10)

    assert "Kementerian Rimba" in file.text()
    assert ",2026-11-22,\n" in file.text()
