"""Officers' decisions as training rows: which cases give one, what is in it, what may read it."""

import stat
from datetime import timedelta
from pathlib import Path

import pytest

from deploy.model.datasets.csv_table import read_table
from deploy.model.datasets.officer_decisions import (
    DecisionRow,
    SkipReason,
    row_of,
)
from deploy.model.datasets.private_csv import private_csv
from services.router.domain.case.agencies import AgencyDirectoryView
from services.router.domain.case.batch_context import BatchContext
from services.router.domain.case.fold import Fold, fold
from services.router.domain.case.machine import undeliverable
from services.router.domain.classifier.tokenizer import words
from shared.contracts.actions import AssignUnit, ReturnToReporter, Route, Transfer
from shared.contracts.case import Actor, ActorKind, Case, Decision
from shared.contracts.events import ActionRequested, Submitted
from shared.errors import Misconfigured
from shared.reference.csv_cells import escape_formula
from tests.support.builders import (
    OFFICER,
    START,
    agency,
    complaint_id,
    decision,
    request,
    submitted,
    supplement,
)

CODES = frozenset({"kab-3603", "kota-3671", "prov-36"})
REACH = AgencyDirectoryView(known=CODES, provisioned=CODES)
OPERATOR = Actor(kind=ActorKind.OPERATOR, code="pusat")
UNSURE = decision(None, rule="unknown", category="roads", region="36.03")


def case(*actions: ActionRequested, first: Decision = UNSURE) -> Case:
    made = folded(submitted(), *actions, first=first)
    assert made.after is not None
    return made.after


def folded(opening: Submitted, *actions: ActionRequested, first: Decision = UNSURE) -> Fold:
    decisions = {opening.complaint_id: first}
    return fold(None, [opening, *actions], BatchContext(decisions, REACH, lambda _: UNSURE))


def route(number: int = 1, institution: str = "prov-36", **changes: str) -> ActionRequested:
    actor = OPERATOR if changes.pop("by", "") == "operator" else OFFICER
    return request(Route(institution=institution, **changes), number, actor=actor)


def test_a_row_tells_what_was_settled_and_what_the_router_had_made_of_it() -> None:
    made = row_of(case(supplement(1, text="Di sana."), route(2, category="roads.x", unit="PU")))

    assert made == DecisionRow(
        number=submitted().complaint.number,
        received_at="2026-03-02T08:00:00+00:00",
        decided_at="2026-03-02T10:00:00+00:00",
        title="Jalan rusak",
        text="Jalan di depan pasar berlubang sejak hujan kemarin.\n\nDi sana.",
        category="roads.x",
        institution="prov-36",
        unit="PU",
        region="36.03",
        was_rule="unknown",
        was_institution="",
        was_category="roads",
    )


@pytest.mark.parametrize("by", ["officer", "operator"])
def test_a_correction_of_what_the_router_had_routed_is_a_row(by: str) -> None:
    made = row_of(case(route(by=by), first=decision(category="water")))

    assert isinstance(made, DecisionRow)
    assert (made.institution, made.was_institution) == ("prov-36", "kab-3603")
    assert (made.category, made.was_category) == ("water", "water")


def test_the_last_word_of_several_counts() -> None:
    made = row_of(case(route(1), route(2, "kota-3671", category="water")))

    assert isinstance(made, DecisionRow)
    assert (made.institution, made.category) == ("kota-3671", "water")


def assign(
    number: int = 1, actor: Actor = OFFICER, name: str = "one", **changes: str
) -> ActionRequested:
    return request(AssignUnit(**changes), number, actor=actor, complaint_id=complaint_id(name))


@pytest.mark.parametrize("actor", [OFFICER, OPERATOR], ids=["officer", "operator"])
def test_a_corrected_category_is_a_row(actor: Actor) -> None:
    made = row_of(case(assign(actor=actor, category="roads.x"), first=decision(category="water")))

    assert isinstance(made, DecisionRow)
    assert (made.category, made.was_category) == ("roads.x", "water")
    assert (made.institution, made.was_institution) == ("kab-3603", "kab-3603")


def test_a_unit_alone_settles_nothing_but_takes_nothing_back() -> None:
    first = decision(category="water")

    assert row_of(case(assign(unit="PU", category="water"), first=first)) is SkipReason.UNIT_ONLY
    assert isinstance(row_of(case(route(), assign(2, unit="PU"), first=first)), DecisionRow)


