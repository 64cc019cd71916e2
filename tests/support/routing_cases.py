"""A brain over a small taxonomy and a small table of rules, independent of the shipped ones."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from services.router.domain.geography.place_names import PlaceNames
from services.router.domain.reference.directory import Directory, parse_directory
from services.router.domain.reference.taxonomy import Taxonomy, parse_needs, parse_taxonomy
from services.router.domain.routing.category_guesser import CategoryGuess, Guesser, NoGuesser
from services.router.domain.routing.engine import ReferenceData, RoutingEngine
from services.router.domain.routing.rules import COLUMNS, parse_rules
from services.router.reference.places_file import load_places
from shared.contracts.case import Complaint, Decision, Place
from shared.reference.shipped import TABLES

DIRECTORY = parse_directory((TABLES / "institutions.csv").read_text(encoding="utf-8"))
EVERY = frozenset(DIRECTORY.institutions)
PLACES = PlaceNames({"36.03.01": "Balaraja", "36.03.01.2001": "Tobat"})
NEEDS = parse_needs(
    "need,question,question_en,words\n"
    "region,Di mana?,Where?,\n"
    "institution,Instansi mana?,Which institution?,\n"
    "subject,Apa masalahnya?,What is it?,\n"
    "spot,Di jalan apa?,On which street?,gang;rt\n"
    "day,Kapan?,When?,senin;selasa\n"
)
TAXONOMY = parse_taxonomy(
    "category,name,name_en,needs,words\n"
    "roads,Jalan,Roads,,jalan\n"
    "roads.damage,Jalan rusak,Damaged road,,berlubang;aspal\n"
    "roads.light,Lampu,Street light,spot,penerangan;tiang\n"
    "roads.works,Perbaikan,Road works,spot;day,galian\n"
    "school,Sekolah,School,,kelas\n"
    "school.high,SMA,High school,,sma\n"
    "school.basic,SD,Basic school,,sd\n"
    "health,Kesehatan,Health,,dokter;puskesmas\n"
    "policy,Kebijakan,Policy,,usul\n"
    "water,Air,Water,,ledeng\n",
    NEEDS,
)
NAMED = "named,,,,,@named,,0.85,it is named"
PLACE = "place,,,,,@region,,0.6,only the place is known"
LINES = (
    "toll,,jalan tol;gerbang tol,mobil mogok,,bumn-008,,0.9,toll roads",
    NAMED,
    "high_school,school.high,,,,@province,Dinas Pendidikan,0.8,upper schools",
    "basic_school,school,,,,@regency,Dinas Pendidikan,0.8,lower schools",
    "road,roads,,,,@regency,Dinas Pekerjaan Umum,0.75,local roads",
    "policy,policy,,,,@triage,,0.5,anybody's",
    PLACE,
)
LIGHT = "penerangan mati di Kabupaten Tangerang"


class ToldGuesser:
    """Guesses the same for every text."""

    version = "told"

    def __init__(self, *guesses: tuple[str, float], is_sure: bool = False) -> None:
        self._says = tuple(
            CategoryGuess(category=category, probability=probability, is_sure=is_sure)
            for category, probability in guesses
        )

    def guess(self, texts: Sequence[str]) -> list[tuple[CategoryGuess, ...]]:
        return [self._says for _ in texts]


def knowing(
    *lines: str,
    guesser: Guesser | None = None,
    taxonomy: Taxonomy = TAXONOMY,
    directory: Directory = DIRECTORY,
) -> ReferenceData:
    table = "\n".join((",".join(COLUMNS), *(lines or LINES)))
    rules = parse_rules(table, directory, taxonomy)
    return ReferenceData(directory, taxonomy, rules, guesser or NoGuesser(), "version")


BRAIN = RoutingEngine(knowing(), load_places())
ANOTHER = RoutingEngine(knowing(), load_places())


def complaint(
    text: str,
    *,
    title: str = "Laporan",
    place: Place | None = None,
    institution: str | None = None,
    category: str | None = None,
    given: bool = False,
) -> Complaint:
    return Complaint(
        complaint_id=UUID(int=1),
        number="0000000000000000",
        title=title,
        text=text,
        place=place or Place(),
        institution=institution,
        category=category,
        given=given,
        received_at=datetime(2026, 1, 1, tzinfo=UTC),
    )


def decide(made: Complaint, provisioned: frozenset[str] = EVERY) -> Decision:
    [decision] = BRAIN.decide([made], provisioned)
    return decision


def decide_by(made: Complaint, *lines: str, guesser: Guesser | None = None) -> Decision:
    """Decide by a table of these lines alone."""
    [decision] = RoutingEngine(knowing(*lines, guesser=guesser), PLACES).decide([made], EVERY)
    return decision


def assert_routed(decision: Decision, institution: str, rule: str) -> None:
    assert (decision.institution, decision.rule) == (institution, rule)


def assert_left(decision: Decision, rule: str, *missing: str) -> None:
    assert (decision.institution, decision.unit, decision.rule) == (None, None, rule)
    assert decision.missing == missing


def candidates(decision: Decision) -> list[str]:
    return [one.institution for one in decision.candidates]
