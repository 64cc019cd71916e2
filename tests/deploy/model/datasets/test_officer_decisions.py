"""Officers' decisions as training rows: which cases give one, what is in it, what may read it."""

import asyncio
import csv
import json
import stat
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from pydantic import SecretStr
from typer.testing import CliRunner, Result

from deploy.cli.app import app
from deploy.dev.local.parts import Part
from deploy.model.datasets.csv_table import read_table
from deploy.model.datasets.officer_decisions import (
    PAGE,
    DecisionRow,
    SkipReason,
    decided_by_people,
    row_of,
)
from deploy.model.datasets.private_csv import private_csv
from services.router.domain.case.agencies import AgencyDirectoryView
from services.router.domain.case.batch_context import BatchContext
from services.router.domain.case.fold import Fold, fold
from services.router.domain.case.machine import undeliverable
from services.router.domain.classifier.tokenizer import words
from services.router.store import MongoCases
from shared.contracts.actions import AssignUnit, ReturnToReporter, Route, Transfer
from shared.contracts.case import Actor, ActorKind, Case, Decision
from shared.contracts.events import ActionRequested, Submitted
from shared.database.collections import CASES
from shared.database.mongo import Mongo
from shared.errors import Misconfigured
from shared.reference.csv_cells import escape_formula
from shared.settings import MongoSettings
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


@pytest.fixture
def settings(database: Part) -> MongoSettings:
    name = f"test_{uuid4().hex[:12]}"
    return MongoSettings(
        url=SecretStr(database.url), cases_database=name, private_database=f"{name}_private"
    )


def salur(settings: MongoSettings, *words: object) -> Result:
    env = {
        "SALUR_MONGO__URL": settings.url.get_secret_value(),
        "SALUR_MONGO__CASES_DATABASE": settings.cases_database,
        "SALUR_MONGO__PRIVATE_DATABASE": settings.private_database,
    }
    return CliRunner().invoke(app, [str(word) for word in words], env=env)


def last_line(result: Result) -> dict[str, object]:
    assert result.exit_code == 0, result.output
    found: dict[str, object] = json.loads(result.stdout.splitlines()[-1])
    return found


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


async def keep(settings: MongoSettings, rows: Sequence[tuple[str, str]]) -> None:
    """Write one case per row, routed by an officer; every tenth was transferred away since."""
    async with Mongo(settings) as mongo:
        store = MongoCases(mongo.cases(CASES))
        folds = []
        for number, (text, label) in enumerate(rows):
            name = str(number)
            actions = routed(number, text, label)
            if number % 10 == 0:
                away = Transfer(text="x")
                actions.append(
                    request(
                        away,
                        number + 10_000,
                        complaint_id=complaint_id(name),
                        actor=agency("prov-36"),
                    )
                )
            folds.append(folded(submitted(name, title=f"={label[:3]}", text=text), *actions))
        await store.save([*folds, folded(submitted("alone"))])


@pytest.mark.connected
def test_exported_decisions_can_be_trained_on(
    settings: MongoSettings, labelled: Callable[..., list[tuple[str, str]]], tmp_path: Path
) -> None:
    rows = labelled(2 * PAGE + 30, 4)
    asyncio.run(keep(settings, rows))
    out = tmp_path / "decisions.csv"

    told = last_line(salur(settings, "export-decisions", "--out", out))
    trained = salur(
        settings,
        *("train", "--input", out, "--text", "text", "--title", "title", "--label", "category"),
        *("--time", "decided_at", "--out", tmp_path / "a.model"),
    )

    assert (told["rows"], told["transferred_away"], told["empty"]) == (207, 23, 0)
    with out.open(encoding="utf-8", newline="") as file:
        written = list(csv.DictReader(file))
    assert {row["text"] for row in written} == {
        text for number, (text, _) in enumerate(rows) if number % 10
    }
    assert {row["title"] for row in written} == {"'=bid"}
    said = last_line(trained)
    assert (said["rows"], said["split"], said["duplicates"]) == (207, "newest", 0)


@pytest.mark.connected
def test_since_a_day_only_what_was_decided_from_then_on(
    settings: MongoSettings, tmp_path: Path
) -> None:
    asyncio.run(keep(settings, [("jalan", "bidang-01")] * 60))
    out = tmp_path / "decisions.csv"
    day = datetime(2026, 3, 4, tzinfo=UTC)  # begins at 17:00 UTC of the day before in WIB

    told = last_line(
        salur(settings, "export-decisions", "--out", out, "--since", f"{day:%Y-%m-%d}")
    )

    table = read_table(out)
    decided = [datetime.fromisoformat(cell) for cell in table.column("decided_at")]
    assert min(decided) == datetime(2026, 3, 3, 17, tzinfo=UTC)
    assert told["rows"] == len(decided) > 0


@pytest.mark.connected
def test_what_institutions_assign_themselves_is_not_read(settings: MongoSettings) -> None:
    actors = {"officer": OFFICER, "operator": OPERATOR, "institution": agency()}

    async def read() -> list[Case]:
        async with Mongo(settings) as mongo:
            store = MongoCases(mongo.cases(CASES))
            for name, actor in actors.items():
                assigned = assign(1, actor, name, category="roads.x")
                first = decision(category="water")
                await store.save([folded(submitted(name), assigned, first=first)])
            return [one async for one in decided_by_people(mongo.cases(CASES), None)]

    found = asyncio.run(read())

    numbers = {one.complaint.complaint_id for one in found}
    assert numbers == {complaint_id("officer"), complaint_id("operator")}
    assert all(isinstance(row_of(one), DecisionRow) for one in found)


def test_a_day_that_is_none_is_bad_usage(tmp_path: Path) -> None:
    words = ["export-decisions", "--out", str(tmp_path / "a.csv"), "--since", "kemarin"]

    assert CliRunner().invoke(app, words).exit_code == 2
