"""Masks are no words: "[NIK]" stands where a number stood and says nothing of the matter."""

import re

from shared.masking import MASKS

# Whoever gives a number names it as well: "NIK/KTP 3603…" is no more about the civil registry
# than the mask. BPJS and banks stay, since they may be whom the report is about.
_NAME = (
    r"\b(?:no|nomor|nomer|nik|e-?ktp|ktp|kk|kartu keluarga|npwp|norek|rekening|rek"
    r"|telepon|telp|tlp|telpon|handphone|hp|wa|whatsapp|e-?mail)\b"
)
_BETWEEN = r"[\s.:/=()#-]{0,4}(?:(?:saya|anda|kami)\b[\s.:=]{0,3})?"
_MASK = "|".join(map(re.escape, MASKS))
_NUMBER = r"(?<!\d)\d{12,20}(?!\d)"
_ANNOUNCED = re.compile(
    rf"(?:(?:{_NAME}{_BETWEEN}){{1,4}}(?:{_MASK}|{_NUMBER})|{_MASK})", re.IGNORECASE
)
_MAY_HOLD = re.compile(r"\[|\d{12}")


def without_masks(text: str) -> str:
    """Return the text with a blank for each mask or long number and the words that announce it.

    A long number stays where nothing announces it.
    """
    return _ANNOUNCED.sub(" ", text) if _MAY_HOLD.search(text) else text
