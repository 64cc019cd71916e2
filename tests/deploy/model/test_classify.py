"""`salur classify`: one decision per line, in order; bad input is refused with its line."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from deploy.cli.app import app
from services.router.settings import RouterSettings

HEADER = "nid,subject,text,region,kind\n"
ROWS = (
    "7,Paspor,Paspor saya belum jadi sejak bulan lalu,,\n"
    '8,Jalan rusak,"Jalan di depan pasar berlubang, sudah lama",36.03,\n'
    "9,Laporan,tolong dibantu,,\n"
    "10,Lampu,Sudah gelap sekali di depan rumah,36.71,Penerangan jalan umum\n"
)


@pytest.fixture(autouse=True)
def words_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROUTER_MODEL", "")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "texts.csv"
    path.write_text(HEADER + ROWS, encoding="utf-8")
    return path


def classify(source: Path, *more: object) -> Result:
    columns = ("--text", "text", "--title", "subject", "--id", "nid", "--region", "region")
    arguments = ("classify", "--input", source, *columns, *more)
    return CliRunner().invoke(app, [str(one) for one in arguments])


def lines(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_each_row_gives_one_line_in_order(source: Path) -> None:
    found = lines(classify(source, "--category", "kind"))

    assert [one["id"] for one in found] == ["7", "8", "9", "10"]
    assert [one["institution"] for one in found] == ["kem-015", "kab-3603", None, "kota-3671"]
    assert [one["category"] for one in found[1:]] == ["roads.damage", None, "roads.street_light"]


def test_a_line_says_everything_that_the_router_would_record(source: Path) -> None:
    one = lines(classify(source))[1]

    assert one["unit"] == "Dinas Pekerjaan Umum dan Penataan Ruang"
    assert one["region"] == "36.03"
    assert 0 < one["confidence"] <= 1
    assert any("36.03" in reason for reason in one["reasons"])
    assert one["alternatives"] == []


def test_what_is_not_decided_says_what_is_missing(source: Path) -> None:
    one = lines(classify(source))[2]

    assert (one["institution"], one["rule"]) == (None, "unknown")
    assert one["missing"] == ["region", "institution"]


def test_decisions_go_to_a_file_and_the_sum_to_the_last_line(source: Path, tmp_path: Path) -> None:
    out = tmp_path / "decisions.jsonl"

    result = classify(source, "--out", out)

    assert len(out.read_text(encoding="utf-8").splitlines()) == 4
    said = lines(result)[-1]
    assert (said["rows"], said["decided"]) == (4, 3)
    assert said["triage"] == {"unknown": 1}


def test_standard_output_holds_decisions_alone(source: Path) -> None:
    result = classify(source)

    assert len(lines(result)) == 4
    assert '"rows": 4' in result.stderr


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ("nid,subject,body,region\n1,a,b,\n", "no column `text`"),
        ("nid,subject,text,region\n1,a,b,Bogor\n", "line 2: column `region`: 'Bogor'"),
        ("nid,subject,text,region\n1,a,b\n", "line 2: 3 cells under a header of 4"),
        ('nid,subject,text,region\n1,a,"b,\n', "close every quote"),
    ],
)
def test_a_broken_file_is_refused_with_the_line(source: Path, content: str, named: str) -> None:
    source.write_text(content, encoding="utf-8")

    result = classify(source)

    assert result.exit_code == 2
    assert named in result.stderr


def test_a_broken_rule_is_refused_with_its_line(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rules = tmp_path / "rules.csv"
    text = RouterSettings().rules.read_text(encoding="utf-8")
    rules.write_text(text.replace("bumn-008", "bumn-999", 1), encoding="utf-8")
    monkeypatch.setenv("ROUTER_RULES", str(rules))

    result = classify(source)

    assert result.exit_code == 2
    assert "rules.csv is refused" in result.stderr
    assert "line 2, column institution: 'bumn-999'" in result.stderr


def test_a_broken_model_is_refused(source: Path, tmp_path: Path) -> None:
    model = tmp_path / "broken.salur"
    model.write_bytes(b"no model")

    result = classify(source, "--model", model)

    assert result.exit_code == 2
    assert "broken.salur" in result.stderr


def test_a_file_that_cannot_be_written_is_refused(source: Path, tmp_path: Path) -> None:
    result = classify(source, "--out", tmp_path / "none" / "out.jsonl")

    assert result.exit_code == 2
    assert "name a file that can be written" in result.stderr
