"""What Prometheus reads: whole tables, replaced together, made in a thread of their own."""

import threading
from typing import ClassVar

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from shared.runtime.service import Service, create_http
from shared.telemetry.catalogue import CATALOGUE, LABELS, PROCESS
from shared.telemetry.registry import Telemetry

HOSTILE = 'Kab. "A" \\ B\nsalur_cases{agency="x",status="y"} 1'


def read(text: bytes, name: str) -> dict[tuple[str, ...], float]:
    """Return the samples of a metric as an independent parser reads them."""
    return {
        tuple(sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text.decode())
        for sample in family.samples
        if sample.name == name
    }


def test_a_table_is_read_as_it_was_shown() -> None:
    telemetry = Telemetry()
    rows = {("kab-3603", "kabupaten", HOSTILE): 1, ("prov-36", "provinsi", "Banten"): 2.5}

    telemetry.show({"salur_agency_info": rows})

    assert read(telemetry.text(), "salur_agency_info") == rows
    assert telemetry.shown("salur_agency_info") == rows


def test_a_table_takes_the_place_of_the_former_one() -> None:
    telemetry = Telemetry()
    telemetry.show({"salur_overdue_cases": {("kab-3603",): 3}})
    telemetry.text()

    telemetry.show({"salur_overdue_cases": {("prov-36",): 1}})

    assert read(telemetry.text(), "salur_overdue_cases") == {("prov-36",): 1}


def test_tables_and_counters_are_in_one_scrape() -> None:
    telemetry = Telemetry()
    telemetry.counter("salur_stage_records_total").labels("router").inc(7)
    telemetry.show({"salur_overdue_cases": {("kab-3603",): 3}})

    text = telemetry.text()

    assert read(text, "salur_stage_records_total") == {("router",): 7}
    assert read(text, "salur_overdue_cases") == {("kab-3603",): 3}


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("salur_unknown", KeyError),
        ("salur_decisions_total", TypeError),
        ("salur_clocks_due", TypeError),
    ],
)
def test_only_tables_of_the_catalogue_are_shown_as_tables(
    name: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        Telemetry().show({name: {}})


def test_a_table_is_no_gauge_to_be_set() -> None:
    with pytest.raises(TypeError, match="salur_cases is a table"):
        Telemetry().gauge("salur_cases")


def test_what_has_not_happened_yet_reads_zero() -> None:
    telemetry = Telemetry()
    create_http(Service("router", telemetry, ()))

    text = telemetry.text()

    assert read(text, "salur_possible_duplicates_total") == {(): 0}
    assert read(text, "salur_accepted_to_routed_seconds_count") == {(): 0}
    assert b"# TYPE salur_not_provisioned_total counter" in text
    assert b"salur_deliveries_total" not in text


def test_what_was_shown_before_the_service_is_made_stays() -> None:
    telemetry = Telemetry()
    telemetry.show({"salur_overdue_cases": {("kab-3603",): 3}})

    create_http(Service("metrics", telemetry, ()))

    assert read(telemetry.text(), "salur_overdue_cases") == {("kab-3603",): 3}
    assert telemetry.text().count(b"# TYPE salur_overdue_cases gauge") == 1


async def test_a_scrape_is_written_outside_the_thread_of_the_stages() -> None:
    class Watched(Telemetry):
        threads: ClassVar[list[int]] = []

        def text(self) -> bytes:
            self.threads.append(threading.get_ident())
            return super().text()

    telemetry = Watched()
    http = create_http(Service("router", telemetry, ()))

    transport = httpx.ASGITransport(app=http)
    async with httpx.AsyncClient(transport=transport, base_url="http://router") as client:
        answer = await client.get("/metrics")

    assert read(answer.content, "salur_service_info")
    assert telemetry.threads
    assert threading.get_ident() not in telemetry.threads


def test_every_process_says_which_service_it_is() -> None:
    telemetry = Telemetry()
    create_http(Service("router", telemetry, ()))

    ((labels, value),) = read(telemetry.text(), "salur_service_info").items()

    assert (labels[0], value) == ("router", 1)


def test_every_label_of_the_catalogue_says_what_bounds_it() -> None:
    used = {label for spec in CATALOGUE for label in spec.labels}

    assert used == set(LABELS)


def test_names_follow_the_rules_of_prometheus() -> None:
    names = [spec.name for spec in (*CATALOGUE, *PROCESS)]

    assert len(names) == len(set(names))
    assert all((spec.kind == "counter") == spec.name.endswith("_total") for spec in CATALOGUE)
    assert all(spec.meaning.endswith(".") for spec in CATALOGUE)
