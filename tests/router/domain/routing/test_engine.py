"""The brain: which rule decides, what it leaves to people, and what it records."""

import pytest

from services.router.domain.geography.place_names import PlaceNames
from services.router.domain.reference.directory import Directory
from services.router.domain.routing.engine import Decider, RoutingEngine, classifier_text
from services.router.domain.routing.findings import BuiltInRule
from shared.contracts.case import Place
from tests.support.routing_cases import (
    BRAIN,
    EVERY,
    LINES,
    NAMED,
    PLACE,
    ToldGuesser,
    assert_left,
    assert_routed,
    candidates,
    complaint,
    decide,
    decide_by,
    knowing,
)


def test_brain_fits_the_port() -> None:
    decider: Decider = BRAIN

    assert decider.decide([], EVERY) == []


def test_reporters_choice_comes_before_every_rule() -> None:
    made = complaint("PLN di Kota Bekasi", institution="kem-020", place=Place(region_code="36.03"))

    decision = decide(made)

    assert_routed(decision, "kem-020", BuiltInRule.CHOSEN)
    assert (decision.confidence, decision.region) == (1.0, "36.03")


def test_what_a_trusted_gateway_gives_is_recorded_as_given() -> None:
    decision = decide(complaint("PLN padam", institution="kem-020", given=True))

    assert_routed(decision, "kem-020", BuiltInRule.GIVEN)
    assert decision.reasons == ("given: Kementerian Kesehatan",)


@pytest.mark.parametrize("given", [True, False])
def test_unknown_institution_is_passed_over(given: bool) -> None:
    made = complaint("keluhan di Kabupaten Tangerang", institution="kab-9999", given=given)

    assert_routed(decide(made), "kab-3603", "place")


def test_administrative_body_of_jakarta_can_be_chosen() -> None:
    made = complaint("jalan berlubang", institution="kota-3174")

    assert_routed(decide(made), "kota-3174", BuiltInRule.CHOSEN)


def test_a_chosen_institution_answers_whatever_its_category_needs() -> None:
    made = complaint("penerangan mati", institution="kab-3603")

    assert_routed(decide(made), "kab-3603", BuiltInRule.CHOSEN)


def test_the_first_line_that_matches_decides() -> None:
    first, second = "one,,,,36,kem-001,,0.9,x", "two,,,,36.03,kem-002,,0.9,x"
    made = complaint("tolong", place=Place(region_code="36.03"))

    assert decide_by(made, first, second).rule == "one"
    assert decide_by(made, second, first).rule == "two"


def test_an_earlier_line_wins_whether_or_not_it_asks_for_words() -> None:
    worded, plain = "worded,,dokter,,,kem-001,,0.9,x", "plain,health,,,,kem-002,,0.9,x"

    assert decide_by(complaint("dokter"), worded, plain).rule == "worded"
    assert decide_by(complaint("dokter"), plain, worded).rule == "plain"


def test_a_line_with_words_needs_one_of_them() -> None:
    assert_routed(decide(complaint("antre di gerbang tol")), "bumn-008", "toll")
    assert decide(complaint("antre di gerbang")).institution is None


def test_words_are_found_whole_and_in_order() -> None:
    assert decide(complaint("tol jalan")).institution is None
    assert decide(complaint("jalan tolol")).institution is None
    assert decide(complaint("JALAN, tol!")).institution == "bumn-008"


def test_a_word_under_unless_speaks_against_the_line() -> None:
    assert decide(complaint("mobil mogok di jalan tol")).institution is None


def test_a_category_covers_those_below_it_and_no_others() -> None:
    line = "school,school,,,,kem-017,,0.9,x"

    assert decide_by(complaint("sma"), line).institution == "kem-017"
    assert decide_by(complaint("kelas"), line).institution == "kem-017"
    assert decide_by(complaint("dokter"), line).institution is None
    assert decide_by(complaint("tolong"), line).institution is None


def test_a_line_below_a_main_category_is_not_for_all_of_it() -> None:
    assert decide_by(complaint("kelas"), "high,school.high,,,,kem-017,,0.9,x").institution is None


@pytest.mark.parametrize(
    ("region", "text", "expected"),
    [
        ("36", "di Kabupaten Tangerang", True),
        ("36.03", "di Kabupaten Tangerang", True),
        ("36.71;36.03", "di Kabupaten Tangerang", True),
        ("36.71", "di Kabupaten Tangerang", False),
        ("36", "di Tangerang", False),
        ("36", "tolong", False),
        ("known", "di Kabupaten Tangerang", True),
        ("known", "di Tangerang", False),
        ("known", "tolong", False),
        ("several", "di Tangerang", True),
        ("several", "di Kabupaten Tangerang", False),
        ("several", "tolong", False),
        ("none", "tolong", True),
        ("none", "di Tangerang", False),
        ("none", "di Kabupaten Tangerang", False),
    ],
)
def test_a_line_may_ask_where_it_was(region: str, text: str, expected: bool) -> None:
    decision = decide_by(complaint(text), f"here,,,,{region},kem-001,,0.9,x")

    assert (decision.institution == "kem-001") is expected


def test_unit_and_reason_of_the_line_are_in_the_decision() -> None:
    decision = decide(complaint("berlubang di Kab. Tangerang"))

    assert decision.unit == "Dinas Pekerjaan Umum"
    assert decision.reasons == (
        "road: local roads",
        "region_text: 36.03 is of Pemerintah Kabupaten Tangerang",
        "category roads.damage: words, 0.60",
    )


