"""The brain: which rule decides, what it leaves to people, and what its reasons may say."""

from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.router import domain
from services.router.directory_file import DirectoryFile, load_categories
from services.router.domain.brain import Brain, Decider, Rule
from services.router.domain.categories import Categories
from services.router.domain.directory import Directory
from services.router.domain.lexicon import tokens
from services.router.places_file import load_places
from shared.case import Complaint, Decision, Place

DATA = Path(str(domain.__file__)).parent.parent / "data"
DIRECTORY = DirectoryFile(DATA / "institutions.csv").directory
CATEGORIES = load_categories(DATA / "categories.csv")
BRAIN = Brain(DIRECTORY, CATEGORIES, load_places())
ANOTHER = Brain(DIRECTORY, CATEGORIES, load_places())
EVERY = frozenset(DIRECTORY.institutions)
# Every word that a reason may hold beside the directory's own.
REASON_WORDS = frozenset(
    tokens(
        "chosen central_words region_code region_text topic ambiguous unknown "
        "no institution and no region is named; institution_not_provisioned has no topic; "
        "several institutions are named; several regions are possible; means; is of"
    ).lower
)
DIRECTORY_WORDS = frozenset(
    word
    for one in DIRECTORY.institutions.values()
    for name in (one.name, one.short, *one.aliases, one.code, one.region_code or "")
    for word in tokens(name).lower
)


def complaint(
    text: str,
    *,
    title: str = "Laporan",
    place: Place | None = None,
    institution: str | None = None,
    category: str | None = None,
) -> Complaint:
    return Complaint(
        complaint_id=UUID(int=1),
        number="0000000000000000",
        title=title,
        text=text,
        place=place or Place(),
        institution=institution,
        category=category,
        received_at=datetime(2026, 1, 1, tzinfo=UTC),
    )


def decide(made: Complaint, provisioned: frozenset[str] = EVERY) -> Decision:
    [decision] = BRAIN.decide([made], provisioned)
    return decision


def assert_routed(decision: Decision, institution: str, rule: Rule) -> None:
    assert (decision.institution, decision.rule) == (institution, rule.value)


def candidates(decision: Decision) -> list[str]:
    return [one.institution for one in decision.candidates]


def test_brain_fits_the_port() -> None:
    decider: Decider = BRAIN

    assert decider.decide([], EVERY) == []


# chosen


def test_reporters_choice_comes_before_every_other_rule() -> None:
    made = complaint("PLN di Kota Bekasi", institution="kem-020", place=Place(region_code="36.03"))

    assert_routed(decide(made), "kem-020", Rule.CHOSEN)


def test_unknown_choice_is_passed_over() -> None:
    made = complaint("Jalan rusak di Kabupaten Tangerang", institution="kab-9999")

    assert_routed(decide(made), "kab-3603", Rule.REGION_TEXT)


def test_administrative_body_of_jakarta_can_be_chosen() -> None:
    assert_routed(
        decide(complaint("Jalan rusak", institution="kota-3174")), "kota-3174", Rule.CHOSEN
    )


# central words


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
    assert_routed(decide(complaint(text)), expected, Rule.CENTRAL_WORDS)


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

    assert (decision.rule, candidates(decision)) == (Rule.UNKNOWN.value, ["bumn-009"])
    assert decision.missing == ("region", "institution")


def test_central_name_comes_before_the_region() -> None:
    made = complaint("PLN memadamkan listrik", place=Place(region_code="3603"))

    assert_routed(decide(made), "bumn-003", Rule.CENTRAL_WORDS)


def test_central_name_beside_an_office_of_the_region_is_in_passing() -> None:
    made = complaint("Dinas di Kabupaten Tangerang bilang itu urusan PLN")

    assert_routed(decide(made), "kab-3603", Rule.REGION_TEXT)


def test_central_name_in_the_title_wins() -> None:
    made = complaint("Kata Pertamina dan dinas di Kota Bekasi bukan mereka", title="PLN padam")

    assert_routed(decide(made), "bumn-003", Rule.CENTRAL_WORDS)


def test_two_central_names_are_ambiguous() -> None:
    decision = decide(complaint("PLN dan Pertamina saling lempar"))

    assert decision.rule == Rule.AMBIGUOUS.value
    assert candidates(decision) == ["bumn-003", "bumn-004"]
    assert decision.missing == ("institution",)