def test_a_category_that_was_corrected_before_a_transfer_does_not_settle_what_came_after() -> None:
    away = request(Transfer(institution="kota-3671", text="x"), 2, actor=agency())
    moved = assign(1, category="roads.x"), away, assign(3, unit="PU")

    assert row_of(case(*moved, first=decision(category="water"))) is SkipReason.UNIT_ONLY


@pytest.mark.parametrize("target", [None, "kota-3671"])
def test_what_the_institution_gave_away_is_no_row(target: str | None) -> None:
    away = request(Transfer(institution=target, text="x"), 2, actor=agency("prov-36"))

    assert row_of(case(route(), away)) is SkipReason.TRANSFERRED
    assert isinstance(row_of(case(route(), away, route(3, "kab-3603"))), DecisionRow)


def test_a_refused_transfer_gives_nothing_away() -> None:
    refused = request(Transfer(text="x"), 2, actor=agency("kab-3603"))

    assert isinstance(row_of(case(route(), refused)), DecisionRow)


def test_a_topic_that_was_away_does_not_undo_what_was_settled() -> None:
    routed = case(route())
    gone = undeliverable(routed, "prov-36")
    assert gone is not None

    assert isinstance(row_of(routed.with_entry(gone)), DecisionRow)


def test_a_route_that_was_refused_is_no_row() -> None:
    assert row_of(case(route(institution="kem-777"))) is SkipReason.REFUSED


def test_an_erased_text_is_no_row() -> None:
    routed = case(route())
    erased = routed.model_copy(
        update={"complaint": routed.complaint.model_copy(update={"text": "", "title": ""})}
    )

    assert row_of(erased) is SkipReason.EMPTY


def test_what_was_added_later_had_not_been_read() -> None:
    asked = request(ReturnToReporter(text="x"), 2, actor=agency("prov-36"))
    completed = case(route(), asked, supplement(3, text="Kemudian."))
    made = row_of(completed)

    assert completed.last.text == "Kemudian."
    assert completed.last.refusal is None
    assert isinstance(made, DecisionRow)
    assert "Kemudian" not in made.text


def test_a_day_leaves_out_what_was_decided_before_it() -> None:
    routed = case(route())

    assert row_of(routed, START + timedelta(hours=2)) is SkipReason.EARLIER
    assert isinstance(row_of(routed, START + timedelta(hours=1)), DecisionRow)


DANGEROUS = ["=HYPERLINK(1)", "+62 jalan", "- jalan rusak", "@semua", " \t=1+1", "＝cmd"]


@pytest.mark.parametrize("text", DANGEROUS)
def test_a_formula_is_read_as_the_same_words(text: str) -> None:
    assert words(escape_formula(text)) == words(text)


def test_hostile_cells_come_back_in_their_own_columns(tmp_path: Path) -> None:
    rows = [["a,b;c\td", 'say "x"\r\n=1'], ["\r", "x\ry"]]
    with private_csv(tmp_path / "a.csv", ("one", "two")) as write:
        for row in rows:
            write(row)

    table = read_table(tmp_path / "a.csv")
    assert table.rows == tuple(tuple(cell.strip() for cell in row) for row in rows)
    assert stat.S_IMODE((tmp_path / "a.csv").stat().st_mode) == 0o600


def test_a_file_that_was_not_finished_leaves_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("old")

    with pytest.raises(ValueError, match="stop"), private_csv(path, ("one",)):
        raise ValueError("stop")

    assert [one.name for one in tmp_path.iterdir()] == ["a.csv"]
    assert path.read_text() == "old"


def test_a_file_that_cannot_be_written_is_named() -> None:
    with pytest.raises(Misconfigured, match=r"/proc/none/a\.csv"):
        private_csv(Path("/proc/none/a.csv"), ("one",)).__enter__()


def routed(number: int, text: str, label: str) -> list[ActionRequested]:
    category = f"roads.{label.replace('-', '_')}"
    return [
        request(
            Route(institution="prov-36", category=category),
            number,
            complaint_id=complaint_id(str(number)),
            actor=OFFICER,
        )
    ]
