"""The shipped data: every category is answered for, every rule can be reached, and what it says."""

from datetime import UTC, datetime
from itertools import combinations
from uuid import UUID

import pytest

from services.router.domain.reference.taxonomy import covers
from services.router.domain.routing.engine import RoutingEngine
from services.router.domain.routing.rules import Anywhere, RoutingRule, RuleTarget
from services.router.reference.places_file import load_places
from services.router.reference.rulebook import RuleFiles, load_reference_data
from shared.contracts.case import Complaint, Decision, Place
from shared.reference.shipped import TABLES

KNOWLEDGE = load_reference_data(
    RuleFiles(
        directory=TABLES / "institutions.csv",
        taxonomy=TABLES / "taxonomy.csv",
        needs=TABLES / "needs.csv",
        rules=TABLES / "rules.csv",
    )
)
TAXONOMY, RULES = KNOWLEDGE.taxonomy, KNOWLEDGE.rules
EVERY = frozenset(KNOWLEDGE.directory.institutions)
BRAIN = RoutingEngine(KNOWLEDGE, load_places())


def decide(text: str, category: str | None = None, region: str | None = None) -> Decision:
    made = Complaint(
        complaint_id=UUID(int=1),
        number="0000000000000000",
        title="Laporan",
        text=text,
        category=category,
        place=Place(region_code=region),
        received_at=datetime(2026, 1, 1, tzinfo=UTC),
    )
    [decision] = BRAIN.decide([made], EVERY)
    return decision


def test_corruption_extortion_and_misconduct_need_an_investigation() -> None:
    assert TAXONOMY.investigated == {"governance.corruption", "order.levies", "police.conduct"}
    assert decide("Pejabat desa menerima suap.", category="governance.corruption").investigation
    assert decide("Jalan berlubang.", category="roads.damage").investigation is None


def is_always(rule: RoutingRule, category: str) -> bool:
    """Tell whether a rule takes every report of a category that speaks of nothing else."""
    return (
        rule.category is not None
        and covers(rule.category, category)
        and not (rule.words or rule.region)
    )


def shadows(earlier: RoutingRule, later: RoutingRule) -> bool:
    """Tell whether whatever the later rule takes is taken by the earlier one before."""
    if earlier.category is not None:
        if later.category is None or not covers(earlier.category, later.category):
            return False
    elif earlier.institution in (RuleTarget.NAMED, RuleTarget.REGION):
        return False  # these pass over a report that tells no name and no place
    is_wider = not earlier.words or (later.words and set(later.words) <= set(earlier.words))
    is_anywhere = not earlier.region or earlier.region == later.region
    return bool(is_wider) and is_anywhere and set(earlier.unless) <= set(later.unless)


@pytest.mark.parametrize("category", sorted(TAXONOMY.leaves))
def test_every_leaf_of_the_taxonomy_is_answered_for(category: str) -> None:
    assert any(is_always(rule, category) for rule in RULES)


@pytest.mark.parametrize("category", sorted(TAXONOMY.leaves))
def test_every_leaf_with_a_place_goes_to_somebody_or_to_people_on_purpose(category: str) -> None:
    place = "di dekat pasar Kabupaten Lebak"

    decision = decide(place, category, "36.02")

    deliberate = {rule.name for rule in RULES if rule.institution == RuleTarget.TRIAGE}
    assert decision.institution is not None or decision.rule in deliberate


def test_no_rule_is_out_of_reach() -> None:
    hidden = [
        f"{later.name} behind {earlier.name}"
        for earlier, later in combinations(RULES, 2)
        if shadows(earlier, later)
    ]

    assert hidden == []


def test_every_category_has_a_word_but_the_one_for_all_others() -> None:
    assert [slug for slug, one in TAXONOMY.categories.items() if not one.words] == ["other"]


def test_every_word_of_the_taxonomy_means_one_category() -> None:
    words = [word for one in TAXONOMY.categories.values() for word in one.words]

    assert sorted(words) == sorted(set(words))


def test_everything_that_triage_can_miss_has_its_question() -> None:
    assert {"region", "institution", "subject", "spot"} <= set(TAXONOMY.needs)
    assert all(need.question.endswith(("?", ".")) for need in TAXONOMY.needs.values())


def test_the_last_line_is_for_every_report_with_a_place() -> None:
    last = RULES[-1]

    assert last.institution == RuleTarget.REGION
    assert (last.category, last.words, last.unless, last.region) == (None, (), (), ())


def test_no_line_is_for_one_region_alone() -> None:
    assert {code for rule in RULES for code in rule.region} <= set(Anywhere)