def test_name_of_two_ministries_is_ambiguous() -> None:
    decision = decide(complaint("sudah lapor ke KLHK"))

    assert decision.rule == Rule.AMBIGUOUS.value
    assert candidates(decision) == ["kem-034", "kem-041"]


# region code


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
    made = complaint("Jalan rusak", place=Place(region_code=code))

    assert_routed(decide(made), expected, Rule.REGION_CODE)


def test_region_code_comes_before_regions_in_the_text() -> None:
    made = complaint("Jalan ke Kota Bekasi rusak", place=Place(region_code="36.03"))

    decision = decide(made)

    assert_routed(decision, "kab-3603", Rule.REGION_CODE)
    assert decision.region == "36.03"


def test_unknown_region_code_goes_on_to_the_text() -> None:
    made = complaint("Jalan rusak di Kota Bekasi", place=Place(region_code="99.99"))

    assert_routed(decide(made), "kota-3275", Rule.REGION_TEXT)


# region in words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("jalan rusak di Kabupaten Tangerang", "kab-3603"),
        ("jalan rusak di kab. tangerang", "kab-3603"),
        ("jalan rusak di Kab.Tangerang", "kab-3603"),
        ("lapor walikota Tangerang", "kota-3671"),
        ("lapor wali kota Tangerang", "kota-3671"),
        ("warga tangsel di sini", "kota-3674"),
        ("sampah di Surabaya", "kota-3578"),
        ("sampah di Bandung Barat", "kab-3217"),
        ("sampah di Prov. Jawa Barat", "prov-32"),
        ("sampah di jabar", "prov-32"),
        ("sampah di DKI", "prov-31"),
        ("sampah di jkt", "prov-31"),
        ("sampah di Kota Administrasi Jakarta Selatan", "prov-31"),
        ("sampah antara Jakarta Barat dan Jakarta Pusat", "prov-31"),
        ("sampah di Kab. Bogor, Jawa Barat", "kab-3201"),
        ("Provinsi Gorontalo belum menjawab", "prov-75"),
        ("sampah di kota batu", "kota-3579"),
        ("sampah di palangka raya dan palangkaraya", "kota-6271"),
        ("sampah di kep. mentawai", "kab-1309"),
        ("sampah di Sleman dan kota Sleman", "kab-3404"),
        ("sampah di Bandung, ya, Kota Bandung", "kota-3273"),
    ],
)
def test_one_region_in_words_finds_its_government(text: str, expected: str) -> None:
    assert_routed(decide(complaint(text)), expected, Rule.REGION_TEXT)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sampah di Bandung", ["kab-3204", "kota-3273"]),
        ("sampah di kabupaten/kota Bekasi", ["kab-3216", "kota-3275"]),
        ("sampah di Bogor, Jawa Barat", ["kab-3201", "kota-3271"]),
        ("dari Surabaya ke Sleman", ["kota-3578", "kab-3404"]),
        ("sampah di Jambi", ["prov-15", "kota-1571"]),
    ],
)
def test_several_possible_regions_are_left_to_people(text: str, expected: list[str]) -> None:
    decision = decide(complaint(text))

    assert (decision.institution, decision.rule) == (None, Rule.AMBIGUOUS.value)
    assert candidates(decision) == expected
    assert decision.missing == ("region",)


def test_never_more_than_three_candidates() -> None:
    decision = decide(complaint("Surabaya, Sleman, Makassar, Manado, Denpasar"))

    assert len(decision.candidates) == 3


def test_place_and_title_come_before_the_text() -> None:
    made = complaint("Saya dari Surabaya", place=Place(text="Desa A, Kabupaten Sleman"))

    assert_routed(decide(made), "kab-3404", Rule.REGION_TEXT)


@pytest.mark.parametrize(
    "text",
    [
        "batu besar di jalan menuju puncak",
        "nasib malang, rumah kami diserang, malu pada tetangga",
        "NASIB MALANG",
        "macet di Jalan Surabaya dan Jl. Raya Sleman",
        "ATM Bank Jatim mati",
    ],
)
def test_everyday_word_or_street_names_no_region(text: str) -> None:
    decision = decide(complaint(text))

    assert (decision.institution, decision.rule) == (None, Rule.UNKNOWN.value)


# triage


