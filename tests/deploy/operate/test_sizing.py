"""Sizes follow from the bench's figures by plain arithmetic, and grow with what is asked."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from deploy.cli.app import app
from deploy.operate.sizing.estimate import (
    DAY_SECONDS,
    MEASURED,
    VOLUMES,
    Assumptions,
    Measured,
    most_per_day,
    needs,
    read_measured,
)
from deploy.operate.sizing.tables import bench_table, rounded, size, sizing_text
from shared.contracts.topics import PARTITIONS, SERVICES
from shared.errors import Misconfigured

ASSUMED = Assumptions(peak=2.0, load=0.5, entries=2, asked=1, told=1)
A_SECOND = DAY_SECONDS // 2  # complaints a day that are one a second at that peak


def stage(cpu_us: float) -> dict[str, float]:
    return {"records": 100, "cpu_us": cpu_us, "per_second": 1_000.0, "ratio": 2.5}


def measured(cpu_us: float = 1_000.0, *, webhooks: int = 100) -> Measured:
    """Return a result in which every service costs the same, less by itself, and sizes are round.

    Of 100 complaints so many became webhooks.
    """
    shares = {f"{service}_cpu_us": cpu_us for service in SERVICES}
    return Measured.model_validate(
        {
            "baseline": stage(1.0),
            **dict.fromkeys(SERVICES, stage(cpu_us / 10)),
            "notifier": {**stage(cpu_us / 10), "records": webhooks},
            "whole": {**stage(4 * cpu_us), **shares},
            "sizes": {
                "records": {"complaint-input": 400, "complaint-event": 1_000, "agency": 500},
                "documents": {
                    "cases": 900, "facts": 100, "vault": 300, "receipts": 200, "deliveries": 600,
                },
            },
        }
    )  # fmt: skip


def test_cores_are_what_all_records_of_a_complaint_cost() -> None:
    found = needs(measured(), A_SECOND * 1_000, ASSUMED)

    assert found.per_second == pytest.approx(1_000)
    assert found.cores == pytest.approx({"intake": 2, "router": 2, "notifier": 1, "metrics": 2})
    assert found.instances == {"intake": 4, "router": 4, "notifier": 2, "metrics": 4}


def test_a_webhook_costs_what_the_notifier_used_by_those_that_were_sent() -> None:
    all_sent, half_sent = (needs(measured(webhooks=n), A_SECOND, ASSUMED) for n in (100, 50))

    assert half_sent.cores["notifier"] == pytest.approx(2 * all_sent.cores["notifier"])
    assert half_sent.cores["router"] == all_sent.cores["router"]


def test_no_service_is_sized_below_what_it_used_beside_the_others() -> None:
    found = read_measured(MEASURED)
    one = needs(found, DAY_SECONDS, Assumptions(peak=1.0, entries=1, asked=0, told=1))

    for service in SERVICES:
        assert one.cores[service] * 1e6 >= found.whole.share(service)


def test_it_says_how_much_dearer_the_small_batches_are() -> None:
    assert measured().times("router") == pytest.approx(10)
    assert measured(webhooks=50).times("notifier") == pytest.approx(20)
    assert "up to 10.0 times" in sizing_text(measured(), ASSUMED)


def test_the_least_is_two_of_each_and_three_brokers() -> None:
    found = needs(measured(), 10, ASSUMED)

    assert set(found.instances.values()) == {2}
    assert (found.brokers, found.partitions, found.shards) == (3, PARTITIONS, 1)


def test_kafka_keeps_inputs_thirty_days_and_the_rest_ninety() -> None:
    found = needs(measured(), 1_000, ASSUMED)

    # An entry is 600 bytes: inputs 400 + 600, events 1,000 + 1,600, one message of 500.
    each = 1_000 * 30 + 2_600 * 90 + 500 * 90
    assert found.kafka_gb == pytest.approx(1_000 * each * 3 / 1e9)
    assert found.kafka_gb_per_year == pytest.approx(365_000 * 1_600 * 3 / 1e9)


def test_the_database_keeps_all_but_deliveries() -> None:
    found = needs(measured(), 1_000, ASSUMED)

    assert found.documents_per_year == 365_000 * 5
    each = (900 + 600) + 100 + 300 + 2 * 200
    assert found.mongo_gb_per_year == pytest.approx(365_000 * each * 1.5 * 3 / 1e9)
    assert found.deliveries_gb == pytest.approx(1_000 * 600 * 90 * 1.5 * 3 / 1e9)


def test_more_routers_than_partitions_ask_for_more_partitions() -> None:
    most = most_per_day(measured(), PARTITIONS, ASSUMED)

    assert needs(measured(), most, ASSUMED).partitions == PARTITIONS
    assert needs(measured(), most * 2, ASSUMED).partitions == 2 * PARTITIONS


def test_what_costs_twice_needs_twice_the_cores() -> None:
    once, twice = (needs(measured(cpu), A_SECOND * 1_000, ASSUMED) for cpu in (500.0, 1_000.0))

    assert {name: 2 * used for name, used in once.cores.items()} == pytest.approx(twice.cores)


@pytest.mark.parametrize(
    ("number", "shown"),
    [(0, "0"), (0.0123, "0.013"), (0.5, "0.5"), (1.0, "1.0"), (12.01, "13"), (12_963, "13,000")],
)
def test_numbers_are_rounded_up_to_two_digits(number: float, shown: str) -> None:
    assert rounded(number) in {shown, f"{shown}0"}


def test_what_is_enough_is_rounded_down() -> None:
    assert rounded(19_999, up=False) == "19,000"


@pytest.mark.parametrize(
    ("gigabytes", "shown"), [(12, "12 GB"), (1_500, "1.5 TB"), (2.5e6, "2.5 PB")]
)
def test_sizes_have_the_unit_that_fits(gigabytes: float, shown: str) -> None:
    assert size(gigabytes) == shown


def test_the_table_ends_with_the_whole_nation() -> None:
    text = sizing_text(measured(), Assumptions())

    head = next(line for line in text.splitlines() if line.startswith("| complaints"))
    assert head.split(" | ")[-1] == "280,000,000 |"
    assert "12,963" not in text
    assert "13,000" in text  # 280 million a day and a peak of four


def test_the_bench_table_has_a_row_for_every_stage() -> None:
    lines = bench_table(measured()).splitlines()

    assert len(lines) == 2 + 6 + len(SERVICES)
    assert [line.split(" | ")[0] for line in lines[-4:]] == [f"| of it {name}" for name in SERVICES]


def test_the_figures_that_come_with_it_are_of_a_whole_bench() -> None:
    assert read_measured(MEASURED).intake.cpu_us > 0


def test_another_file_is_refused_and_named(tmp_path: Path) -> None:
    other = tmp_path / "other.json"
    other.write_text('{"brain": {}}\n')

    with pytest.raises(Misconfigured, match=r"other\.json is no result"):
        read_measured(other)
    with pytest.raises(Misconfigured, match="cannot read"):
        read_measured(tmp_path / "none.json")


def test_the_command_tells_what_is_asked_for(tmp_path: Path) -> None:
    bench = tmp_path / "bench.json"
    bench.write_text(f"progress\n{measured().model_dump_json()}\n")

    words = ["sizing", "--bench", str(bench), "--per-day", "5000", "--per-day", "6000"]
    answer = CliRunner().invoke(app, [*words, "--peak", "10"])

    result = json.loads(answer.stdout.splitlines()[-1])
    assert answer.exit_code == 0
    assert [one["per_day"] for one in result["needs"]] == [5_000, 6_000]
    assert result["assumed"]["peak"] == 10.0


def test_the_volumes_go_up_to_a_nation_once_a_day() -> None:
    assert VOLUMES[-1] == 280_000_000
