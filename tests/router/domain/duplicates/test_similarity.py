"""Links between reports: what a sketch keeps, what makes two alike, who is compared with whom."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.router.domain.duplicates.similarity import (
    MOST_LINKS,
    MOST_PER_KEY,
    THRESHOLD,
    RecentReports,
    SketchedReport,
    key_of,
    likeness,
    sketch_text,
)
from services.router.domain.duplicates.sketches import LENGTH, parts, sketch
from tests.support.builders import START, complaint, decision

WEEK = timedelta(days=7)
ROAD = "Jalan di Jl. Anggrek rusak parah, banyak lubang besar sejak 2 minggu lalu."
SOME_WORDS = "jalan jl anggrek mawar desa sukamaju rusak lubang rt 04 02 km 12 barat lampu tolong"
EXPECTED_SKETCH = (
    "4a8b00000000000000000000f00ee3d8000000000000116e67c855d800000000"
    "0000000000000000000000000000000000000000000000000000000000000000"
)
TEXTS = st.lists(st.sampled_from(SOME_WORDS.split()), max_size=40).map(" ".join)


def alike(one: str, other: str) -> float:
    return likeness(parts(sketch(one)), parts(sketch(other)))


def neighbour(number: str, text: str = ROAD, **changes: object) -> SketchedReport:
    values: dict[str, object] = {"key": "3603 roads", "at": START, "institution": "kab-3603"}
    values |= {"number": number, "sketch": sketch(text)}
    return SketchedReport(**(values | changes))  # type: ignore[arg-type]


def found(reports: list[SketchedReport], of: SketchedReport, window: timedelta = WEEK) -> list[str]:
    hood = RecentReports(window)
    hood.add(reports)
    return [one.number for one in hood.similar(of)]


@given(TEXTS | st.text(max_size=300))
def test_a_text_is_wholly_like_itself(text: str) -> None:
    assert alike(text, text) == 1


@given(TEXTS, TEXTS)
def test_likeness_is_the_same_both_ways_and_between_0_and_1(one: str, other: str) -> None:
    assert alike(one, other) == alike(other, one)
    assert 0 <= alike(one, other) <= 1


@given(st.text(max_size=2_000))
def test_a_sketch_of_any_text_has_its_length(text: str) -> None:
    assert len(sketch(text)) == LENGTH == 64


def test_a_sketch_is_the_same_in_every_process_and_version() -> None:
    # Routers of two releases share what is stored; a change here must rename the collection.
    assert sketch("Jl. Anggrek rusak di RT 04/02").hex() == EXPECTED_SKETCH


def test_a_sketch_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="64 bytes, not 3"):
        parts(b"abc")


@pytest.mark.parametrize(
    "retold",
    [
        "jln anggrek rsk parah bnyk lubang, tlg diperbaiki pak",
        "Tolong aspal di jalan Anggrek, lubangnya dalam dan rusak. Kemarin ada yang jatuh.",
        "Sejak lebaran banyak lubang besar. Jl Angrek rusak!!! Terima kasih.",
        "Jalan rusak parah, banyak lubang: Jl. Anggrek Raya nomor 7",
    ],
)
def test_one_event_told_by_others_is_linked(retold: str) -> None:
    assert alike(ROAD, retold) >= THRESHOLD


@pytest.mark.parametrize(
    "other",
    [
        ROAD.replace("Anggrek", "Mawar"),
        ROAD.replace("Jl. Anggrek", "Desa Sukamaju"),
        ROAD.replace("Jl. Anggrek", "depan rumah saya"),
        "Warung karaoke di gang Anggrek memutar musik sampai subuh, orang mabuk ribut.",
        "",
    ],
)
def test_another_place_or_matter_is_not_linked(other: str) -> None:
    assert alike(ROAD, other) < THRESHOLD


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("RT 04/02", "rt 4 rw 2", True),
        ("RT 04 RW 02", "RT.004", True),
        ("RT 04", "RT 05", False),
        ("km 12", "kilometer 12", True),
        ("km 12", "km 21", False),
        ("no. 3", "nomor 3", True),
        ("km 12", "RT 05", True),
    ],
)
def test_numbers_of_one_kind_decide_within_a_street(one: str, other: str, same: bool) -> None:
    first, second = (ROAD.replace("Anggrek", f"Anggrek {part}") for part in (one, other))

    assert (alike(first, second) >= THRESHOLD) is same


def test_a_count_of_days_does_not_tell_reports_apart() -> None:
    assert alike(ROAD, ROAD.replace("2 minggu", "5 minggu")) == 1


def test_a_part_of_a_name_tells_streets_apart_but_raya_does_not() -> None:
    east, west = (ROAD.replace("Anggrek", f"Anggrek {part}") for part in ("Timur", "Barat"))

    assert alike(east, west) < THRESHOLD
    assert alike(ROAD, ROAD.replace("Anggrek", "Anggrek Raya")) == 1


def test_a_report_is_never_linked_to_itself() -> None:
    assert found([neighbour("A"), neighbour("A"), neighbour("B")], neighbour("A")) == ["B"]


@pytest.mark.parametrize("sign", [-1, 1])
def test_the_window_reaches_back_and_forth_and_ends_sharply(sign: int) -> None:
    edge = START + sign * WEEK
    beyond = edge + sign * timedelta(milliseconds=1)

    assert found([neighbour("A", at=edge)], neighbour("B")) == ["A"]
    assert found([neighbour("A", at=beyond)], neighbour("B")) == []


def test_reports_of_another_region_or_category_are_not_compared() -> None:
    assert found([neighbour("A", key="3604 roads")], neighbour("B")) == []


def test_links_are_few_and_the_best_come_first() -> None:
    reports = [neighbour(f"{at}", f"{ROAD} {'lampu padam ' * at}") for at in range(9)]
    hood = RecentReports(WEEK)
    hood.add(reports)

    links = hood.similar(neighbour("X"))

    assert len(links) == MOST_LINKS
    assert links[0].number == "0"
    assert [one.likeness for one in links] == sorted((one.likeness for one in links), reverse=True)


@given(st.permutations(range(8)))
def test_links_do_not_depend_on_the_order_of_reports(order: list[int]) -> None:
    reports = [neighbour(f"{at}", f"{ROAD} {'abcdefgh'[at] * 3}") for at in range(8)]

    assert found([reports[at] for at in order], reports[0]) == found(reports, reports[0])


def test_only_the_newest_reports_of_a_key_are_remembered() -> None:
    hood = RecentReports(WEEK)
    hood.add([neighbour("old"), *(neighbour(f"{at}", "lain") for at in range(MOST_PER_KEY))])

    assert len(hood) == MOST_PER_KEY
    assert hood.similar(neighbour("X")) == ()


def test_keys_not_heard_of_for_long_are_forgotten_first() -> None:
    hood = RecentReports(WEEK, most=2)
    hood.add([neighbour("A", key="1"), neighbour("B", key="2")])
    hood.add([neighbour("C", key="1")])

    assert [len(hood), len(hood.similar(neighbour("X", key="1")))] == [2, 2]
    assert hood.similar(neighbour("X", key="2")) == ()


def test_a_report_that_comes_again_is_remembered_once() -> None:
    hood = RecentReports(WEEK)
    hood.add([neighbour("A"), neighbour("A")])
    hood.add([neighbour("A")])

    assert len(hood) == 1


@pytest.mark.parametrize(
    ("decided", "code", "key"),
    [
        ({"region": "36.03", "category": "roads.damage"}, None, "3603 roads"),
        ({"region": None, "category": "roads"}, "36.03.01", "3603 roads"),
        ({"region": "36", "category": "roads"}, "36.03", "36 roads"),
        ({"region": "36.03", "category": None}, None, None),
        ({"region": None, "category": "roads"}, None, None),
    ],
)
def test_region_and_main_category_are_the_key(
    decided: dict[str, str], code: str | None, key: str | None
) -> None:
    asked = complaint(place={"region_code": code} if code else {})

    assert key_of(asked, decision(**decided)) == key


def test_the_place_as_the_reporter_gave_it_is_compared_too() -> None:
    one = sketch_text(
        complaint(title="Rusak", text="Banyak lubang.", place={"text": "Jl. Anggrek"})
    )

    assert alike(one, "Rusak. Banyak lubang di Jalan Anggrek") == 1
