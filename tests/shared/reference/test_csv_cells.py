"""Cells of CSV files: no formula, and otherwise as they were."""

import pytest

from shared.reference.csv_cells import escape_formula

DANGEROUS = ["=HYPERLINK(1)", "+62 jalan", "- jalan rusak", "@semua", " \t=1+1", "\r\n=1", "＝cmd"]


@pytest.mark.parametrize("text", DANGEROUS)
def test_a_formula_is_written_as_text(text: str) -> None:
    assert escape_formula(text) == f"'{text.strip()}"


@pytest.mark.parametrize("text", ["jalan = rusak", "2 - 3", "'x'", "", "a\n=b"])
def test_any_other_text_is_left_as_it_is(text: str) -> None:
    assert escape_formula(text) == text


def test_white_space_around_a_cell_goes() -> None:
    assert escape_formula(" 99.27 ") == "99.27"