@pytest.mark.parametrize(
    ("text", "category", "institution"),
    [
        ("Jalan berlubang di depan pasar, Kab. Lebak", "roads.damage", "kab-3602"),
        ("Jalan kabupaten di desa kami rusak, Kabupaten Sleman", None, "kab-3404"),
        ("Jembatan gantung di Kecamatan Cikotok, Kab. Lebak putus", "Jembatan", "kab-3602"),
        ("Lampu jalan mati di simpang empat Kota Bekasi", None, "kota-3275"),
        ("Selokan depan masjid mampet, Kota Semarang", "roads.drainage", "kota-3374"),
        ("Trotoar di Jalan Asia, Kota Bandung dipakai parkir", "roads.sidewalk", "kota-3273"),
        ("Jalan provinsi di Kabupaten Garut amblas di dekat jembatan", "roads.damage", "prov-32"),
        ("Jalan milik provinsi dekat terminal Kota Serang berlubang", "roads", "prov-36"),
        (
            "Jalan nasional di depan terminal Kabupaten Subang bergelombang",
            "roads.damage",
            "kem-027",
        ),
        ("Jalur pantura di Kab. Brebes penuh lubang", None, "kem-027"),
        ("Jalan lintas Sumatera di Kab. Muaro Jambi rusak berat", "roads.damage", "kem-027"),
        ("Gerbang tol macet, kartu tidak terbaca", None, "bumn-008"),
        ("Lubang di jalan tol arah Kota Cirebon", "roads.damage", "bumn-008"),
        ("Jalan rusak di depan sekolah, Jakarta Selatan", "roads.damage", "prov-31"),
        ("Sampah menumpuk dekat pasar di Jakarta Timur", None, "prov-31"),
        ("Banjir di kolong flyover Jakarta Utara", None, "prov-31"),
        ("Parkir liar depan stasiun Jakarta Pusat", None, "prov-31"),
        ("SMA negeri di Kota Tangerang menahan ijazah", "education.high_school", "prov-36"),
        ("SMK di Kab. Jember kekurangan guru", "education.high_school", "prov-35"),
        ("Guru SMA di Kota Medan jarang masuk", "education.teacher", "prov-12"),
        ("SD negeri di Kab. Jember atapnya bocor", None, "kab-3509"),
        ("SMP di Kota Malang memungut uang seragam", "education.school", "kota-3573"),
        ("Guru SD di Kab. Bantul sering tidak hadir", "education.teacher", "kab-3402"),
        ("PPDB zonasi SMP di Kota Depok tidak adil", "education.admission", "kota-3276"),
        ("PPDB SMA di Kota Depok kacau", "education.admission", "prov-32"),
        ("Uang komite SMK di Kab. Kudus memberatkan", "education.fees", "prov-33"),
        ("Uang komite SD di Kab. Kudus memberatkan", "education.fees", "kab-3319"),
        ("SMA negeri di Jakarta Barat meminta sumbangan", "education.fees", "prov-31"),
        ("Tunjangan sertifikasi guru belum cair", "education.teacher", "kem-017"),
        ("Dana PIP anak saya belum cair", "education.smart_card", "kem-017"),
        ("Dosen di kampus meminta uang", "education.university", "kem-018"),
        ("Kartu BPJS Kesehatan saya tidak aktif", None, "bumn-001"),
        ("Iuran BPJS naik terus", None, "bumn-001"),
        ("Klaim JHT di BPJS Ketenagakerjaan ditolak", None, "bumn-002"),
        ("Saldo jamsostek tidak bisa dicek", None, "bumn-002"),
        ("Kepesertaan jaminan saya nonaktif", "health.insurance", "bumn-001"),
        ("Listrik padam tiap malam di Kab. Lebak", None, "bumn-003"),
        ("Tiang listrik PLN miring", "energy.electricity", "bumn-003"),
        ("Subsidi listrik saya dicabut", None, "kem-026"),
        ("Air PDAM mati tiga hari di Kota Solo", None, "kota-3372"),
        ("Air ledeng keruh di Kabupaten Kudus", None, "kab-3319"),
        ("Antrean paspor penuh di kantor imigrasi", "immigration", "kem-015"),
        ("Lapas penuh sesak", "corrections", "kem-015"),
        ("Polisi meminta uang saat tilang", None, "lem-001"),
        ("SIM saya hilang, petugas satpas lambat", "police.license", "lem-001"),
        ("Pencurian motor marak, polsek diam", "police.crime", "lem-001"),
        ("Pajak kendaraan di samsat Kota Bogor dipersulit", "police.vehicle", "prov-32"),
        ("Nama saya tidak ada di DPT pemilu", "elections", "lem-043"),
        ("Caleg membagikan uang", "Pemilu", "lem-043"),
        ("Bandar narkoba berkeliaran", "drugs", "lem-007"),
        ("Solar langka di SPBU", "energy.fuel", "bumn-004"),
        ("Elpiji 3 kg langka di pangkalan", "energy.lpg", "kem-026"),
        ("Tabung gas bocor dari agen resmi", "energy.lpg", "kem-026"),
        ("KRL pagi terlambat", None, "bumn-005"),
        ("Bagasi rusak di bandara", "transport.air", "kem-031"),
        ("Tarif ojek online dipotong", "transport.online", "kem-031"),
        ("Paket hilang di kantor pos", "communication.post", "bumn-006"),
        ("Sinyal hilang di desa kami", "communication.network", "kem-032"),
        ("Situs judi online masih terbuka", None, "kem-032"),
        ("Penagih pinjol mengancam", "finance.online_loan", "lem-051"),
        ("Debt collector bank merampas motor", "finance.banking", "lem-051"),
        ("Akun SSCASN terkunci saat seleksi CPNS", "civil_service.recruitment", "lem-004"),
        ("Uang pensiun belum masuk", "civil_service.pension", "bumn-021"),
        ("Restitusi pajak lama", "tax.central", "kem-016"),
        ("Barang kiriman ditahan bea cukai", "tax.customs", "kem-016"),
        ("SPPT PBB salah nama di Kab. Klaten", "tax.local", "kab-3310"),
        ("Sertifikat tanah PTSL belum jadi", "land", "kem-036"),
        ("KTP belum dicetak di Kota Padang", "civil_registration.id_card", "kota-1371"),
        ("Akta kelahiran salah di Kab. Gowa", None, "kab-7306"),
        ("PKH ibu saya berhenti", "social_assistance.national", "kem-021"),
        ("PKH ibu saya berhenti di Kab. Gowa", "social_assistance.national", "kem-021"),
        ("Kosmetik tanpa izin edar", "health.medicine", "lem-006"),
        ("Puskesmas tutup di Kab. Lebak", None, "kab-3602"),
        ("Galian C liar di Kab. Lumajang dekat sungai", "environment.mining", "prov-35"),
        ("Pembalakan liar di hutan Kab. Berau", "environment.forest", "prov-64"),
        ("Limbah pabrik dibuang ke sungai di Kab. Karawang", None, "kab-3215"),
        ("Kepala desa tidak pernah di kantor, Kab. Bone", "village.administration", "kab-7308"),
        (
            "Pedagang kaki lima menutup trotoar di Kota Palu, depan pasar",
            "order.vendors",
            "kota-7271",
        ),
        ("Makan bergizi gratis basi", "free_meals", "lem-021"),
        ("Tentara memukul warga", "defence", "lem-002"),
        ("Pekerja migran di luar negeri tidak digaji", "employment.migrant", "kem-023"),
        ("Upah di bawah minimum", "employment.wages", "kem-022"),
        ("Dana haji belum kembali", "religion.hajj", "lem-022"),
        ("Buku nikah belum terbit", "religion.marriage", "kem-012"),
        ("Hakim meminta suap", "law.courts", "lem-047"),
        ("Jaksa memeras keluarga tersangka", "law.prosecution", "lem-003"),
        ("Pupuk subsidi langka", "agriculture.fertilizer", "kem-033"),
    ],
)
def test_a_report_reaches_its_institution(
    text: str, category: str | None, institution: str
) -> None:
    decision = decide(text, category)

    assert decision.institution == institution, decision.reasons


