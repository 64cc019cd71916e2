"""What is special about single words: everyday ones that misroute, and words that give a place.

These are facts of the language. Names of institutions belong in the directory, not here.
"""


def _each(text: str) -> frozenset[str]:
    return frozenset(word.strip() for word in text.split(";"))


# Everyday or shared abbreviations: they name an institution only in capitals ("BI", not "bi"),
# and only in a text that is not all in capitals.
WRITTEN_IN_CAPITALS = _each(
    "ahu; bi; brin; bsn; damri; djp; jht; kis; kkp; kpi; kpu; pip; rri; tni"
)
# Topics: they hint at an institution but do not name it. "Halal", "beras" and "tol" stand in
# complaints about anything; MA is also a school, KIP also a card, LAN also a cable, PMI also the
# Red Cross, BPK also a gentleman. They give the triage officer a candidate and decide nothing.
TOPICS = _each(
    "anri; bandara; bbm; beras; big; bin; bpk; bps; bsu; cpns; dana desa; ferry; gas bumi; halal; "
    "ikn; jalan nasional; judi online; kereta; kip; koperasi merah putih; ksp; kua; kur; ky; lan; "
    "listrik; lpse; lps; ma; madrasah; migas; mk; nib; nip; oss; pajak; pelabuhan; pengadilan; "
    "pensiun; penyeberangan; perumnas; pinjol; pmi; polisi; polsek; pppk; pupuk; samsat; sim; "
    "stasiun; tki; token; tol"
)
# Short for one of several: means what the directory says unless another one is named as well.
LOOSE_NAMES = frozenset(("bpjs",))
# A service of the region: beside one of these, a central institution is named in passing.
LOCAL_OFFICES = _each(
    "bappeda; bapenda; bpbd; bupati; camat; damkar; dinas; dinkes; dinsos; disdik; disdukcapil; "
    "dishub; diskominfo; disnaker; dlh; dpmptsp; dprd; dpu; dpupr; dukcapil; gubernur; kades; "
    "kantor camat; kantor desa; kantor kecamatan; kantor kelurahan; kepala desa; lampu jalan; "
    "lampu penerangan jalan; lurah; pbb; pdam; pemda; pemkab; pemkot; pemprov; pengairan; "
    "penerangan jalan; penerangan jalan umum; perangkat desa; perumda; pju; rsud; satpol pp; "
    "trans jakarta; transjakarta; wali kota; walikota"
)
# Regions whose name is an everyday word or another well-known place: only after "kab.", "kota" …
PLACES_AFTER_LEVEL = _each(
    "batang; batu; batu bara; batubara; buru; kuningan; malaka; manggarai; metro; puncak"
)
# Regions whose name is also a word: only with a capital, in a text that is not all in capitals.
PLACES_IN_CAPITALS = _each(
    "agam; alor; balangan; bali; bangli; banjar; barru; belu; bima; bone; bungo; buol; dairi; "
    "demak; diy; ende; karo; kaur; kendal; ketapang; kudus; landak; lebak; lingga; malang; medan; "
    "muna; oki; oku; padang; pali; palu; pati; poso; sambas; sampang; serang; siak; sigi; solo; "
    "solok; sorong; sula; tapin; tegal; toba; tual"
)
# The word before a region that tells its level.
LEVELS = {
    "bupati": "kab",
    "kab": "kab",
    "kabupaten": "kab",
    "pemkab": "kab",
    "kodya": "kota",
    "kota": "kota",
    "kotamadya": "kota",
    "pemkot": "kota",
    "walikota": "kota",
    "gubernur": "prov",
    "pemprov": "prov",
    "prov": "prov",
    "propinsi": "prov",
    "provinsi": "prov",
}
# Who is spoken to anywhere in the report: tells which of two regions of one name is meant.
OFFICIALS = {
    "bapak wali": "kota",
    "bpk wali": "kota",
    "bupati": "kab",
    "p wali": "kota",
    "pak wali": "kota",
    "pemkab": "kab",
    "pemkot": "kota",
    "wali kota": "kota",
    "walikota": "kota",
}
ADMINISTRATIVE = frozenset(("adm", "administrasi"))
# What follows one of these is the name of a street, a bank or a school, not a place.
NAMED_AFTER_PLACES = _each(
    "asinan; bank; batik; bika; dodol; gang; gg; gudeg; jalan; jl; jln; kerupuk; "
    "kopi; mie; nasi; pempek; persib; salak; sate; soto; trans; univ; universitas"
)
# The word before a district and before a village: without one a village's name counts for nothing.
DISTRICT_CUES = _each("distrik; kapanewon; kec; kecamatan; kemantren")
VILLAGE_CUES = _each("desa; ds; gampong; kalurahan; kel; kelurahan; nagari; pekon")
# Villages whose name says what a village is like.
EVERYDAY_VILLAGES = _each(
    "adat; baru; damai; indah; jaya; lama; maju; makmur; mandiri; mulia; sehat; sejahtera; "
    "sepakat; terpadu; tua; wisata"
)
# The word before a name that tells that it is a place's, where capitals do not.
PLACE_CUES = _each("daerah; di; kawasan; warga; wilayah")
# Short and loose spellings of a region that the directory does not list.
SHORT_FORMS = {
    "bdg": "bandung",
    "fakfak": "fak fak",
    "jogya": "yogyakarta",
    "kerawang": "karawang",
    "makasar": "makassar",
    "sby": "surabaya",
    "smg": "semarang",
    "yogya": "yogyakarta",
}
