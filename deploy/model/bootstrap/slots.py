"""Fills the places in braces with what is invented: streets, sums, dates, schools, firms.

No number is long enough to be anybody's.
"""

import re
from random import Random

from deploy.model.bootstrap.places import Place

_SLOT = re.compile(r"\{(\w+)\}")
_STREETS = (
    "Melati", "Mawar", "Kenanga", "Anggrek", "Cempaka", "Flamboyan", "Kamboja", "Teratai",
    "Merpati", "Rajawali", "Garuda", "Cendrawasih", "Merdeka", "Pahlawan", "Pemuda", "Veteran",
    "Proklamasi", "Diponegoro", "Sudirman", "Kartini", "Gatot Subroto", "Ahmad Yani",
    "Imam Bonjol", "Hasanuddin", "Pattimura", "Gajah Mada", "Hayam Wuruk", "Raya Timur",
    "Lingkar Selatan", "Pasar Baru", "Stasiun Lama", "Kampung Tengah", "Mangga", "Rambutan",
    "Jambu", "Kelapa", "Cemara", "Beringin", "Jati", "Meranti",
)  # fmt: skip
_WAYS = ("Jl. {0}", "Jalan {0}", "Jln {0}", "jl {0}", "Gang {0}", "Gg. {0}", "Jl. Raya {0}")
_MONTHS = (
    "Januari", "Februari", "Maret", "April", "Mei", "Juni", "Juli", "Agustus", "September",
    "Oktober", "November", "Desember",
)  # fmt: skip
_UNITS = (("hari", 20), ("minggu", 8), ("bulan", 11), ("tahun", 9), ("jam", 12))
_SCHOOLS = {
    "education.high_school": ("SMAN {0} {1}", "SMA Negeri {0} {1}", "SMKN {0} {1}", "SMK {1}"),
    "religion.madrasah": ("MTsN {0} {1}", "MAN {1}", "MI {1}", "Pesantren Nurul {1}"),
    "education.university": ("Universitas {1}", "Politeknik {1}", "STIE {1}", "Sekolah Tinggi {1}"),
}
_ANY_SCHOOL = ("SDN {0} {1}", "SD Negeri {1}", "SMPN {0} {1}", "SMP {1}", "SD {0} {1}")
_HOSPITALS = ("RSUD {1}", "Puskesmas {0}", "RS {1}", "rumah sakit {1}", "Puskesmas {1}")
_COMPANIES = (
    "PT Maju Sentosa", "PT Karya Abadi", "CV Sinar Jaya", "PT Bumi Makmur", "PT Cahaya Timur",
    "CV Mitra Usaha", "PT Anugerah Lestari", "PT Samudra Raya", "UD Sumber Rejeki",
)  # fmt: skip
_BANKS = ("BRI", "BNI", "Mandiri", "BTN", "BCA", "BSI", "Bank Daerah", "bank BRI", "Bank Mandiri")
_OPERATORS = ("Telkomsel", "Indosat", "XL", "Tri", "Smartfren", "Axis", "By.U", "Indihome")
_STATIONS = ("Stasiun {0}", "stasiun {0}", "St. {0}")


def filled(text: str, category: str, place: Place, *, random: Random) -> str:
    """Return a phrase of a category with every place in braces filled in."""
    return _SLOT.sub(lambda found: _value(found[1], category, place, random=random), text)


def _value(slot: str, category: str, place: Place, *, random: Random) -> str:
    match slot:
        case "region" | "district" | "village":
            return str(getattr(place, slot))
        case "school":
            forms = _SCHOOLS.get(category, _ANY_SCHOOL)
            return random.choice(forms).format(random.randint(1, 12), place.district)
        case "hospital":
            return random.choice(_HOSPITALS).format(place.district, place.region.split(" ", 1)[-1])
        case "station":
            return random.choice(_STATIONS).format(place.district)
    return _invented(slot, random)


def _invented(slot: str, random: Random) -> str:
    match slot:
        case "street":
            return random.choice(_WAYS).format(random.choice(_STREETS))
        case "number":
            return str(random.randint(2, 40))
        case "duration":
            unit, most = random.choice(_UNITS)
            return f"{random.randint(2, most)} {unit}"
        case "date":
            return _date(random)
        case "money":
            return _money(random)
    return random.choice({"company": _COMPANIES, "bank": _BANKS, "operator": _OPERATORS}[slot])


def _date(random: Random) -> str:
    day, month = random.randint(1, 28), random.randint(1, 12)
    year = random.choice(("", "", f" {random.randint(2016, 2026)}"))
    return random.choice((f"{day} {_MONTHS[month - 1]}{year}", f"{day}/{month}", f"{day}-{month}"))


def _money(random: Random) -> str:
    thousands = random.choice((5, 10, 25, 50, 75, 100, 150, 200, 300, 500, 750, 900))
    millions = random.choice((1, 2, 3, 5, 7, 10, 15, 25))
    forms = (f"Rp {thousands}.000", f"Rp{thousands} ribu", f"{thousands} ribu", f"{millions} juta")
    return random.choice((*forms, f"Rp {millions} juta"))
