"""The oracle on hand-made observations: it passes a whole run and catches each kind of fault."""

from dataclasses import replace

import pytest

from deploy.dev.chaos.oracle.facts import Saying, Stream
from deploy.dev.demo.observation import DeadLetterSeen, Observation
from deploy.dev.demo.oracle import DemoVerdict, judge

NUMBERS = ("A", "B", "C")
IN_TRIAGE = "D"


def said(stream: Stream, number: str, **changes: object) -> Saying:
    ident = f"{'case' if stream is Stream.EVENT else 'ce'}-{number}"
    made = Saying(stream, "kab-3603", number, 1, ident, f"{stream} of {number}", where="")
    return replace(made, **({"outcome": "routed"} | changes))  # type: ignore[arg-type]


def agency_record(number: str, **changes: object) -> Saying:
    return said(Stream.AGENCY, number, **changes)


def case_record(number: str, status: str = "routed", **changes: object) -> Saying:
    values = {"status": status, "digest": f"case of {number}, {status}"} | changes
    return said(Stream.EVENT, number, **values)


def call(number: str, **changes: object) -> Saying:
    return said(Stream.WEBHOOK, number, **changes)


def but(seen: Observation, stream: Stream, *sayings: Saying) -> Observation:
    """Return what was seen, with these sayings on one stream and no others."""
    others = [one for one in seen.sayings if one.stream is not stream]
    return replace(seen, sayings=[*others, *sayings])


def also(seen: Observation, *sayings: Saying) -> Observation:
    """Return what was seen, and these sayings after it."""
    return replace(seen, sayings=[*seen.sayings, *sayings])


@pytest.fixture
def whole() -> Observation:
    """Four complaints: three routed and told, one in triage, all counted."""
    return Observation(
        acknowledged={f"key-{n}": frozenset({n}) for n in (*NUMBERS, IN_TRIAGE)},
        refused=2,
        sayings=(
            *map(agency_record, NUMBERS),
            *map(case_record, NUMBERS),
            case_record(IN_TRIAGE, "unverified", rule="unknown"),
            *map(call, NUMBERS),
        ),
        letters=(DeadLetterSeen(("complaint-input", 3, 7), None, "invalid_value"),),
        counted=4,
    )


def found(verdict: DemoVerdict, words: str) -> bool:
    return any(words in finding for finding in verdict.findings)


def test_a_whole_run_passes_with_every_count(whole: Observation) -> None:
    verdict = judge(whole)

    assert verdict.passed
    assert verdict.findings == ()
    assert verdict.as_result(12.6) == {
        "accepted": 4,
        "refused": 2,
        "routed": 3,
        "triaged": 1,
        "delivered": 3,
        "counted": 4,
        "dead_lettered": 1,
        "redelivered": 0,
        "lost": 0,
        "duplicated": 0,
        "triage": {"unknown": 1},
        "seconds": 13,
    }
    assert verdict.by_agency == {"kab-3603": 3}


def test_those_in_triage_are_counted_by_their_newest_rule_most_first() -> None:
    rules = {"A": "unknown", "B": "incomplete", "C": "incomplete", "D": "ambiguous"}
    first = [case_record(n, "unverified", rule=rule) for n, rule in rules.items()]
    again = case_record("D", "unverified", rule="incomplete", seq=2, ident="case-D2")
    stranger = case_record("E", "unverified", rule="unknown")
    seen = Observation(
        acknowledged={f"key-{n}": frozenset({n}) for n in rules},
        sayings=(*first, again, stranger),
    )

    assert list(judge(seen).triage.items()) == [("incomplete", 3), ("unknown", 1)]


def test_an_accepted_complaint_that_is_nowhere_is_lost(whole: Observation) -> None:
    verdict = judge(but(whole, Stream.AGENCY, *map(agency_record, "AB")))

    assert verdict.counts.lost == 1
    assert found(verdict, "accepted but nowhere: 1 (C)")
    assert not verdict.passed


def test_a_case_without_its_record_in_triage_is_lost(whole: Observation) -> None:
    verdict = judge(but(whole, Stream.EVENT, *map(case_record, NUMBERS)))

    assert verdict.counts.lost == 1
    assert found(verdict, "accepted but nowhere: 1 (D)")


def test_a_routed_complaint_without_its_webhook_is_lost(whole: Observation) -> None:
    verdict = judge(but(whole, Stream.WEBHOOK, *map(call, "AC")))

    assert (verdict.counts.delivered, verdict.counts.lost) == (2, 1)
    assert found(verdict, "its webhook never came: 1 (B)")


