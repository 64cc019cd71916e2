"""What holds for any text: known codes, no word of the reporter's own, the same answer again."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.router.domain.routing.findings import BuiltInRule
from services.router.domain.text.lexicon import tokens
from shared.contracts.case import Complaint, Place
from tests.support.routing_cases import (
    ANOTHER,
    BRAIN,
    DIRECTORY,
    EVERY,
    LINES,
    NEEDS,
    TAXONOMY,
    candidates,
    complaint,
    decide,
)

NAMES = sorted(
    {
        name
        for one in DIRECTORY.institutions.values()
        for name in (one.name, one.short, *one.aliases, one.name.removeprefix("Pemerintah "))
    }
)
SLUGS = sorted(TAXONOMY.categories)
WORDS = sorted(word for one in TAXONOMY.categories.values() for word in one.words)
RULES = {line.split(",")[0] for line in LINES}
# Every word that a reason may hold beside the directory's own.
REASON_WORDS = frozenset(
    tokens(
        "category given chosen words none is sure enough region code text topic no rule decides "
        "several institutions are named regions possible means has of if it about "
        f"{' '.join(BuiltInRule)} {' '.join(SLUGS)} {' '.join(NEEDS)} {' '.join(LINES)}"
    ).lower
)
DIRECTORY_WORDS = frozenset(
    word
    for one in DIRECTORY.institutions.values()
    for name in (one.name, one.short, *one.aliases, one.code, one.region_code or "")
    for word in tokens(name).lower
)
pieces = st.one_of(
    st.sampled_from(NAMES),
    st.sampled_from(WORDS),
    st.sampled_from(["Kab.", "kota", "prov", "jl", "raya", "di", "RAHASIA", "dinas", "klhk"]),
    st.text(max_size=12),
)
texts = st.one_of(st.text(max_size=80), st.lists(pieces, max_size=8).map(" ".join))
codes = st.one_of(st.none(), st.sampled_from(["36", "3603", "31.74", "9999", "11.01.01.2001"]))
complaints = st.builds(
    lambda text, title, where, code, category: complaint(
        text,
        title=title[:500],
        place=Place(text=where[:500] or None, region_code=code),
        category=category,
    ),
    texts,
    texts,
    texts,
    codes,
    st.one_of(st.none(), st.sampled_from(SLUGS), st.text(max_size=9)),
)
some_codes = st.one_of(st.just(EVERY), st.just(frozenset[str]()), st.just(EVERY - {"bumn-003"}))
many = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@many
@given(complaints, some_codes)
def test_any_text_gets_a_decision_of_known_codes(
    made: Complaint, provisioned: frozenset[str]
) -> None:
    decision = decide(made, provisioned)

    assert decision.institution is None or decision.institution in provisioned
    assert set(candidates(decision)) <= EVERY
    assert len(set(candidates(decision))) == len(decision.candidates) <= 3
    assert decision.category is None or decision.category in TAXONOMY.categories
    assert decision.rule in RULES | set(BuiltInRule)
    assert set(decision.missing) == {one.need for one in decision.questions}
    assert 0 <= decision.confidence <= 1


@many
@given(complaints)
def test_reasons_hold_no_word_that_is_only_the_reporters(made: Complaint) -> None:
    decision = decide(made)

    reasons = (*decision.reasons, *(one.reason for one in decision.candidates))
    for word in tokens(" ".join(reasons)).lower:
        assert word.isdigit() or word in REASON_WORDS | DIRECTORY_WORDS


@many
@given(complaints, some_codes)
def test_same_input_gives_the_same_decision(made: Complaint, provisioned: frozenset[str]) -> None:
    assert ANOTHER.decide([made], provisioned) == BRAIN.decide([made], provisioned)


@many
@given(complaints)
def test_neighbours_in_a_batch_change_nothing(made: Complaint) -> None:
    other = complaint("PLN padam di Surabaya")

    assert BRAIN.decide([other, made, other], EVERY)[1] == decide(made)
