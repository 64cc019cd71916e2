"""The shipped data: every category is answered for, every rule can be reached, and what it says."""

import csv
from datetime import UTC, datetime
from itertools import combinations
from pathlib import Path
from uuid import UUID

import pytest

from services.router.domain.reference.taxonomy import covers
from services.router.domain.routing.engine import RoutingEngine
from services.router.domain.routing.rules import Anywhere, RoutingRule, RuleTarget
from services.router.reference.places_file import load_places
from services.router.reference.rulebook import RuleFiles, load_reference_data
from shared.contracts.case import Complaint, Decision, Place
from shared.reference.shipped import TABLES
from tests.support.tables import failing

KNOWLEDGE = load_reference_data(
    RuleFiles(
        directory=TABLES / "institutions.csv",
        taxonomy=TABLES / "taxonomy.csv",
        needs=TABLES / "needs.csv",
        rules=TABLES / "rules.csv",
    )
)
TAXONOMY, RULES = KNOWLEDGE.taxonomy, KNOWLEDGE.rules
EVERY = frozenset(KNOWLEDGE.directory.institutions)
BRAIN = RoutingEngine(KNOWLEDGE, load_places())


def decide(text: str, category: str | None = None, region: str | None = None) -> Decision:
    made = Complaint(
        complaint_id=UUID(int=1),
        number="0000000000000000",
        title="Laporan",
        text=text,
        category=category,
        place=Place(region_code=region),
        received_at=datetime(2026, 1, 1, tzinfo=UTC),
    )
    [decision] = BRAIN.decide([made], EVERY)
    return decision


def test_corruption_extortion_and_misconduct_need_an_investigation() -> None:
    assert TAXONOMY.investigated == {"governance.corruption", "order.levies", "police.conduct"}
    assert decide("Pejabat desa menerima suap.", category="governance.corruption").investigation
    assert decide("Jalan berlubang.", category="roads.damage").investigation is None


def is_always(rule: RoutingRule, category: str) -> bool:
    """Tell whether a rule takes every report of a category that speaks of nothing else."""
    return (
        rule.category is not None
        and covers(rule.category, category)
        and not (rule.words or rule.region)
    )


def shadows(earlier: RoutingRule, later: RoutingRule) -> bool:
    """Tell whether whatever the later rule takes is taken by the earlier one before."""
    if earlier.category is not None:
        if later.category is None or not covers(earlier.category, later.category):
            return False
    elif earlier.institution in (RuleTarget.NAMED, RuleTarget.REGION):
        return False  # these pass over a report that tells no name and no place
    is_wider = not earlier.words or (later.words and set(later.words) <= set(earlier.words))
    is_anywhere = not earlier.region or earlier.region == later.region
    return bool(is_wider) and is_anywhere and set(earlier.unless) <= set(later.unless)


def test_every_leaf_of_the_taxonomy_is_answered_for() -> None:
    answered = {one for one in TAXONOMY.leaves if any(is_always(rule, one) for rule in RULES)}

    assert TAXONOMY.leaves - answered == set()


def test_every_leaf_with_a_place_goes_to_somebody_or_to_people_on_purpose() -> None:
    place = "di dekat pasar Kabupaten Lebak"
    deliberate = {rule.name for rule in RULES if rule.institution == RuleTarget.TRIAGE}

    decisions = {category: decide(place, category, "36.02") for category in TAXONOMY.leaves}

    assert [
        f"{category}: {decision.rule}"
        for category, decision in decisions.items()
        if decision.institution is None and decision.rule not in deliberate
    ] == []


def test_no_rule_is_out_of_reach() -> None:
    hidden = [
        f"{later.name} behind {earlier.name}"
        for earlier, later in combinations(RULES, 2)
        if shadows(earlier, later)
    ]

    assert hidden == []


def test_every_category_has_a_word_but_the_one_for_all_others() -> None:
    assert [slug for slug, one in TAXONOMY.categories.items() if not one.words] == ["other"]


def test_every_word_of_the_taxonomy_means_one_category() -> None:
    words = [word for one in TAXONOMY.categories.values() for word in one.words]

    assert sorted(words) == sorted(set(words))


def test_everything_that_triage_can_miss_has_its_question() -> None:
    assert {"region", "institution", "subject", "spot"} <= set(TAXONOMY.needs)
    assert all(need.question.endswith(("?", ".")) for need in TAXONOMY.needs.values())


def test_the_last_line_is_for_every_report_with_a_place() -> None:
    last = RULES[-1]

    assert last.institution == RuleTarget.REGION
    assert (last.category, last.words, last.unless, last.region) == (None, (), (), ())


def test_no_line_is_for_one_region_alone() -> None:
    assert {code for rule in RULES for code in rule.region} <= set(Anywhere)


def test_a_report_reaches_its_institution() -> None:
    with (Path(__file__).parent / "data" / "reports.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))

    assert rows
    assert failing(rows, reaches_its_institution) == {}


def reaches_its_institution(row: dict[str, str]) -> None:
    decision = decide(row["text"], row["category"] or None)

    assert decision.institution == row["institution"], decision.reasons


@pytest.mark.parametrize(
    ("text", "category", "rule"),
    [
        ("Jalan rusak parah tolong diperbaiki, dekat sekolah", None, "region_missing"),
        ("Sampah menumpuk di depan pasar, Tangerang", None, "ambiguous"),
        ("Lampu PJU gelap di Kabupaten Lebak", None, "incomplete"),
        ("Jalan rusak di dekat pasar, Provinsi Banten", "roads.damage", "region_missing"),
        ("Usul agar cuti bersama ditambah", "governance.policy", "policy"),
        ("Aplikasi tidak bisa dibuka", "communication.apps", "government_app"),
        ("Tolong dibantu pak", None, "unknown"),
    ],
)
def test_a_report_that_nobody_can_place_is_left_to_people(
    text: str, category: str | None, rule: str
) -> None:
    decision = decide(text, category)

    assert (decision.institution, decision.rule) == (None, rule), decision.reasons


@pytest.mark.parametrize(
    ("region", "text", "institution"),
    [
        ("36.02", "Jalan berlubang di depan pasar", "kab-3602"),
        ("36.02.01", "Jalan berlubang", "kab-3602"),
        ("31.74", "Jalan berlubang di depan pasar", "prov-31"),
        ("31", "Jalan berlubang di depan pasar", "prov-31"),
        ("36", "Jalan berlubang di depan pasar, Kab. Lebak", "kab-3602"),
        ("36", "SMA kami kekurangan kelas", "prov-36"),
        ("36", "Tolong dibantu", "prov-36"),
    ],
)
def test_the_place_in_the_form_tells_whose_it_is(region: str, text: str, institution: str) -> None:
    assert decide(text, region=region).institution == institution
