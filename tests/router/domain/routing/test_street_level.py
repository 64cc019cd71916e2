"""A report tells where exactly by a name that follows a kind of place."""

import pytest

from services.router.domain.routing.street_level import has_street_level_place
from tests.support.builders import complaint


@pytest.mark.parametrize(
    "text",
    [
        "lubang di jalan Merdeka",
        "lubang di jl. anggrek raya",
        "sampah di Perumahan Griya Cemara",
        "tawuran dekat SMPN 3",
        "air kotor di sungai Cimanceuri",
        "Pasar Kliwon penuh",
    ],
)
def test_a_name_after_a_kind_of_place_is_a_spot(text: str) -> None:
    assert has_street_level_place(complaint(title="Laporan", text=text))


@pytest.mark.parametrize(
    "text",
    [
        "jalan rusak parah",
        "jln berlubang sejak lama",
        "jembatan putus",
        "sudah jalan 3 bulan belum diperbaiki",
        "sampah menumpuk di pasar",
        "jalan",
        "",
    ],
)
def test_a_kind_of_place_alone_is_no_spot(text: str) -> None:
    assert not has_street_level_place(complaint(title="Laporan", text=text))


def test_the_title_may_name_the_spot() -> None:
    assert has_street_level_place(
        complaint(title="Jalan Merdeka berlubang", text="tolong diperbaiki")
    )
