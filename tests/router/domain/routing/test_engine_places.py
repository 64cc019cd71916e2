"""Where it happened, whose government answers there, and what a report must tell."""

import pytest

from services.router.domain.routing.findings import BuiltInRule
from shared.contracts.case import Complaint, Place
from tests.support.routing_cases import (
    LIGHT,
    LINES,
    assert_left,
    assert_routed,
    candidates,
    complaint,
    decide,
    decide_by,
)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("36", "prov-36"),
        ("36.03", "kab-3603"),
        ("3671", "kota-3671"),
        ("36.03.01", "kab-3603"),
        ("3603012001", "kab-3603"),
        ("31.74", "prov-31"),
        ("31.01.01", "prov-31"),
    ],
)
def test_region_code_of_any_level_finds_the_government(code: str, expected: str) -> None:
    made = complaint("tolong dibantu", place=Place(region_code=code))

    assert_routed(decide(made), expected, "place")


def test_region_code_comes_before_regions_in_the_text() -> None:
    made = complaint("ke Kota Bekasi lama sekali", place=Place(region_code="36.03"))

    decision = decide(made)

    assert_routed(decision, "kab-3603", "place")
    assert decision.region == "36.03"
    assert "region_code: 36.03 is of Pemerintah Kabupaten Tangerang" in decision.reasons


def test_unknown_region_code_goes_on_to_the_text() -> None:
    made = complaint("tolong di Kota Bekasi", place=Place(region_code="99.99"))

    assert_routed(decide(made), "kota-3275", "place")


@pytest.mark.parametrize(
    ("text", "expected", "region"),
    [
        ("tolong di Kab. Bogor", "kab-3201", "32.01"),
        ("tolong di Bogor", "prov-32", "32"),
        ("tolong di Kota Serang", "prov-32", "32"),
        ("tolong dibantu", "prov-32", "32"),
    ],
)
def test_a_provinces_code_is_made_more_exact_by_the_text_inside_it(
    text: str, expected: str, region: str
) -> None:
    decision = decide(complaint(text, place=Place(region_code="32")))

    assert_routed(decision, expected, "place")
    assert decision.region == region


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("tolong di Kabupaten Tangerang", "kab-3603"),
        ("tolong di kab. tangerang", "kab-3603"),
        ("tolong di Kab.Tangerang", "kab-3603"),
        ("lapor walikota Tangerang", "kota-3671"),
        ("lapor wali kota Tangerang", "kota-3671"),
        ("warga tangsel di sini", "kota-3674"),
        ("tolong di Surabaya", "kota-3578"),
        ("tolong di Bandung Barat", "kab-3217"),
        ("tolong di Prov. Jawa Barat", "prov-32"),
        ("tolong di jabar", "prov-32"),
        ("tolong di DKI", "prov-31"),
        ("tolong di jkt", "prov-31"),
        ("tolong di Kota Administrasi Jakarta Selatan", "prov-31"),
        ("tolong antara Jakarta Barat dan Jakarta Pusat", "prov-31"),
        ("tolong di Kab. Bogor, Jawa Barat", "kab-3201"),
        ("Provinsi Gorontalo belum menjawab", "prov-75"),
        ("tolong di kota batu", "kota-3579"),
        ("tolong di palangka raya dan palangkaraya", "kota-6271"),
        ("tolong di kep. mentawai", "kab-1309"),
        ("tolong di Sleman dan kota Sleman", "kab-3404"),
        ("tolong di Bandung, ya, Kota Bandung", "kota-3273"),
    ],
)
def test_one_region_in_words_finds_its_government(text: str, expected: str) -> None:
    assert_routed(decide(complaint(text)), expected, "place")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("tolong di Bandung", ["kab-3204", "kota-3273"]),
        ("tolong di kabupaten/kota Bekasi", ["kab-3216", "kota-3275"]),
        ("tolong di Bogor, Jawa Barat", ["kab-3201", "kota-3271"]),
        ("dari Surabaya ke Sleman", ["kota-3578", "kab-3404"]),
        ("tolong di Jambi", ["prov-15", "kota-1571"]),
    ],
)
def test_several_possible_regions_are_left_to_people(text: str, expected: list[str]) -> None:
    decision = decide(complaint(text))

    assert_left(decision, BuiltInRule.AMBIGUOUS, "region")
    assert candidates(decision) == expected
    assert decision.region is None


def test_never_more_than_three_candidates() -> None:
    decision = decide(complaint("Surabaya, Sleman, Makassar, Manado, Denpasar"))

    assert len(decision.candidates) == 3


def test_place_and_title_come_before_the_text() -> None:
    made = complaint("Saya dari Surabaya", place=Place(text="Desa A, Kabupaten Sleman"))

    assert_routed(decide(made), "kab-3404", "place")


