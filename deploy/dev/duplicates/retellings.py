"""Invented events, each told by several people: what the links between reports are measured on.

Every street, village and sentence is made up; what is said of each kind of event is in
`retellings.toml`.
"""

import tomllib
from pathlib import Path

from shared.contracts.value_objects import Frozen

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


class Scenario(Frozen):
    """One kind of event: how people begin about it, and what they may add."""

    category: str
    titles: tuple[str, ...]
    tellings: tuple[str, ...]
    additions: tuple[str, ...]


def _read() -> tuple[Scenario, ...]:
    text = Path(__file__).with_suffix(".toml").read_text(encoding="utf-8")
    return tuple(map(Scenario.model_validate, tomllib.loads(text)["scenarios"]))


SCENARIOS = _read()
