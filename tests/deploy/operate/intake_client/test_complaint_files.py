"""Feed files: what is read, what is left out, and where a broken file is broken."""

import json
from pathlib import Path

import pytest

from deploy.operate.intake_client.complaint_files import FeedFile, parse_feed, read_feed
from deploy.operate.intake_client.form_columns import COLUMNS
from services.intake.submit.submission import Reporter, Submission
from shared.contracts.case import Place
from shared.contracts.value_objects import Frozen
from shared.errors import Misconfigured


def parse(text: str) -> FeedFile:
    return parse_feed(text.encode(), "feed.csv")


def only_form(text: str) -> dict[str, object]:
    (row,) = parse(text).rows
    return row.form


def test_subject_becomes_the_title_and_other_columns_are_named_once() -> None:
    found = parse("nid,subject,text,level\n1,Jalan,Jalan rusak,pusat\n2,,Lampu mati,kab\n")

    assert [row.form for row in found.rows] == [
        {"title": "Jalan", "text": "Jalan rusak"},
        {"text": "Lampu mati"},
    ]
    assert found.ignored == ("nid", "level")


def test_title_wins_over_subject() -> None:
    assert only_form("subject,title,text\nold,new,Lampu mati\n")["title"] == "new"


@pytest.mark.parametrize(
    "columns",
    [
        "region_code,latitude",
        "place.region_code,place.latitude",
        "place_region_code,place_latitude",
    ],
)
def test_place_columns_are_nested_however_they_are_written(columns: str) -> None:
    form = only_form(f"text,{columns}\nLampu mati,36.03,-6.2\n")

    assert form["place"] == {"region_code": "36.03", "latitude": -6.2}


def test_cells_get_the_types_of_their_fields() -> None:
    form = only_form("text,anonymous,secret,reporter_name\nLampu mati,ya,FALSE,Contoh\n")

    assert form == {
        "text": "Lampu mati",
        "anonymous": True,
        "secret": False,
        "reporter": {"name": "Contoh"},
    }


def test_values_that_fit_no_type_are_left_for_intake_to_refuse() -> None:
    form = only_form("text,anonymous,latitude,longitude\nLampu mati,maybe,south,nan\n")

    assert form["anonymous"] == "maybe"
    assert form["place"] == {"latitude": "south", "longitude": "nan"}


def test_semicolons_and_a_byte_order_mark_are_read() -> None:
    assert only_form("\ufefftext;category\nLampu mati, gelap;jalan\n") == {
        "text": "Lampu mati, gelap",
        "category": "jalan",
    }


def test_lines_are_counted_where_a_row_begins() -> None:
    found = parse('text\n"two\nlines"\nLampu mati\n')

    assert [row.line for row in found.rows] == [2, 4]


def test_ndjson_is_read_with_its_types_and_nesting() -> None:
    lines = [
        {"text": "Lampu mati", "anonymous": True, "place": {"region_code": "36.03"}, "extra": 1},
        {"text": "Jalan rusak"},
    ]
    found = parse("\n".join(map(json.dumps, lines)) + "\n\n")

    assert found.rows[0].form == {
        "text": "Lampu mati",
        "anonymous": True,
        "place": {"region_code": "36.03"},
    }
    assert [row.line for row in found.rows] == [1, 2]
    assert found.ignored == ("extra",)


def test_the_same_file_gives_the_same_keys_and_equal_rows_differ() -> None:
    first, second = parse("text\nLampu mati\nLampu mati\n"), parse("text\nLampu mati\nLampu mati\n")

    assert [row.key for row in first.rows] == [row.key for row in second.rows]
    assert len({row.key for row in first.rows}) == 2


def test_equal_rows_of_different_files_have_keys_of_their_own() -> None:
    monday, tuesday = parse("text\nLampu mati\n"), parse("text\nLampu mati\nJalan rusak\n")

    assert monday.rows[0].key != tuesday.rows[0].key


def test_a_key_of_the_file_is_used() -> None:
    found = parse("text,idempotency_key\nLampu mati,my-key\nJalan rusak,\n")

    assert found.rows[0].key == "my-key"
    assert len(found.rows[1].key) == 36
    assert "idempotency_key" not in found.rows[0].form
    assert found.ignored == ()


