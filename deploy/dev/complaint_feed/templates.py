"""Sentences of the generated feed: invented complaints in Indonesian, by tier.

Places in braces are filled in: {region} a region's name, {place} a part of it, {street}, {number}
a small number, {phone} and {nik} invented numbers. Nobody's own words are in here.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Template:
    """One complaint in the making; `category` is what the reporter may tick."""

    category: str
    title: str
    text: str


def _all(*rows: tuple[str, str, str]) -> tuple[Template, ...]:
    return tuple(Template(*row) for row in rows)


LOCAL = _all(
    (
        "roads.damage",
        "Jalan berlubang di {street}",
        "Jalan di {street}, {place} berlubang sejak {number} bulan. Sudah ada warga yang jatuh.",
    ),
    (
        "roads.street_light",
        "Lampu penerangan jalan mati",
        "Lampu penerangan jalan di {street} mati sudah {number} minggu, malam hari gelap sekali.",
    ),
    (
        "roads.bridge",
        "Jembatan kayu lapuk",
        "Jembatan kayu menuju sekolah di {place} lapuk, papannya lepas {number} lembar.",
    ),
    (
        "roads.drainage",
        "Selokan tersumbat",
        "Drainase di depan gang {number} {place} tersumbat, setiap hujan air masuk ke rumah.",
    ),
    (
        "roads.damage",
        "jln rusak pak",
        "pak tlg jln di {place} rusak parah, udh {number} bln blm ada perbaikan. mksh",
    ),
    (
        "roads.damage",
        "Dalan bolong",
        "Nuwun sewu Pak, dalan ing {street} bolong kabeh, nyuwun tulung enggal didandani.",
    ),
    (
        "roads.damage",
        "Jalan butut pisan",
        "Punten Pak, jalan ka {place} butut pisan, tos {number} sasih teu acan dilereskeun.",
    ),
    (
        "environment.waste",
        "Sampah menumpuk",
        "Sampah di TPS {place} sudah {number} hari tidak diangkut, baunya sampai ke rumah.",
    ),
    (
        "environment.pollution",
        "Pembakaran sampah",
        "Setiap sore ada yang membakar sampah di lahan kosong dekat {street}, asapnya mengganggu.",
    ),
    (
        "environment.pollution",
        "Limbah cucian ke kali",
        "Usaha pencucian di {place} membuang limbah ke kali, airnya berbusa sejak {number} minggu.",
    ),
    (
        "environment.trees",
        "Pohon hampir tumbang",
        "Ada pohon besar miring di {street}. Mohon dipangkas sebelum menimpa kendaraan.",
    ),
    (
        "environment.waste",
        "sampah ga diangkut",
        "min, sampah {place} ga diangkut2 udah {number} hari, padahal iuran lancar terus",
    ),
    (
        "environment.waste",
        "Runtah numpuk",
        "Runtah di payuneun {place} numpuk, ambuna ka mana-mana. Hatur nuhun upami ditindak.",
    ),
    (
        "water",
        "Air PDAM tidak mengalir",
        "Air PDAM di {place} mati {number} hari, kami membeli air galon untuk mandi.",
    ),
    (
        "water",
        "Air ledeng keruh",
        "Air ledeng di {street} keruh kecokelatan dan berbau besi sejak {number} hari lalu.",
    ),
    (
        "water",
        "banyune mati",
        "Banyu PDAM ing {place} mati wis {number} dina, mbok ya ono kabar kapan urip maneh.",
    ),
    (
        "health.facility",
        "Antrean puskesmas",
        "Antrean di puskesmas {place} sampai {number} jam karena dokternya hanya seorang.",
    ),
    (
        "health.facility",
        "Obat kosong di puskesmas",
        "Obat darah tinggi kosong di puskesmas {place}, pasien lansia disuruh membeli sendiri.",
    ),
    (
        "health.disease",
        "Posyandu tidak jalan",
        "Posyandu di {place} tidak buka {number} bulan, balita belum ditimbang.",
    ),
    (
        "education.school",
        "Atap kelas bocor",
        "Atap {number} ruang kelas SD di {place} bocor, murid belajar di teras bila hujan.",
    ),
    (
        "education.fees",
        "Pungutan seragam sekolah",
        "Sekolah di {place} mewajibkan beli seragam dari koperasi, harganya dua kali harga pasar.",
    ),
    (
        "education.school",
        "guru jarang masuk",
        "tolong dicek, guru kelas {number} sd di {place} jarang masuk, anak2 cuma main",
    ),
    (
        "civil_registration.id_card",
        "KTP belum jadi",
        "KTP saya di Disdukcapil {region} sudah {number} bulan belum dicetak, alasannya blangko.",
    ),
    (
        "civil_registration.certificates",
        "Akta kelahiran salah ketik",
        "Nama anak di akta kelahiran salah huruf. Di loket {place} diminta datang {number} kali.",
    ),
    (
        "civil_registration.data",
        "Data KK ganda",
        "NIK saya {nik} tercatat di dua kartu keluarga, mohon Disdukcapil memperbaiki.",
    ),
    (
        "social_assistance.data",
        "Bansos salah sasaran",
        "Bansos di {place} diterima keluarga mampu, sedangkan {number} janda lansia tidak dapat.",
    ),
    (
        "social_assistance.national",
        "Sembako dipotong",
        "Pembagian sembako di kantor desa {place} dipotong {number} kilo tanpa penjelasan.",
    ),
    (
        "transport.parking",
        "Parkir liar",
        "Parkir liar di {street} memakan setengah badan jalan tiap sore, angkot tidak bisa lewat.",
    ),
    (
        "transport.traffic",
        "Lampu merah mati",
        "Lampu lalu lintas di simpang {street} mati {number} hari, hampir terjadi tabrakan.",
    ),
    (
        "order.nuisance",
        "Warung buka sampai subuh",
        "Ada warung dengan musik keras di {place}, sudah {number} malam warga tidak bisa tidur.",
    ),
    (
        "order.vendors",
        "PKL menutup trotoar",
        "PKL menutup trotoar {street}. Satpol PP datang sekali lalu mereka kembali lagi.",
    ),
    (
        "village.administration",
        "Kantor desa tutup",
        "Kantor desa di {place} tutup sebelum pukul {number}, surat pengantar tidak terlayani.",
    ),
    (
        "disaster.flood",
        "Banjir setiap hujan",
        "Banjir setinggi {number}0 cm di {place} setiap hujan deras. Nomor saya {phone}.",
    ),
)
PROVINCIAL = _all(
    (
        "roads.damage",
        "Jalan provinsi amblas",
        "Jalan provinsi ruas {place} amblas sepanjang {number} meter, truk harus bergantian.",
    ),
    (
        "education.admission",
        "Kursi SMA negeri kurang",
        "Kuota SMA negeri di {place} kurang, zonasi membuat anak kami harus sekolah {number} km.",
    ),
    (
        "transport.bus",
        "Bus antarkota jarang",
        "Bus antarkota milik provinsi di {place} hanya {number} kali sehari dan sering batal.",
    ),
    (
        "police.vehicle",
        "Pajak kendaraan online gagal",
        "Bayar pajak kendaraan lewat aplikasi Bapenda gagal terus, sudah {number} kali terpotong.",
    ),
    (
        "environment.mining",
        "Tambang galian liar",
        "Galian pasir di {place} berjalan malam hari tanpa papan izin, sudah {number} bulan.",
    ),
    (
        "health.facility",
        "RSUD provinsi penuh",
        "IGD rumah sakit provinsi di {place} penuh, pasien menunggu {number} jam di lorong.",
    ),
)
# Central ones name their institution, as people do; the key is its code.
CENTRAL: dict[str, tuple[Template, ...]] = {
    "kem-012": _all(
        (
            "religion.marriage",
            "Buku nikah belum terbit",
            "Buku nikah dari kantor Kementerian Agama belum terbit padahal menikah {number} bulan.",
        ),
    ),
    "kem-015": _all(
        (
            "immigration",
            "Antrean paspor selalu penuh",
            "Kuota antrean paspor di kantor imigrasi habis dalam {number} menit setiap Jumat.",
        ),
        (
            "immigration",
            "M-paspor error",
            "aplikasi m paspor error trs, udh byr tp jadwal imigrasi ga muncul. hp {phone}",
        ),
    ),
    "kem-017": _all(
        (
            "education.teacher",
            "Tunjangan guru terlambat",
            "Tunjangan guru dari Kemendikdasmen terlambat {number} bulan, data sudah valid.",
        ),
    ),
    "kem-020": _all(
        (
            "communication.apps",
            "SatuSehat tidak bisa masuk",
            "Akun SatuSehat saya terkunci, bantuan Kementerian Kesehatan tidak menjawab.",
        ),
    ),
    "kem-021": _all(
        (
            "social_assistance.national",
            "PKH berhenti",
            "PKH ibu saya berhenti sejak {number} bulan, di data Kemensos masih layak. NIK {nik}",
        ),
    ),
    "kem-022": _all(
        (
            "employment.wages",
            "Upah di bawah minimum",
            "Pabrik membayar di bawah upah minimum, laporan ke Kemnaker sudah {number} minggu.",
        ),
    ),
    "kem-026": _all(
        (
            "energy.lpg",
            "Elpiji langka",
            "Elpiji 3 kg langka {number} minggu, di semua pangkalan selalu kosong.",
        ),
    ),
    "kem-032": _all(
        (
            "communication.content",
            "Situs penipuan belum diblokir",
            "Situs penipuan sudah saya adukan ke Komdigi {number} kali tetapi masih bisa dibuka.",
        ),
    ),
    "kem-036": _all(
        (
            "land",
            "Sertifikat PTSL belum jadi",
            "Sertifikat tanah program PTSL belum diserahkan BPN, sudah {number} tahun menunggu.",
        ),
    ),
    "lem-001": _all(
        (
            "police.crime",
            "Laporan di polres mandek",
            "Laporan kehilangan motor di Polres tidak ada kabar {number} bulan.",
        ),
    ),
    "lem-004": _all(
        (
            "civil_service.recruitment",
            "Akun SSCASN terkunci",
            "Akun SSCASN terkunci, tiket bantuan BKN nomor {number} belum dibalas.",
        ),
    ),
    "lem-006": _all(
        (
            "health.medicine",
            "Kosmetik tanpa izin",
            "Kosmetik yang dijual bebas tidak ada nomor BPOM, pemakai mengalami iritasi.",
        ),
    ),
    "lem-038": _all(
        (
            "governance.corruption",
            "Dugaan gratifikasi",
            "Saya ingin melaporkan dugaan gratifikasi ke KPK, mohon identitas dirahasiakan.",
        ),
    ),
    "lem-051": _all(
        (
            "finance.online_loan",
            "Penagih kasar",
            "Penagih pinjaman daring menelepon {number} kali sehari. Mohon OJK menindak.",
        ),
    ),
    "bumn-001": _all(
        (
            "health.insurance",
            "Kartu BPJS Kesehatan nonaktif",
            "Kartu BPJS Kesehatan saya nonaktif padahal iuran lunas sampai bulan {number}.",
        ),
        (
            "health.insurance",
            "bpjs",
            "min bpjs kes sy knp ga aktif ya, padahal rutin byr. nik {nik}",
        ),
    ),
    "bumn-002": _all(
        (
            "employment.insurance",
            "Klaim JHT lama",
            "Klaim di BPJS Ketenagakerjaan sudah {number} minggu berstatus verifikasi.",
        ),
    ),
    "bumn-003": _all(
        (
            "energy.electricity",
            "Listrik padam berulang",
            "Listrik padam {number} kali seminggu, petugas PLN bilang tunggu jadwal.",
        ),
        (
            "energy.electricity",
            "lampu mati trs",
            "PLN tolong dong listrik mati trs tiap mgrb, usaha sy rugi. wa {phone}",
        ),
        (
            "energy.electricity",
            "Tiang miring",
            "Tiang listrik milik PLN miring {number} derajat setelah hujan, kabelnya rendah.",
        ),
    ),
    "bumn-004": _all(
        (
            "energy.fuel",
            "Takaran bensin kurang",
            "Takaran di SPBU Pertamina kurang, isi {number} liter ternyata tidak sampai penuh.",
        ),
    ),
    "bumn-005": _all(
        (
            "transport.rail",
            "KRL terlambat",
            "KRL pagi terlambat {number}0 menit tanpa pengumuman dari KAI.",
        ),
    ),
    "bumn-006": _all(
        (
            "communication.post",
            "Paket tertahan",
            "Paket saya tertahan {number} minggu di gudang Pos Indonesia, petugas saling lempar.",
        ),
    ),
    "bumn-007": _all(
        (
            "communication.provider",
            "IndiHome putus-putus",
            "IndiHome di rumah putus sejak {number} hari, teknisi tidak datang.",
        ),
    ),
    "bumn-016": _all(
        (
            "finance.banking",
            "Kartu tertelan mesin",
            "Kartu ATM BRI tertelan mesin, sudah {number} hari belum diganti.",
        ),
    ),
}
# Nobody can tell from these who must answer.
VAGUE = _all(
    ("other", "Mohon bantuan", "Mohon bantuannya, sudah {number} kali saya melapor tanpa hasil."),
    (
        "governance.service",
        "pelayanan",
        "pelayanannya lama bgt pak, disuruh bolak balik {number} kali",
    ),
    (
        "governance.service",
        "Petugas tidak ramah",
        "Petugas loket membentak orang tua saya. Nomor saya {phone}.",
    ),
    ("roads.damage", "Jalan rusak", "Jalan depan rumah saya rusak parah, tolong diperbaiki."),
    ("other", "Piye iki", "Wis ping {number} lapor nanging ora ana jawaban, piye iki Pak?"),
    ("other", "Kumaha ieu", "Tos {number} kali lapor teu aya waleran, kumaha ieu teh?"),
)

PLACES = (
    "Kampung Melati",
    "Dusun Mawar",
    "Perumahan Griya Cemara",
    "RT 04 RW 02",
    "Desa Sukamaju Contoh",
    "Kelurahan Contoh Asri",
    "Pasar Baru Contoh",
    "Blok C Perumahan Kenanga",
)
STREETS = (
    "Jl. Anggrek",
    "Jalan Kenari",
    "Jl. Cempaka Raya",
    "Gang Dahlia",
    "Jl. Merpati",
    "Jalan Teratai",
)
FIRST_NAMES = ("Contoh", "Umpama", "Misal", "Ibarat", "Andai", "Ibu Contoh", "Pak Umpama")
LAST_NAMES = ("Warga", "Pelapor", "Penduduk", "Rekaan", "Karangan", "Khayalan")
