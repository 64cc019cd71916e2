"""What the doctor says of each thing that can be wrong, without any of the real parts."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, cast

import pytest
from pymongo import IndexModel
from pymongo.errors import OperationFailure, ServerSelectionTimeoutError, WriteConcernError
from typer.testing import CliRunner

from deploy.cli.app import app
from deploy.operate.doctor.clocks import ServiceFacts, judge_clock, judge_records, judge_service
from deploy.operate.doctor.database import DatabaseFacts, _answers, _majority, judge_database
from deploy.operate.doctor.findings import FindingState, fine, named
from deploy.operate.doctor.indexes import DECLARED, judge_indexes
from deploy.operate.doctor.waiting import judge_endpoints, judge_stops
from shared.errors import DatabaseAway, Misconfigured
from tests.support.doctor_findings import only

CODE = "kab-3603"
WELL = DatabaseFacts(
    version="8.0.4",
    replica_set="rs0",
    members=3,
    is_primary=True,
    majority=None,
    ahead=0.0,
)


# Database


def test_a_replica_set_whose_majority_confirms_is_fine() -> None:
    assert [one.state for one in judge_database(WELL)] == [FindingState.FINE]
    assert [one.state for one in judge_database(replace(WELL, members=1))] == [
        FindingState.NOTE,
        FindingState.FINE,
    ]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"version": "6.0.1"}, "too old"),
        ({"replica_set": None}, "replica set"),
        ({"is_primary": False}, "takes no writes"),
        ({"majority": "WriteConcernError, code 64"}, "does not confirm"),
    ],
)
def test_a_server_that_may_lose_what_it_confirmed_is_wrong(
    change: Mapping[str, Any], words: str
) -> None:
    assert words in only(list(judge_database(replace(WELL, **change)))).what


class Refusing:
    """A collection that a majority does not confirm."""

    def get_collection(self, *_: object, **__: object) -> "Refusing":
        return self

    def delete_one(self, _: object) -> None:
        raise WriteConcernError("waiting for replication timed out", 64)


def test_why_a_majority_does_not_confirm_is_told_by_type_and_code() -> None:
    assert _majority(cast("Any", Refusing()), 100) == "WriteConcernError, code 64"


@pytest.mark.parametrize(
    ("error", "typed"),
    [
        (OperationFailure("not authorized", 13), Misconfigured),
        (OperationFailure("authentication failed", 18), DatabaseAway),
        (ServerSelectionTimeoutError("no server"), DatabaseAway),
    ],
)
def test_a_database_that_does_not_tell_is_away_or_says_which_right_lacks(
    error: Exception, typed: type[Exception]
) -> None:
    with pytest.raises(typed), _answers():
        raise error


def present() -> dict[str, list[dict[str, Any]]]:
    """Return all declared indexes as a database lists them."""
    return {name: [dict(one.document) for one in some] for name, some in DECLARED.items()}


def test_indexes_as_declared_are_fine() -> None:
    assert [one.state for one in judge_indexes(present())] == [FindingState.FINE]


def test_an_index_that_is_missing_or_of_another_kind_is_named_with_its_writer() -> None:
    without = present()
    without["facts"] = [one for one in without["facts"] if one["name"] != "former_1_month_1"]
    found = only(list(judge_indexes(without)))
    assert found.what == "collection facts has no index former_1_month_1"
    assert "restart one metrics" in found.do

    loose = present()
    loose["receipts"][0] = dict(IndexModel("number").document)
    found = only(list(judge_indexes(loose)))
    assert found.what == "index number_1 of receipts is of another kind"
    assert found.value == "unique=False, sparse=False"


def test_a_stopped_stage_is_told_with_the_way_on() -> None:
    stop = {
        "_id": "complaint-input/3",
        "topic": "complaint-input",
        "partition": 3,
        "offset": 7,
        "failures": 100,
        "reason": "invalid_value",
        "at": datetime(2026, 3, 2, tzinfo=UTC),
    }

    found = only(list(judge_stops(replace(WELL, stops={"router": [stop], "intake": []}))))

    assert found.what == "router has stopped at complaint-input/3"
    assert "salur resume router" in found.do
    assert [one.state for one in judge_stops(WELL)] == [FindingState.FINE]


def test_endpoints_that_are_not_well_are_told_but_not_those_that_were_replaced() -> None:
    lanes: list[dict[str, Any]] = [
        {"_id": "a", "agency": CODE, "state": "failed", "failures": 9},
        {"_id": "b", "agency": CODE, "state": "disabled", "failures": 1},
        {"_id": "gone", "agency": CODE, "state": "failing"},
        {"_id": "reporter-sms", "agency": "", "state": "failing"},
    ]
    known = [
        {"_id": CODE, "endpoints": [{"endpoint_id": "a"}, {"endpoint_id": "b", "name": "unit"}]}
    ]

    found = list(judge_endpoints(replace(WELL, lanes=lanes, subscriptions=known)))

    assert [one.what for one in found] == [
        f"endpoint main of {CODE} is failed",
        f"endpoint unit of {CODE} is disabled",
        "the way reporter-sms is failing",
    ]
    assert "replay" in found[0].do
    assert "--renew" in found[1].do


# Clocks and services


def test_a_clock_that_is_off_is_told_with_its_sign() -> None:
    assert judge_clock("the database", 1.9, 2.0).state is FindingState.FINE
    assert judge_clock("the database", -2.1, 2.0).value == "-2.1 s"
    assert "behind" in judge_clock("the database", -2.1, 2.0).what


def test_records_of_a_time_to_come_tell_whose_clock_is_ahead() -> None:
    found = list(judge_records({"agency-kab-3603-action": 9.0, "complaint-event": 4.0}))

    assert ["a broker" in found[0].what, "a service" in found[1].what] == [True, True]
    assert [one.state for one in judge_records({})] == [FindingState.FINE]


@pytest.mark.parametrize(
    ("status", "state"),
    [
        (200, FindingState.FINE),
        (503, FindingState.WRONG),
        (404, FindingState.NOTE),
        (0, FindingState.AWAY),
    ],
)
def test_a_service_is_what_its_probe_says(status: int, state: FindingState) -> None:
    found = judge_service(ServiceFacts("http://intake", status, "the reason"))

    assert found.state is state
    assert status == 200 or found.do


# The command


def test_what_does_not_answer_ends_with_code_3_and_is_told_each(bare: pytest.MonkeyPatch) -> None:
    env = {
        "SALUR_KAFKA__BOOTSTRAP_SERVERS": "127.0.0.1:9",
        "SALUR_MONGO__URL": "mongodb://127.0.0.1:9",
        "SALUR_MONGO__TIMEOUT_MS": "200",
        "SALUR_INTAKE_URL": "http://127.0.0.1:9",
    }

    result = CliRunner().invoke(app, ["doctor", "--agencies", CODE], env=env)

    assert result.exit_code == 3
    told = json.loads(result.stdout.splitlines()[-1])
    gone = {one["check"] for one in told["findings"] if one["state"] == "away"}
    assert gone == {"broker", "database", "services"}
    assert told["away"] == 3
    assert all(one["do"] for one in told["findings"] if one["state"] == "away")


def test_the_table_for_people_puts_first_what_needs_them(bare: pytest.MonkeyPatch) -> None:
    env = {
        "SALUR_KAFKA__BOOTSTRAP_SERVERS": "127.0.0.1:9",
        "SALUR_MONGO__URL": "mongodb://127.0.0.1:9",
        "SALUR_MONGO__TIMEOUT_MS": "200",
    }

    told = CliRunner().invoke(app, ["doctor", "--agencies", CODE], env=env).stderr
    silent = CliRunner().invoke(app, ["doctor", "--agencies", CODE, "--json"], env=env)

    assert told.index("MongoDB does not answer") < told.index("intake")
    assert silent.stderr == ""
    assert len(silent.stdout.splitlines()) == 1


def test_many_things_are_named_in_part() -> None:
    assert named(range(7)) == "0, 1, 2, 3, 4 and 2 more"
    assert named(["one"]) == "one"


def test_fine_asks_for_nothing() -> None:
    assert fine("check", "all is well").do == ""
