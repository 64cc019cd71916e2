"""The directory of institutions: who can be sent a complaint, read from versioned data.

The whole file is refused when one line is wrong: a directory that is half right misroutes unseen.
"""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import Self

from services.router.domain.reference.directory_rules import COLUMNS, check_rows
from services.router.domain.reference.succession import SUCCESSOR, closing_date
from services.router.domain.reference.table import TableRow, read_rows, refuse
from shared.contracts.value_objects import Frozen

NAME = "institutions.csv"


class InstitutionType(StrEnum):
    """The tier an institution belongs to, in the words of the league table."""

    MINISTRY = "kementerian"
    AGENCY = "lembaga"
    STATE_ENTERPRISE = "bumn"
    PROVINCE = "provinsi"
    REGENCY = "kabupaten"
    CITY = "kota"

    @property
    def is_central(self) -> bool:
        """Tell whether it belongs to no region."""
        return self in (self.MINISTRY, self.AGENCY, self.STATE_ENTERPRISE)


class Institution(Frozen):
    """One line of the directory; `region_code` in the ministry's dotted form, such as 36.03.

    A closed one has the day since when it is, and its `successor` where there is one.
    """

    code: str
    type: InstitutionType
    name: str
    short: str
    aliases: tuple[str, ...] = ()
    region_code: str | None = None
    parent: str | None = None
    autonomous: bool = True
    source: str
    verified: bool
    closed: date | None = None
    successor: str | None = None

    @property
    def is_central(self) -> bool:
        """Tell whether it belongs to no region."""
        return self.type.is_central

    @classmethod
    def of(cls, row: TableRow) -> Self:
        """Return the institution of a checked row."""
        cells = row.cells
        return cls(
            code=cells["code"],
            type=InstitutionType(cells["type"]),
            name=cells["name"],
            short=cells["short"],
            aliases=tuple(part.strip() for part in cells["aliases"].split(";") if part.strip()),
            region_code=cells["region_code"] or None,
            parent=cells["parent"] or None,
            autonomous=cells["autonomous"] == "yes",
            source=cells["source"],
            verified=cells["verified"] == "yes",
            closed=closing_date(row),
            successor=cells.get(SUCCESSOR) or None,
        )


class Directory:
    """All institutions of one version of the file; never changes.

    `version` is the first 12 hexadecimal digits of the text's SHA-256.
    """

    def __init__(self, version: str, institutions: Iterable[Institution]) -> None:
        by_code = {one.code: one for one in institutions}
        self.version = version
        self.institutions: Mapping[str, Institution] = MappingProxyType(by_code)
        self._by_region = {
            one.region_code.replace(".", ""): one for one in by_code.values() if one.region_code
        }

    def by_region(self, code: str) -> Institution | None:
        """Return the regency's or city's government (the province's for two digits), or None.

        Takes a code of any level, dotted or not; districts and villages belong to their regency.
        """
        digits = code.replace(".", "")
        return self._by_region.get(digits[:4] if len(digits) >= 4 else digits)

    @property
    def succession(self) -> Mapping[str, str | None]:
        """Return for each closed institution the open one that took over; None without one."""
        ends = {code: self.current(code) for code, one in self.institutions.items() if one.closed}
        return {code: None if end.closed else end.code for code, end in ends.items()}

    def current(self, code: str) -> Institution:
        """Return who answers now for a code of this file: itself, or the last of its successors.

        That one may be closed as well: then nobody took its work over.
        """
        one = self.institutions[code]
        while one.closed and one.successor:
            one = self.institutions[one.successor]
        return one

    def responsible(self, one: Institution) -> Institution:
        """Return who answers for it: itself, or its parent where it is not autonomous."""
        if one.autonomous or one.parent is None:
            return one
        return self.institutions[one.parent]


def parse_directory(text: str) -> Directory:
    """Return the directory that a CSV text holds.

    Raises:
        Misconfigured: it breaks a rule. The message names line, column, value and what to write
            instead, for all wrong lines at once (20 at most).
    """
    rows = read_rows(NAME, text, COLUMNS)
    refuse(NAME, check_rows(rows))
    version = hashlib.sha256(text.encode()).hexdigest()[:12]
    return Directory(version, map(Institution.of, rows))
