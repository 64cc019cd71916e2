"""Invented events, each told by several people: what the links between reports are measured on.

Every street, village and sentence is made up. In braces: {spot} where it was. Two events of one
scenario in one region differ in their spot alone, which is the hard case on purpose.
"""

from dataclasses import dataclass

GREETINGS = (
    "Selamat pagi.",
    "Assalamualaikum pak.",
    "Yth. Bapak/Ibu di dinas terkait,",
    "Mohon izin melapor.",
    "Halo admin,",
    "Permisi pak mau lapor.",
    "Kepada pemerintah daerah,",
)
CLOSINGS = (
    "Terima kasih.",
    "Mohon segera ditindaklanjuti.",
    "Tolong diperhatikan pak, terima kasih sebelumnya.",
    "Semoga cepat ada perbaikan.",
    "Kami warga sangat berharap ada tanggapan.",
    "Sudah pernah lapor ke RT tapi tidak ada tindakan.",
    "Mohon bantuannya.",
)
TIMES = (
    "sudah {n} hari",
    "sejak {n} minggu lalu",
    "sudah {n} bulan",
    "dari kemarin",
    "sejak lebaran",
    "beberapa hari ini",
)
_STREETS = """
anggrek mawar melati kenanga cempaka dahlia flamboyan teratai bougenville kamboja seroja merpati
kenari cendrawasih rajawali kutilang garuda elang camar gelatik nuri jalak mangga rambutan durian
salak nangka jambu belimbing manggis sawo duku diponegoro sudirman kartini hasanudin pattimura
imambonjol gajahmada hayamwuruk pahlawan merdeka veteran pemuda proklamasi pancasila bhayangkara
semeru merapi bromo rinjani kerinci galunggung ciremai slamet lawu muria
"""
_STARTS = "suka karang cipta marga tanjung bumi mekar banjar wono sumber kali rawa"
_ENDS = "maju sari jaya rejo mulya asih harja wangi indah makmur luhur tani"
STREETS = tuple(
    name + end for name in _STREETS.split() for end in ("", "", " raya", " indah", " barat")
)
VILLAGES = tuple(start + end for start in _STARTS.split() for end in _ENDS.split())


@dataclass(frozen=True, slots=True)
class Scenario:
    """One kind of event: how people begin about it, and what they may add."""

    category: str
    titles: tuple[str, ...]
    tellings: tuple[str, ...]
    additions: tuple[str, ...]