@pytest.mark.parametrize(
    "changes",
    [{"outcome": "completed"}, {"place": "kota-3671"}],
    ids=["other event", "other institution"],
)
def test_only_the_routed_webhook_of_the_right_institution_counts(
    whole: Observation, changes: dict[str, str]
) -> None:
    verdict = judge(but(whole, Stream.WEBHOOK, call("A"), call("B"), call("C", **changes)))

    assert verdict.counts.lost == 1


def test_a_dead_lettered_complaint_is_not_lost_but_does_not_pass(whole: Observation) -> None:
    letter = DeadLetterSeen(("complaint-input", 3, 8), "C", "handler_failed")
    without = but(whole, Stream.AGENCY, *map(agency_record, "AB"))
    verdict = judge(replace(without, letters=(letter,)))

    assert verdict.counts.lost == 0
    assert not verdict.passed


def test_one_key_with_two_complaints_is_a_duplicate(whole: Observation) -> None:
    acknowledged = {**whole.acknowledged, "key-A": frozenset({"A", "B"})}
    verdict = judge(replace(whole, acknowledged=acknowledged))

    assert verdict.counts.duplicated == 1
    assert found(verdict, "two complaints: 1 (key-A)")
    assert not verdict.passed


def test_one_ce_id_with_two_contents_is_a_duplicate(whole: Observation) -> None:
    verdict = judge(also(whole, agency_record("A", digest="changed")))

    assert verdict.counts.duplicated == 1
    assert found(verdict, "two contents: 1 (ce-A)")


def test_a_case_event_with_two_contents_is_a_duplicate(whole: Observation) -> None:
    verdict = judge(also(whole, case_record("A", digest="changed")))

    assert verdict.counts.duplicated == 1


def test_a_webhook_id_with_two_contents_is_a_duplicate(whole: Observation) -> None:
    verdict = judge(also(whole, call("A", digest="changed")))

    assert verdict.counts.duplicated == 1


def test_an_event_under_two_webhook_ids_is_a_duplicate(whole: Observation) -> None:
    verdict = judge(also(whole, call("A", ident="another")))

    assert verdict.counts.duplicated == 1
    assert found(verdict, "two webhook-ids")


def test_one_decision_sent_to_two_institutions_is_a_duplicate(whole: Observation) -> None:
    twin = agency_record("A", place="kota-3671", ident="other", digest="other")
    verdict = judge(also(whole, twin))

    assert verdict.counts.duplicated == 1
    assert found(verdict, "two institutions")


def test_a_complaint_passed_on_to_another_institution_is_no_duplicate(whole: Observation) -> None:
    later = agency_record("A", place="kota-3671", seq=2, ident="other", digest="other")
    verdict = judge(also(whole, later))

    assert verdict.passed


def test_a_complaint_that_nobody_was_told_of_is_a_duplicate(whole: Observation) -> None:
    verdict = judge(replace(also(whole, agency_record("X")), counted=5))

    assert verdict.counts.duplicated == 1
    assert found(verdict, "nobody was told of: 1 (X)")


def test_a_complaint_counted_twice_is_a_duplicate(whole: Observation) -> None:
    verdict = judge(replace(whole, counted=6))

    assert verdict.counts.duplicated == 2
    assert not verdict.passed


def test_a_complaint_not_counted_does_not_pass(whole: Observation) -> None:
    verdict = judge(replace(whole, counted=3))

    assert (verdict.counts.lost, verdict.counts.duplicated) == (0, 0)
    assert not verdict.passed


def test_repeats_of_the_same_id_are_redelivered_only(whole: Observation) -> None:
    again = (agency_record("A"), case_record("A"), call("A"), call("A"))
    verdict = judge(also(whole, *again))

    assert verdict.counts.redelivered == 4
    assert verdict.passed


def test_the_newest_entry_decides_whether_a_case_is_in_triage(whole: Observation) -> None:
    routed_later = case_record(IN_TRIAGE, "routed", seq=2, ident="case-D-2")
    late_repeat = case_record(IN_TRIAGE, "unverified")

    assert judge(also(whole, routed_later, late_repeat)).counts.triaged == 0


def test_a_dead_letter_written_twice_counts_once(whole: Observation) -> None:
    verdict = judge(replace(whole, letters=(*whole.letters, *whole.letters)))

    assert verdict.counts.dead_lettered == 1


def test_one_effect_removed_and_another_doubled_are_both_caught(whole: Observation) -> None:
    records = (agency_record("A"), agency_record("B"), agency_record("B", digest="changed"))
    verdict = judge(but(whole, Stream.AGENCY, *records))

    assert (verdict.counts.lost, verdict.counts.duplicated) == (1, 1)
    assert not verdict.passed