def test_a_line_can_leave_it_to_people() -> None:
    decision = decide(complaint("usul untuk PAM", place=Place(region_code="36.03")))

    assert_left(decision, "policy", "subject")
    assert candidates(decision) == ["kab-3603"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("listrik padam dan PLN diam", "bumn-003"),
        ("petugas pln tidak datang", "bumn-003"),
        ("Kartu BPJS Kesehatan mati", "bumn-001"),
        ("bpjs ketenagakerjaan saya", "bumn-002"),
        ("bpjs saya, yang BPJS Ketenagakerjaan", "bumn-002"),
        ("antrean PASPOR penuh", "kem-015"),
        ("Kementerian Pekerjaan Umum belum menjawab", "kem-027"),
        ("uang di BI tertahan", "lem-050"),
        ("KRL dari KAI telat", "bumn-005"),
    ],
)
def test_named_central_institution_answers(text: str, expected: str) -> None:
    assert_routed(decide(complaint(text)), expected, "named")


@pytest.mark.parametrize(
    "text",
    [
        "harga beras naik",
        "sim saya hilang",
        "macet di tol",
        "kabel lan putus di sekolah ma",
        "bi jangan dipotong",
        "SAYA TANYA BI KAPAN JADI",
        "makanan halal di pasar",
        "sudah saya tanya ke BPK lurah",
        "plnx dan xpln dan kaitan",
    ],
)
def test_everyday_word_names_no_institution(text: str) -> None:
    assert decide(complaint(text)).institution is None


def test_topic_becomes_a_candidate_only() -> None:
    decision = decide(complaint("harga beras naik terus"))

    assert_left(decision, BuiltInRule.UNKNOWN, "region", "institution")
    assert candidates(decision) == ["bumn-009"]


def test_central_name_comes_before_the_region() -> None:
    made = complaint("PLN memadamkan listrik", place=Place(region_code="3603"))

    assert_routed(decide(made), "bumn-003", "named")


def test_central_name_beside_an_office_of_the_region_is_in_passing() -> None:
    made = complaint("Dinas di Kabupaten Tangerang bilang itu urusan PLN")

    assert_routed(decide(made), "kab-3603", "place")


def test_central_name_in_the_title_wins() -> None:
    made = complaint("Kata Pertamina dan dinas di Kota Bekasi bukan mereka", title="PLN padam")

    assert_routed(decide(made), "bumn-003", "named")


def test_two_central_names_are_ambiguous() -> None:
    decision = decide(complaint("PLN dan Pertamina saling lempar"))

    assert_left(decision, BuiltInRule.AMBIGUOUS, "institution")
    assert candidates(decision) == ["bumn-003", "bumn-004"]


def test_name_of_two_ministries_is_ambiguous() -> None:
    decision = decide(complaint("sudah lapor ke KLHK"))

    assert_left(decision, BuiltInRule.AMBIGUOUS, "institution")
    assert candidates(decision) == ["kem-034", "kem-041"]


def test_nothing_known_goes_to_triage() -> None:
    decision = decide(complaint("tolong dibantu"))

    assert_left(decision, BuiltInRule.UNKNOWN, "region", "institution")
    assert decision.confidence == 0.0
    assert [one.need for one in decision.questions] == ["region", "institution"]
    assert decision.reasons == ("unknown: no rule decides", "category: none is sure enough")


def test_a_category_that_no_line_is_about_goes_to_triage_as_unsure() -> None:
    assert_left(decide(complaint("ledeng")), BuiltInRule.UNSURE, "subject")


def test_institution_without_topic_goes_to_triage_as_candidate() -> None:
    made = complaint("PLN padam", place=Place(region_code="36.03"))

    decision = decide(made, EVERY - {"bumn-003"})

    assert_left(decision, BuiltInRule.NOT_PROVISIONED)
    assert candidates(decision) == ["bumn-003"]


def test_chosen_institution_without_topic_goes_to_triage_too() -> None:
    decision = decide(complaint("tolong", institution="kem-020"), EVERY - {"kem-020"})

    assert_left(decision, BuiltInRule.NOT_PROVISIONED)
    assert candidates(decision) == ["kem-020"]


def test_a_decision_names_the_versions_of_rules_and_model() -> None:
    made = complaint("tolong dibantu")

    learned = decide_by(made, *LINES, guesser=ToldGuesser())

    assert (learned.version, learned.model) == ("version", "told")
    assert decide(made).model == ""


def test_batch_keeps_its_order() -> None:
    made = [complaint(text) for text in ("PLN padam", "apa saja", "tolong di Surabaya")]

    found = [one.institution for one in BRAIN.decide(made, EVERY)]

    assert found == ["bumn-003", None, "kota-3578"]


@pytest.mark.parametrize(
    ("title", "text", "expected"),
    [
        ("Air mati", "Sudah dua hari.", "Air mati Sudah dua hari."),
        ("Air mati sudah…", "Air mati sudah dua hari.", "Air mati sudah dua hari."),
        ("", "Air mati.", "Air mati."),
    ],
)
def test_the_classifier_reads_a_cut_off_title_only_once(
    title: str, text: str, expected: str
) -> None:
    assert classifier_text(complaint(text, title=title)) == expected


def test_an_empty_directory_sends_all_to_triage() -> None:
    empty = Directory("none", ())
    brain = RoutingEngine(knowing(NAMED, PLACE, directory=empty), PlaceNames())

    [decision] = brain.decide([complaint("PLN di Surabaya")], frozenset())

    assert decision.institution is None
