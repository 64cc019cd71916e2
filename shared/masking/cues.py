"""What the words before a number say that it is."""

import re
from collections.abc import Sequence
from enum import StrEnum

MOST_BEFORE = 48  # characters before a number that are looked at


class Cue(StrEnum):
    """Whose number the text announces; OTHER is no person's: a price, a decree, a meter."""

    TELEPHONE = "telephone"
    MOBILE = "mobile"
    IDENTITY = "identity"
    TAX = "tax"
    HEALTH = "health"
    ACCOUNT = "account"
    DOCUMENT = "document"
    OTHER = "other"


PHONES = frozenset({Cue.TELEPHONE, Cue.MOBILE})
OTHERS = frozenset({Cue.DOCUMENT, Cue.OTHER})
_WORDS = {
    Cue.TELEPHONE: "call; cp; contact; contact person; hub; hubungi; kontak; phone; tel; telephone;"
    " telepon; telfon; telp; telpon; tilp; tlp; tlpn; tlpon",
    Cue.MOBILE: "handphone; hp; nohp; nope; no hp; ponsel; seluler; sms; wa; wasap; watsap;"
    " whats app; whatsap; whatsapp",
    Cue.IDENTITY: "ektp; identitas; kartu keluarga; kk; ktp; nik; nokk",
    Cue.TAX: "npwp",
    Cue.HEALTH: "bpjs; jkn; kis; kpj; no peserta; nomor peserta",
    Cue.ACCOUNT: "bca; bjb; bni; bri; bsi; btn; cimb; danamon; jago; kartu atm; kartu debit;"
    " kartu kredit; mandiri; norek; no rek; permata; rek; rekening; seabank; va; virtual account",
    Cue.DOCUMENT: "faktur; invoice; keputusan; perbup; perda; peraturan; perkara; permen; perpres;"
    " perwal; putusan; sk; surat; surat edaran; undang undang; uu",
    Cue.OTHER: "air; anggaran; antrean; antrian; ayat; biaya; blok; bujur; harga; idpel; idr; imei;"
    " jam; kavling; km; kode pos; kode rekening; koordinat; lintang; listrik; meter; meteran;"
    " nilai; order; pagu; pam; pasal; pdam; pelanggan; pesanan; pln; pukul; resi; rp; rt; rupiah;"
    " rw; saldo; sebesar; seharga; senilai; seri; tagihan; tahun; tanggal; tgl; tiket; token;"
    " total",
}
_CUE_OF = {word.strip(): cue for cue, words in _WORDS.items() for word in words.split(";")}
_FILLERS = frozenset(("adalah", "id", "kami", "ke", "no", "nomer", "nomor", "nya", "saya"))
_MOST_WORDS = 5  # "rekening BRI atas nama saya 1234567890"
_WORD = re.compile(r"[^\W\d_]+|[^\s:.,=#'/()\-]")


def cue_in(before: str) -> Cue | None:
    """Return what the end of a text announces, or None; a few words may follow the cue.

    What is no person's must stand right before: "air mati, 0215551234" is about no meter.
    """
    words = _WORD.findall(before[-MOST_BEFORE:].lower())
    between: list[str] = []
    for at in range(len(words) - 1, max(-1, len(words) - 1 - _MOST_WORDS), -1):
        if not words[at].isalpha():
            return None
        cue = _cue_at(words, at)
        if cue is not None:
            return None if cue is Cue.OTHER and not _FILLERS.issuperset(between) else cue
        between.append(words[at])
    return None


def _cue_at(words: Sequence[str], at: int) -> Cue | None:
    phrase = _CUE_OF.get(f"{words[at - 1]} {words[at]}") if at else None
    return phrase or _CUE_OF.get(words[at]) or _CUE_OF.get(words[at].removesuffix("nya"))
