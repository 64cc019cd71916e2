"""What a report is about: given, chosen, learned, or said in words."""

import pytest

from services.router.domain.routing.findings import BuiltInRule
from shared.contracts.case import Place
from tests.support.routing_cases import (
    LINES,
    PLACE,
    ToldGuesser,
    assert_left,
    assert_routed,
    candidates,
    complaint,
    decide,
    decide_by,
)


@pytest.mark.parametrize(
    ("text", "chosen", "expected"),
    [
        ("berlubang", None, "roads.damage"),
        ("berlubang", "health", "health"),
        ("berlubang", " KESEHATAN ", "health"),
        ("berlubang", "high school", "school.high"),
        ("berlubang", "puskesmas", "health"),
        ("berlubang", "whatever", "roads.damage"),
        ("tolong dibantu", "whatever", None),
    ],
)
def test_reporters_category_wins_if_it_is_known(
    text: str, chosen: str | None, expected: str | None
) -> None:
    assert decide(complaint(text, category=chosen)).category == expected


def test_given_category_is_taken_as_it_is() -> None:
    made = complaint("berlubang di Kab. Tangerang", category="school", given=True)

    decision = decide_by(made, *LINES, guesser=ToldGuesser(("school.high", 0.9), is_sure=True))

    assert (decision.category, decision.institution) == ("school", "kab-3603")
    assert "category school: given, 1.00" in decision.reasons


def test_chosen_category_is_narrowed_to_the_best_guess_below_it() -> None:
    made = complaint("keluhan di Kab. Tangerang", category="Sekolah")
    guesser = ToldGuesser(("health", 0.5), ("school.high", 0.3), ("school.basic", 0.1))

    decision = decide_by(made, *LINES, guesser=guesser)

    assert (decision.category, decision.rule) == ("school.high", "high_school")
    assert "category school.high: chosen, 0.90" in decision.reasons


def test_chosen_category_stays_where_no_guess_lies_below_it() -> None:
    made = complaint("keluhan", category="school")

    assert decide_by(made, *LINES, guesser=ToldGuesser(("health", 0.5))).category == "school"


def test_a_sure_guess_decides_against_the_words() -> None:
    made = complaint("dokter di Kab. Tangerang")
    guesser = ToldGuesser(("roads.damage", 0.7), ("health", 0.2), is_sure=True)

    decision = decide_by(made, *LINES, guesser=guesser)

    assert_routed(decision, "kab-3603", "road")
    assert decision.category == "roads.damage"
    assert decision.confidence == 0.7
    assert "category roads.damage: model, 0.70" in decision.reasons


def test_confidence_is_that_of_the_weakest_part() -> None:
    made = complaint("keluhan di Kab. Tangerang")

    decision = decide_by(made, *LINES, guesser=ToldGuesser(("roads", 0.99), is_sure=True))

    assert decision.confidence == 0.75


def test_an_unsure_guess_goes_to_triage_with_the_three_best() -> None:
    made = complaint("tolong dibantu", place=Place(region_code="36.03"))
    guesser = ToldGuesser(("roads.damage", 0.4), ("school.high", 0.35), ("policy", 0.1))
    table = [line for line in LINES if line != PLACE]

    decision = decide_by(made, *table, guesser=guesser)

    assert_left(decision, BuiltInRule.UNSURE, "subject")
    assert decision.category is None
    assert decision.reasons == ("unsure: no rule decides", "category: none is sure enough")
    assert candidates(decision) == ["kab-3603", "prov-36"]
    assert [one.confidence for one in decision.candidates] == [0.4, 0.35]
    assert decision.candidates[1].reason == "high_school: if it is about school.high"


def test_three_guesses_give_three_candidates() -> None:
    lines = (
        "a,health,,,,kem-020,,0.9,x",
        "b,school,,,,kem-017,,0.9,x",
        "c,water,,,,lem-006,,0.2,x",
    )
    guesser = ToldGuesser(("health", 0.3), ("school.high", 0.31), ("water", 0.3))

    decision = decide_by(complaint("tolong"), *lines, guesser=guesser)

    assert [(one.institution, one.confidence) for one in decision.candidates] == [
        ("kem-017", 0.31),
        ("kem-020", 0.3),
        ("lem-006", 0.2),
    ]


def test_words_decide_only_where_there_is_no_model() -> None:
    unsure = ToldGuesser(("health", 0.3), ("water", 0.2))

    assert decide_by(complaint("dokter"), *LINES).category == "health"
    assert decide_by(complaint("dokter"), *LINES, guesser=unsure).category is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("berlubang, tidak ada dokter, kata dokter", "health"),
        ("berlubang dan penerangan", "roads"),
        ("berlubang dan dokter", None),
        ("jalan jalan jalan berlubang", "roads.damage"),
        ("ledeng ledeng berlubang", "water"),
        ("sma sma sd", "school.high"),
    ],
)
def test_what_most_words_say_counts_and_of_a_tie_what_they_share(
    text: str, expected: str | None
) -> None:
    assert decide(complaint(text)).category == expected


def test_a_word_in_the_title_counts_twice() -> None:
    assert decide(complaint("berlubang", title="Dokter")).category == "health"


def test_words_of_the_place_speak_for_no_category() -> None:
    assert decide(complaint("tolong", place=Place(text="depan Puskesmas"))).category is None


CARE = "care,health,,,,kem-020,,0.8,national health"


@pytest.mark.parametrize(
    ("probability", "institution"),
    [(0.6, None), (0.4, "kab-3603")],
)
def test_a_place_alone_decides_nothing_where_the_likely_categories_mean_somebody_else(
    probability: float, institution: str | None
) -> None:
    guesser = ToldGuesser(("health", probability), ("roads.damage", 0.1))

    decision = decide_by(complaint("Tolong, di Kabupaten Tangerang"), CARE, *LINES, guesser=guesser)

    assert decision.institution == institution
    assert decision.rule == ("place" if institution else "unsure")
