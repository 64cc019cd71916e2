"""What is read from a labelled file, and what is left out."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from deploy.model.datasets.csv_table import read_table, write_table
from deploy.model.datasets.labelled_rows import Columns, Labelled, read_rows
from deploy.model.datasets.split import folds, hold_out, hold_out_newest
from shared.errors import Misconfigured

COLUMNS = Columns("text", "label")
Csv = Callable[..., Path]


def row(label: str, day: int | None = None) -> Labelled:
    time = None if day is None else datetime(2026, 1, day, tzinfo=UTC)
    return Labelled("jalan", label, ("jalan",), time)


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_table_is_written_back_with_its_separator(tmp_path: Path, separator: str) -> None:
    file = tmp_path / "a.csv"
    lines = ["text,label", '"dua\nbaris",jalan', '"satu ""kata""",air']
    file.write_text("\ufeff" + "\n".join(lines).replace(",", separator) + "\n")
    table = read_table(file)

    write_table(tmp_path / "b.csv", table, (("predicted", ["a", "b"]),))

    back = read_table(tmp_path / "b.csv")
    assert back.header == ("text", "label", "predicted")
    assert back.column("text") == table.column("text") == ["dua\nbaris", 'satu "kata"']
    assert back.column("predicted") == ["a", "b"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"text,label\na,b,c\n", "line 2: 3 cells under a header of 2"),
        (b'text,label\na,b\n"c\nd",e\nf\n', "line 5: 1 cells"),
        (b'text,label\n"a,b\n', "close every quote"),
        (b"text,label\na,\xff\n", "line 2: byte 0xff is not UTF-8"),
        (b"text,label\n", "no row"),
        (b"", "no row"),
        (b"words,label\na,b\n", "no column `text`; there are: words, label"),
    ],
)
def test_a_broken_table_is_refused_with_its_line(
    tmp_path: Path, content: bytes, reason: str
) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes(content)

    with pytest.raises(Misconfigured, match=r"a\.csv: ") as refused:
        read_rows(read_table(file), COLUMNS)

    assert reason in str(refused.value)


def test_duplicates_and_empty_rows_are_left_out_and_counted(csv_of: Csv) -> None:
    rows = [
        ("lampu mati", "lampu"),
        ("lampu mati", "lampu"),
        ("lampu mati", "listrik"),
        ("", "jalan"),
        ("...", "jalan"),
        ("jalan rusak", " "),
    ]

    found = read_rows(read_table(csv_of(rows)), COLUMNS)

    assert [one.label for one in found.kept] == ["lampu", "listrik"]
    assert (found.duplicates, found.empty, found.unlabelled) == (1, 2, 1)


def test_texts_that_say_their_label_are_counted(csv_of: Csv) -> None:
    rows = [
        ("untuk Dinas  PU: jln rusak", "Dinas PU"),
        ("pu dinas", "Dinas PU"),
        ("untuk dinas pu", "Dishub"),
        ("jln rusak", "jalan"),
    ]

    found = read_rows(read_table(csv_of(rows)), COLUMNS)

    assert found.leaks == {"Dinas PU": 1, "jalan": 1}


def test_a_title_is_read_before_the_text(csv_of: Csv) -> None:
    table = read_table(csv_of([("mati", "lampu", "Lampu")], ("text", "label", "judul")))

    found = read_rows(table, Columns("text", "label", title="judul"))

    assert found.kept[0].words == ("lampu", "mati")


@pytest.mark.parametrize(
    ("cell", "day"),
    [("2026-02-03", 3), ("2026-02-03 04:05:06+07:00", 2), ("03/02/2026", 3), ("3-2-2026 10:00", 3)],
)
def test_times_are_read_in_the_usual_forms(csv_of: Csv, cell: str, day: int) -> None:
    table = read_table(csv_of([("a", "b", cell)], ("text", "label", "at")))

    time = read_rows(table, Columns("text", "label", time="at")).kept[0].time

    assert time is not None
    assert time.astimezone(UTC).day == day


def test_a_time_that_cannot_be_read_is_refused_with_its_line(csv_of: Csv) -> None:
    rows = [("a", "b", ""), ("c", "d", "kemarin")]
    table = read_table(csv_of(rows, ("text", "label", "at")))

    with pytest.raises(Misconfigured, match="line 3: column `at`: 'kemarin'"):
        read_rows(table, Columns("text", "label", time="at"))


def test_a_fifth_of_each_label_is_held_out_and_rare_labels_are_kept_whole() -> None:
    rows = [row("often")] * 50 + [row("some")] * 3 + [row("rare")] * 2

    held = [rows[at].label for at in hold_out(rows, seed=1)]

    assert (held.count("often"), held.count("some"), held.count("rare")) == (10, 1, 0)
    assert list(hold_out(rows, seed=1)) == list(hold_out(rows, seed=1))
    assert list(hold_out(rows, seed=1)) != list(hold_out(rows, seed=2))


def test_by_time_the_newest_fifth_is_held_out() -> None:
    rows = [row("a", day) for day in (9, 1, 10, 2, 3, 4, 5, 6, 7, 8)] + [row("a")]

    assert list(hold_out_newest(rows)) == [0, 2]


def test_folds_deal_every_label_out_evenly() -> None:
    labels = ["a"] * 30 + ["b"] * 9 + ["c"]

    fold = folds(labels, 3, seed=1)

    for label, least in (("a", 10), ("b", 3), ("c", 0)):
        own = fold[np.array(labels) == label]
        assert min(np.bincount(own, minlength=3)) == least