@pytest.mark.parametrize(
    ("content", "place"),
    [
        (b"text,title\nLampu mati,Lampu\nJalan,rusak,parah\n", "line 3, column 3"),
        (b"text,title\nLampu mati\n", "line 2, column 2"),
        (b'text\n"Lampu mati\n', "line 2, column 1: "),
        (b"text\nLampu \xff mati\n", "line 2, column 7: byte 0xff"),
        (b'{"text": "Lampu mati"}\n{"text": }\n', "line 2, column 10"),
        (b'{"text": "Lampu mati"}\n[1]\n', "line 2, column 1: not a JSON object"),
        (b"title,words\nLampu,mati\n", "line 1, column 1: no column `text`"),
        (b"text\n", "line 1, column 1: no complaint"),
        (b"", "line 1, column 1: no complaint"),
    ],
)
def test_a_broken_file_is_refused_with_line_and_column(content: bytes, place: str) -> None:
    with pytest.raises(Misconfigured) as caught:
        parse_feed(content, "feed.csv")

    assert f"feed.csv: {place}" in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match=r"nothing\.csv"):
        read_feed(tmp_path / "nothing.csv")


def test_every_field_of_intakes_form_has_a_column() -> None:
    nested: dict[str, type[Frozen]] = {"place": Place, "reporter": Reporter}
    fields: set[tuple[str, ...]] = {(n,) for n in Submission.model_fields if n not in nested}
    fields |= {(group, name) for group, model in nested.items() for name in model.model_fields}

    assert fields == set(COLUMNS.values())


def test_excels_word_for_the_delimiter_is_no_header() -> None:
    found = parse("sep=;\ntext;subject\nLampu mati, sudah lama;Lampu\nJalan;Jalan\n")

    assert [row.form["text"] for row in found.rows] == ["Lampu mati, sudah lama", "Jalan"]
    assert [row.line for row in found.rows] == [3, 4]


@pytest.mark.parametrize(
    ("text", "place", "way_out"),
    [
        (
            "idempotency_key,text\na,satu\nb,dua\na,tiga\n",
            "line 4, column 1: `idempotency_key` is that of line 2",
            "give each complaint its own",
        ),
        (
            "text,nik,text\nsatu,1,dua\n",
            "line 1, column 3: `text` is column 1 too",
            "rename or drop one",
        ),
        (
            "sep=;\nid;text;ID\n1;satu;2\n",
            "line 2, column 3: `id` is column 1 too",
            "rename or drop one",
        ),
        (
            "text;reporter_nik\nsatu;3603010101900001\ndua;3,60301E+15\n",
            "line 3, column 2: `reporter_nik` is 3,60301E+15",
            "format the column as text",
        ),
        (
            "reporter.phone,text\n6.28123E+12,satu\n",
            "line 2, column 1: `reporter.phone` is 6.28123E+12",
            "format the column as text",
        ),
        (
            f"text,title\nsatu,a\n{'x' * 50_001},b\n",
            "line 3, column 1: `text` has 50001 characters, 50000 are taken",
            "shorten it",
        ),
        (f"text\nsatu\n{'x' * 140_000}\n", "line 3, column 1: field larger", "longer than 50000"),
        (
            '{"text": "satu", "idempotency_key": "a"}\n{"text": "dua", "idempotency_key": "a"}\n',
            "line 2, column 2: `idempotency_key` is that of line 1",
            "give each complaint its own",
        ),
    ],
    ids=["key", "column", "column under sep", "nik", "phone", "long", "longer", "key in ndjson"],
)
def test_what_would_be_lost_in_silence_is_named_with_its_place_and_the_way_out(
    text: str, place: str, way_out: str
) -> None:
    with pytest.raises(Misconfigured) as refused:
        parse(text)

    assert place in str(refused.value)
    assert way_out in str(refused.value)


def test_a_text_that_looks_like_a_number_is_a_text() -> None:
    assert only_form("text,region_code\n3E+5,36.03\n")["text"] == "3E+5"


@pytest.mark.parametrize(
    ("row", "way"),
    [("Lampu mati, gelap,pusat", "quote cells"), ("Lampu mati", "an empty one, for each column")],
    ids=["more", "fewer"],
)
def test_a_row_of_another_length_than_its_header_is_told_the_way_out_for_it(
    row: str, way: str
) -> None:
    with pytest.raises(Misconfigured, match=way):
        parse(f"text,level\n{row}\n")