@pytest.mark.parametrize(
    ("text", "category", "rule"),
    [
        ("Jalan rusak parah tolong diperbaiki, dekat sekolah", None, "region_missing"),
        ("Sampah menumpuk di depan pasar, Tangerang", None, "ambiguous"),
        ("Lampu PJU gelap di Kabupaten Lebak", None, "incomplete"),
        ("Jalan rusak di dekat pasar, Provinsi Banten", "roads.damage", "region_missing"),
        ("Usul agar cuti bersama ditambah", "governance.policy", "policy"),
        ("Aplikasi tidak bisa dibuka", "communication.apps", "government_app"),
        ("Tolong dibantu pak", None, "unknown"),
    ],
)
def test_a_report_that_nobody_can_place_is_left_to_people(
    text: str, category: str | None, rule: str
) -> None:
    decision = decide(text, category)

    assert (decision.institution, decision.rule) == (None, rule), decision.reasons


@pytest.mark.parametrize(
    ("region", "text", "institution"),
    [
        ("36.02", "Jalan berlubang di depan pasar", "kab-3602"),
        ("36.02.01", "Jalan berlubang", "kab-3602"),
        ("31.74", "Jalan berlubang di depan pasar", "prov-31"),
        ("31", "Jalan berlubang di depan pasar", "prov-31"),
        ("36", "Jalan berlubang di depan pasar, Kab. Lebak", "kab-3602"),
        ("36", "SMA kami kekurangan kelas", "prov-36"),
        ("36", "Tolong dibantu", "prov-36"),
    ],
)
def test_the_place_in_the_form_tells_whose_it_is(region: str, text: str, institution: str) -> None:
    assert decide(text, region=region).institution == institution
