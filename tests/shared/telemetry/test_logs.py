"""What a log line is: one JSON object that says where, and never what a citizen wrote."""

import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from shared.contracts.identifiers import complaint_number
from shared.telemetry.logs import NOISY, OURS, configure_logging, log_mistake, record_location
from shared.telemetry.tracing import TRACEPARENT, current
from tests.support.builders import FakeRecord, complaint_id

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
GIVEN = f"00-{TRACE}-00f067aa0ba902b7-01"
NUMBER = complaint_number(complaint_id("one"))
RECORD = FakeRecord(
    offset=7,
    key=str(complaint_id("one")).encode(),
    value=b'{"text": "Jalan rusak"}',
    headers=((TRACEPARENT, GIVEN.encode()),),
)
Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Iterator[Lines]:
    """Return what reads the lines written so far; the loggers are as before afterwards."""
    root = logging.getLogger()
    loggers = [root, *map(logging.getLogger, (*OURS, *NOISY))]
    levels, handlers = [one.level for one in loggers], list(root.handlers)
    yield lambda: [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    root.handlers[:] = handlers
    for one, level in zip(loggers, levels, strict=True):
        one.setLevel(level)


def test_a_line_is_an_object_with_service_and_instance(lines: Lines) -> None:
    configure_logging("router", "INFO", instance="router-1")

    logging.getLogger("services.router").info("rules %s in use", "v1")

    (line,) = lines()
    assert set(line) == {"time", "level", "logger", "message", "service", "instance"}
    assert (line["service"], line["instance"]) == ("router", "router-1")
    assert (line["level"], line["message"]) == ("INFO", "rules v1 in use")


def test_without_a_name_the_instance_is_the_host(lines: Lines) -> None:
    configure_logging("router", "INFO")

    logging.getLogger("services.router").info("started")

    assert lines()[0]["instance"]


def test_the_request_in_hand_gives_its_trace(lines: Lines) -> None:
    configure_logging("intake", "INFO")
    before = current.set(GIVEN)
    logging.getLogger("services.intake").warning("something is away")
    current.reset(before)
    logging.getLogger("services.intake").warning("something is away")

    assert [line.get("trace_id") for line in lines()] == [TRACE, None]


def test_a_line_about_a_record_says_where_it_lies_and_not_what_it_says(lines: Lines) -> None:
    configure_logging("router", "DEBUG")

    logging.getLogger("shared.stage.stage").debug("handled", extra=record_location(RECORD))

    (line,) = lines()
    assert (
        line.items()
        >= {
            "topic": "complaint-input",
            "partition": 0,
            "offset": 7,
            "complaint": NUMBER,
            "trace_id": TRACE,
        }.items()
    )
    assert "Jalan" not in json.dumps(line)


def test_a_key_that_is_no_complaints_id_is_not_quoted() -> None:
    told = record_location(FakeRecord(key=b"Budi, 0812-3456-7890, Tangerang 1234"))

    assert set(told) == {"topic", "partition", "offset"}


def test_a_mistake_is_told_by_type_and_place_and_not_by_its_words(lines: Lines) -> None:
    configure_logging("router", "INFO")
    words = "Budi menulis: jalan rusak"
    try:
        raise ValueError(words)
    except ValueError as error:
        log_mistake(logging.getLogger("shared.stage.stage"), "stage router", error, record=RECORD)

    (line,) = lines()
    assert line["message"].startswith("stage router failed with ValueError")
    assert "test_logs.py" in line["message"]
    assert "Budi" not in line["message"]
    assert line["complaint"] == NUMBER


def test_at_debug_only_our_own_modules_speak(lines: Lines) -> None:
    configure_logging("notifier", "DEBUG")

    logging.getLogger("aiohttp.client").debug("POST https://budi.example/hook")
    logging.getLogger("aiokafka").info("joined")
    logging.getLogger("services.notifier").debug("an attempt is delivered")

    assert [line["logger"] for line in lines()] == ["services.notifier"]
