"""`salur units`: what is accepted from a file, and what is refused before the database is asked."""

from pathlib import Path

import pytest

from deploy.operate.units import read_units
from shared.errors import Misconfigured


def test_units_are_read_by_institution(tmp_path: Path) -> None:
    file = tmp_path / "units.csv"
    file.write_text("unit,agency\nDinas PU,kab-3603\n RSUD ,kab-3603\nBalai,prov-36\n", "utf-8-sig")

    assert read_units(file) == {"kab-3603": ["Dinas PU", "RSUD"], "prov-36": ["Balai"]}


@pytest.mark.parametrize("content", ["", "agency,name\nkab-3603,PU\n"])
def test_a_file_without_both_columns_is_refused_by_name(tmp_path: Path, content: str) -> None:
    file = tmp_path / "units.csv"
    file.write_text(content, "utf-8")

    with pytest.raises(Misconfigured, match=r"units\.csv needs the columns agency and unit"):
        read_units(file)