SCENARIOS = (
    Scenario(
        "roads.damage",
        ("Jalan rusak", "Jalan berlubang di {spot}", "Perbaikan jalan", "Aspal hancur"),
        (
            "Jalan di {spot} rusak parah dan berlubang {time}.",
            "Kondisi aspal {spot} hancur, banyak lubang besar {time}.",
            "{spot} jalannya bolong-bolong {time}, bahaya buat motor.",
            "Mohon perbaikan jalan berlubang di {spot}.",
            "Sudah lama jalan {spot} tidak diaspal, lubangnya dalam.",
        ),
        (
            "Kemarin ada pengendara motor yang jatuh.",
            "Kalau hujan lubangnya tergenang dan tidak kelihatan.",
            "Anak sekolah lewat situ setiap hari.",
            "Truk pasir sering lewat sehingga makin hancur.",
        ),
    ),
    Scenario(
        "roads.street_light",
        ("Lampu jalan mati", "PJU padam", "Penerangan di {spot}", "Gelap sekali"),
        (
            "Lampu penerangan jalan di {spot} mati {time}.",
            "PJU {spot} padam {time}, malam gelap gulita.",
            "Penerangan jalan umum sekitar {spot} tidak menyala {time}.",
            "Tolong lampu jalan {spot} diganti, sudah mati semua.",
            "{spot} gelap karena lampunya putus {time}.",
        ),
        (
            "Warga takut begal kalau lewat malam.",
            "Tiangnya ada tetapi bohlamnya pecah.",
            "Dua malam lalu ada yang menabrak trotoar.",
            "Ibu-ibu pulang pengajian jadi khawatir.",
        ),
    ),
    Scenario(
        "environment.waste",
        ("Sampah menumpuk", "TPS penuh", "Sampah tidak diangkut di {spot}", "Bau sampah"),
        (
            "Sampah di {spot} menumpuk {time} belum diangkut.",
            "Tumpukan sampah {spot} baunya menyengat, {time} petugas tidak datang.",
            "Truk sampah tidak pernah lewat {spot} {time}.",
            "TPS {spot} sudah penuh sampai ke badan jalan.",
            "Kenapa sampah {spot} dibiarkan {time}, belatungnya keluar.",
        ),
        (
            "Padahal iuran kebersihan dibayar tiap bulan.",
            "Lalat masuk ke rumah dan warung makan.",
            "Anak-anak mulai batuk karena bau.",
            "Sebagian malah dibakar oleh warga.",
        ),
    ),
    Scenario(
        "water.supply",
        ("Air PDAM mati", "Air tidak mengalir", "Ledeng kering di {spot}", "PDAM"),
        (
            "Air PDAM di {spot} tidak mengalir {time}.",
            "{spot} airnya mati {time}, kami beli air galon.",
            "Aliran ledeng ke {spot} macet {time}, hanya menetes saat subuh.",
            "PDAM tolong, warga {spot} tidak kebagian air {time}.",
            "Air bersih {spot} berhenti total {time}.",
        ),
        (
            "Tagihan tetap datang penuh.",
            "Katanya ada pipa bocor tetapi tidak ada pengumuman.",
            "Untuk mandi saja harus ke sungai.",
            "Mobil tangki cuma datang sekali.",
        ),
    ),
    Scenario(
        "transport.parking",
        ("Parkir liar", "Juru parkir liar di {spot}", "Tarif parkir", "Macet karena parkir"),
        (
            "Parkir liar di {spot} memakan badan jalan {time}.",
            "Juru parkir {spot} minta uang tanpa karcis {time}.",
            "Mobil parkir sembarangan sepanjang {spot} sehingga macet.",
            "Tukang parkir tidak resmi menguasai {spot} {time}.",
            "Tolong tertibkan parkir {spot}, jalan jadi tinggal separuh.",
        ),
        (
            "Ambulans pernah tidak bisa masuk.",
            "Kalau ditegur malah marah-marah.",
            "Dishub hanya lewat tanpa menindak.",
            "Tarifnya sepuluh ribu sekali berhenti.",
        ),
    ),
    Scenario(
        "disaster.flood",
        ("Banjir", "Air masuk rumah", "Banjir di {spot}", "Genangan setelah hujan"),
        (
            "Banjir merendam {spot} {time} setinggi lutut.",
            "Setiap hujan {spot} pasti kebanjiran, air masuk rumah.",
            "Genangan di {spot} tidak surut {time}.",
            "Rumah warga {spot} terendam air {time}, perlu perahu.",
            "Air sungai meluap ke {spot}, banjir lagi {time}.",
        ),
        (
            "Perabot dan kasur rusak semua.",
            "Lansia dan balita sudah mengungsi ke musala.",
            "Selokannya penuh lumpur jadi tidak muat.",
            "Belum ada bantuan makanan sama sekali.",
        ),
    ),
    Scenario(
        "roads.bridge",
        ("Jembatan rusak", "Jembatan hampir putus", "Jembatan {spot}", "Papan jembatan lepas"),
        (
            "Jembatan di {spot} lapuk dan hampir ambruk {time}.",
            "Papan jembatan {spot} banyak yang lepas {time}.",
            "Pagar jembatan {spot} patah, rawan orang jatuh.",
            "Tiang penyangga jembatan {spot} retak {time}.",
            "Warga waswas lewat jembatan {spot} karena goyang.",
        ),
        (
            "Murid SD menyeberang lewat sana.",
            "Kendaraan roda empat sudah tidak berani.",
            "Arus di bawahnya deras kalau musim hujan.",
            "Ini satu-satunya akses ke kebun.",
        ),
    ),
    Scenario(
        "roads.drainage",
        ("Selokan mampet", "Drainase tersumbat", "Got meluap di {spot}", "Saluran air"),
        (
            "Selokan di {spot} tersumbat {time}, air meluap ke jalan.",
            "Got {spot} mampet penuh lumpur dan plastik {time}.",
            "Saluran air {spot} tidak lancar {time}, jadi sarang nyamuk.",
            "Drainase {spot} buntu, tolong dikeruk.",
            "Gorong-gorong {spot} ambrol sehingga air tidak jalan {time}.",
        ),
        (
            "Tetangga saya sudah kena demam berdarah.",
            "Air hitamnya masuk ke teras.",
            "Kerja bakti sudah, tapi butuh alat berat.",
            "Baunya tidak tertahankan waktu siang.",
        ),
    ),
    Scenario(
        "energy.outage",
        ("Listrik padam", "Mati lampu terus", "Pemadaman di {spot}", "PLN"),
        (
            "Listrik di {spot} padam {time} berulang-ulang.",
            "Mati lampu terus di {spot} {time}, usaha rugi.",
            "Tegangan listrik {spot} turun naik {time}, alat elektronik rusak.",
            "PLN tolong, {spot} pemadaman {time} tanpa pemberitahuan.",
            "Setrum {spot} hilang tiap magrib {time}.",
        ),
        (
            "Kulkas jualan es saya jebol.",
            "Trafonya berbunyi keras sebelum padam.",
            "Bayi tidak bisa tidur karena panas.",
            "Teknisi bilang tunggu jadwal.",
        ),
    ),
    Scenario(
        "public_order.noise",
        ("Karaoke berisik", "Suara musik keras", "Kebisingan di {spot}", "Warung remang"),
        (
            "Musik karaoke di {spot} keras sampai subuh {time}.",
            "Warung {spot} memutar dangdut semalaman {time}, tidak bisa tidur.",
            "Suara bising dari kafe {spot} mengganggu {time}.",
            "Tolong Satpol PP menertibkan karaoke {spot}.",
            "Orang mabuk ribut di {spot} {time}.",
        ),
        (
            "Ada yang berkelahi malam minggu.",
            "Anak saya sedang ujian sekolah.",
            "Pemiliknya mengaku punya izin.",
            "Pak RT tidak berani menegur.",
        ),
    ),
    Scenario(
        "education.building",
        ("Atap sekolah bocor", "Ruang kelas rusak", "Sekolah di {spot}", "Plafon runtuh"),
        (
            "Atap SD di {spot} bocor {time}, murid belajar di teras.",
            "Plafon kelas sekolah {spot} runtuh {time}.",
            "Gedung SD {spot} rusak, dindingnya retak {time}.",
            "Ruang kelas sekolah dasar {spot} tidak layak pakai.",
            "Genteng sekolah {spot} jatuh {time}, bahaya bagi siswa.",
        ),
        (
            "Buku perpustakaan basah semua.",
            "Kepala sekolah sudah mengajukan proposal.",
            "Orang tua patungan membeli terpal.",
            "Dua kelas terpaksa digabung.",
        ),
    ),
    Scenario(
        "social.assistance",
        ("Bansos salah sasaran", "Sembako dipotong", "Bantuan di {spot}", "PKH tidak merata"),
        (
            "Bansos di {spot} diterima orang mampu {time}.",
            "Sembako {spot} dipotong petugas {time} tanpa penjelasan.",
            "Warga miskin {spot} tidak dapat bantuan, yang kaya malah dapat.",
            "Pembagian beras {spot} kurang {n} kilo dari seharusnya.",
            "Data penerima bantuan {spot} tidak pernah diperbarui {time}.",
        ),
        (
            "Ada janda tua yang tidak pernah terdaftar.",
            "Ketua lingkungan mendahulukan keluarganya.",
            "Kami diminta tanda tangan kosong.",
            "Kualitas berasnya berkutu.",
        ),
    ),
)
