"""Planted identities: strings that belong in the vault and nowhere else."""

from dataclasses import dataclass
from random import Random

NAME, EMAIL, PHONE, NIK = "Penanda", "penanda", "089977553", "9912345678"
# As they are planted, and as somebody may have rewritten them; each long enough not to come up
# by chance in a digest or a time.
MARKS = tuple(
    mark.encode() for mark in (f"{NAME} Sari", f"{EMAIL}.sari", PHONE, f"62{PHONE[1:]}", NIK)
)


@dataclass(frozen=True, slots=True)
class Identity:
    """An invented reporter."""

    name: str
    email: str
    phone: str
    nik: str


def planted(random: Random) -> Identity:
    """Return a new reporter; everything in it holds one of the marks."""
    number = random.randrange(10_000)
    return Identity(
        name=f"{NAME} Sari {number}",
        email=f"{EMAIL}.sari{number}@example.org",
        phone=f"{PHONE}{number:04d}",
        nik=f"{NIK}{random.randrange(10**6):06d}",
    )


def marks_in(*raw: bytes | None) -> list[str]:
    """Return the marks of planted identities that stand in any of these."""
    return [mark.decode() for mark in MARKS if any(mark in part for part in raw if part)]