@pytest.mark.parametrize(
    "text",
    [
        "batu besar menuju puncak",
        "nasib malang, rumah kami diserang, malu pada tetangga",
        "NASIB MALANG",
        "antre di Gang Surabaya dan Jl. Raya Sleman",
        "ATM Bank Jatim mati",
    ],
)
def test_everyday_word_or_street_names_no_region(text: str) -> None:
    assert_left(decide(complaint(text)), BuiltInRule.UNKNOWN, "region", "institution")


@pytest.mark.parametrize(
    ("code", "regency", "province", "region"),
    [
        ("36.03", "kab-3603", "prov-36", "kab-3603"),
        ("36.71", "kota-3671", "prov-36", "kota-3671"),
        ("36.03.01", "kab-3603", "prov-36", "kab-3603"),
        ("36", None, "prov-36", "prov-36"),
        ("31.74", "prov-31", "prov-31", "prov-31"),
        ("31", "prov-31", "prov-31", "prov-31"),
    ],
)
def test_the_target_tells_which_level_answers(
    code: str, regency: str | None, province: str, region: str
) -> None:
    made = complaint("dokter", place=Place(region_code=code))
    levels = {"@regency": regency, "@province": province, "@region": region}

    found = {
        target: decide_by(made, f"level,health,,,,{target},,0.8,x").institution for target in levels
    }

    assert found == levels


@pytest.mark.parametrize(
    ("text", "region"),
    [
        ("berlubang di Jakarta Barat", "31.73"),
        ("berlubang antara Jakarta Barat dan Jakarta Pusat", "31"),
    ],
)
def test_cities_of_jakarta_are_one_government_and_several_of_them_no_one_place(
    text: str, region: str
) -> None:
    decision = decide(complaint(text))

    assert_routed(decision, "prov-31", "road")
    assert decision.region == region


def test_a_province_alone_is_not_enough_for_a_regencys_matter() -> None:
    decision = decide(complaint("berlubang", place=Place(region_code="36")))

    assert_left(decision, BuiltInRule.REGION_MISSING, "region")
    assert decision.region == "36"
    assert candidates(decision) == ["prov-36"]
    assert decision.reasons == ("road: local roads", "category roads.damage: words, 0.60")


def test_a_province_of_which_all_readings_agree_is_enough_for_its_own_matter() -> None:
    decision = decide(complaint("sma di Bandung"))

    assert_routed(decision, "prov-32", "high_school")
    assert decision.region == "32"
    assert "region_text: 32 is of Pemerintah Provinsi Jawa Barat" in decision.reasons


def test_a_name_of_province_and_city_means_the_city_where_a_city_must_answer() -> None:
    assert_routed(decide(complaint("berlubang di Jambi")), "kota-1571", "road")


def test_a_category_without_a_place_asks_for_it() -> None:
    decision = decide(complaint("berlubang"))

    assert_left(decision, BuiltInRule.REGION_MISSING, "region")
    [question] = decision.questions
    assert (question.need, question.text, question.text_en) == ("region", "Di mana?", "Where?")


def test_several_regions_of_one_matter_are_ambiguous() -> None:
    decision = decide(complaint("berlubang di Tangerang"))

    assert_left(decision, BuiltInRule.AMBIGUOUS, "region")
    assert candidates(decision) == ["kab-3603", "kota-3671"]
    assert decision.reasons == ("road: several regions are possible",)


def test_a_report_without_what_its_category_needs_waits_with_the_question() -> None:
    decision = decide(complaint(LIGHT))

    assert_left(decision, BuiltInRule.INCOMPLETE, "spot")
    assert candidates(decision) == ["kab-3603"]
    assert decision.reasons[0] == "incomplete: spot"
    assert [one.text for one in decision.questions] == ["Di jalan apa?"]
    assert (decision.category, decision.region) == ("roads.light", "36.03")


def test_all_that_is_missing_is_asked_at_once() -> None:
    decision = decide(complaint("galian di Kab. Tangerang"))

    assert_left(decision, BuiltInRule.INCOMPLETE, "spot", "day")
    assert [one.need for one in decision.questions] == ["spot", "day"]


@pytest.mark.parametrize(
    "made",
    [
        complaint(f"{LIGHT}, gang 3"),
        complaint(LIGHT, title="Gang buntu"),
        complaint(LIGHT, place=Place(text="depan pasar")),
        complaint(LIGHT, place=Place(latitude=-6.2, longitude=106.5)),
        complaint("penerangan mati", place=Place(region_code="36.03.01")),
        complaint("penerangan mati", place=Place(region_code="3603012001")),
        complaint(f"{LIGHT}, desa Tobat"),
        complaint(f"{LIGHT}, kecamatan Balaraja"),
        complaint(f"{LIGHT}, Balaraja"),
    ],
)
def test_a_word_a_place_or_a_village_tells_the_spot(made: Complaint) -> None:
    assert_routed(decide_by(made, *LINES), "kab-3603", "road")


def test_a_regency_alone_tells_no_spot() -> None:
    made = complaint("penerangan mati", place=Place(region_code="36.03"))

    assert_left(decide(made), BuiltInRule.INCOMPLETE, "spot")