def test_nothing_known_goes_to_triage() -> None:
    decision = decide(complaint("tolong dibantu"))

    assert (decision.institution, decision.rule) == (None, Rule.UNKNOWN.value)
    assert decision.confidence == 0.0
    assert decision.missing == ("region", "institution")


def test_institution_without_topic_goes_to_triage_as_candidate() -> None:
    made = complaint("PLN padam", place=Place(region_code="36.03"))

    decision = decide(made, EVERY - {"bumn-003"})

    assert (decision.institution, decision.rule) == (None, Rule.NOT_PROVISIONED.value)
    assert candidates(decision) == ["bumn-003"]


def test_decision_names_the_version_of_the_directory() -> None:
    assert decide(complaint("tolong dibantu")).version == DIRECTORY.version


def test_batch_keeps_its_order() -> None:
    made = [complaint(text) for text in ("PLN padam", "apa saja", "sampah di Surabaya")]

    found = [one.institution for one in BRAIN.decide(made, EVERY)]

    assert found == ["bumn-003", None, "kota-3578"]


# category


@pytest.mark.parametrize(
    ("text", "chosen", "expected"),
    [
        ("jalan berlubang", None, "infrastructure"),
        ("jalan berlubang", "health", "health"),
        ("jalan berlubang", "Kesehatan", "health"),
        ("jalan berlubang", "whatever", "infrastructure"),
        ("tolong dibantu", "whatever", None),
        ("dokter puskesmas tidak ada, jalan macet", None, "health"),
    ],
)
def test_reporters_category_wins_if_it_is_known(
    text: str, chosen: str | None, expected: str | None
) -> None:
    assert decide(complaint(text, category=chosen)).category == expected


def test_categories_are_few() -> None:
    assert len(CATEGORIES.slugs) <= 24


def test_empty_directory_and_no_categories_send_all_to_triage() -> None:
    brain = Brain(Directory("none", ()), Categories({}), {})

    [decision] = brain.decide([complaint("PLN di Surabaya")], frozenset())

    assert decision.institution is None


# properties

NAMES = sorted(
    {
        name
        for one in DIRECTORY.institutions.values()
        for name in (one.name, one.short, *one.aliases, one.name.removeprefix("Pemerintah "))
    }
)
pieces = st.one_of(
    st.sampled_from(NAMES),
    st.sampled_from(["Kab.", "kota", "prov", "jl", "raya", "di", "RAHASIA", "dinas", "klhk"]),
    st.text(max_size=12),
)
texts = st.one_of(st.text(max_size=80), st.lists(pieces, max_size=8).map(" ".join))
codes = st.one_of(st.none(), st.sampled_from(["36", "3603", "31.74", "9999", "11.01.01.2001"]))
complaints = st.builds(
    lambda text, title, where, code: complaint(
        text, title=title[:500], place=Place(text=where[:500], region_code=code)
    ),
    texts,
    texts,
    texts,
    codes,
)
some_codes = st.one_of(st.just(EVERY), st.just(frozenset[str]()), st.just(EVERY - {"bumn-003"}))
many = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@many
@given(complaints, some_codes)
def test_any_text_gets_a_decision_of_known_codes(
    made: Complaint, provisioned: frozenset[str]
) -> None:
    decision = decide(made, provisioned)

    assert decision.institution is None or decision.institution in provisioned
    assert set(candidates(decision)) <= EVERY
    assert len(set(candidates(decision))) == len(decision.candidates) <= 3
    assert decision.category is None or decision.category in CATEGORIES.slugs
    assert decision.rule in set(Rule)


@many
@given(complaints)
def test_reasons_hold_no_word_that_is_only_the_reporters(made: Complaint) -> None:
    decision = decide(made)

    reasons = (*decision.reasons, *(one.reason for one in decision.candidates))
    for word in tokens(" ".join(reasons)).lower:
        assert word in REASON_WORDS | DIRECTORY_WORDS


@many
@given(complaints, some_codes)
def test_same_input_gives_the_same_decision(made: Complaint, provisioned: frozenset[str]) -> None:
    assert ANOTHER.decide([made], provisioned) == BRAIN.decide([made], provisioned)


@many
@given(complaints)
def test_neighbours_in_a_batch_change_nothing(made: Complaint) -> None:
    other = complaint("PLN padam di Surabaya")

    assert BRAIN.decide([other, made, other], EVERY)[1] == decide(made)
