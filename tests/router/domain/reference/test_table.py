"""A data file read as rows: what is not a table is refused, with the line and the way out."""

import pytest

from services.router.domain.reference.table import MOST, TableProblem, read_rows, refuse
from shared.errors import Misconfigured

COLUMNS = ("name", "note")


def refusal(text: str) -> str:
    with pytest.raises(Misconfigured) as raised:
        read_rows("some.csv", text, COLUMNS)
    return str(raised.value)


def test_cells_are_read_without_the_blanks_around_them() -> None:
    [row] = read_rows("some.csv", 'name,note\n one ," a, b "\n', COLUMNS)

    assert (row.line, dict(row.cells)) == (2, {"name": "one", "note": "a, b"})


def test_a_mark_at_the_start_and_lines_of_windows_are_no_part_of_a_cell() -> None:
    [row] = read_rows("some.csv", "\ufeffname,note\r\none,two\r\n", COLUMNS)

    assert dict(row.cells) == {"name": "one", "note": "two"}


def test_blank_lines_count_as_lines_but_are_no_rows() -> None:
    rows = read_rows("some.csv", "name,note\n\none,two\n\n", COLUMNS)

    assert [row.line for row in rows] == [3]


def test_further_columns_and_another_order_do_no_harm() -> None:
    [row] = read_rows("some.csv", "note,more,name\na,b,c\n", COLUMNS)

    assert (row.cells["name"], row.cells["note"]) == ("c", "a")


def test_a_cell_of_several_parts_leaves_empty_ones_out() -> None:
    [row] = read_rows("some.csv", "name,note\none; two ;;,\n", COLUMNS)

    assert (row.parts("name"), row.parts("note")) == (("one", "two"), ())


@pytest.mark.parametrize(("line", "found"), [("one", "'1 cells'"), ("one,two,three", "'3 cells'")])
def test_a_line_of_another_width_is_a_problem_of_the_whole_line(line: str, found: str) -> None:
    [row] = read_rows("some.csv", f"name,note\n{line}\n", COLUMNS)

    [problem] = row.width_problems()

    assert str(problem) == f"line 2: {found}; write 2; quote a cell that holds a comma"


def test_every_missing_column_is_named() -> None:
    assert refusal("nothing\n").splitlines() == [
        "some.csv is refused:",
        "  line 1, column name: 'missing'; write a first line with name,note",
        "  line 1, column note: 'missing'; write a first line with name,note",
    ]


def test_an_empty_file_is_refused() -> None:
    assert "line 1, column name" in refusal("")


def test_a_quote_that_is_not_closed_is_refused_with_its_line() -> None:
    assert "line 3: " in refusal('name,note\none,two\n"three,four\n')


def test_a_long_value_is_shown_cut_off() -> None:
    assert len(str(TableProblem(2, "name", "x" * 500, "less"))) < 120


def test_more_problems_than_fit_are_counted() -> None:
    problems = [TableProblem(line, "name", "x", "y") for line in range(MOST + 5)]

    with pytest.raises(Misconfigured) as raised:
        refuse("some.csv", problems)

    lines = str(raised.value).splitlines()
    assert (len(lines), lines[-1]) == (MOST + 2, "  and 5 more")


def test_nothing_wrong_is_not_refused() -> None:
    refuse("some.csv", [])
