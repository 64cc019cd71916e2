"""What one institution takes too much makes that one wait, and nobody else."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from kafka import KafkaProducer

from shared.kafka.clients import client_options
from shared.settings import KafkaSettings
from tests.access.conftest import Secured, outcome

pytestmark = [pytest.mark.apache, pytest.mark.timeout(400)]  # the broker takes its time
GREEDY, NEIGHBOUR = "kab-1103", "kab-1104"
RATE = 16_000  # bytes a second, over Kafka's window of ten seconds
MOST = 30


def throttled(settings: KafkaSettings, topic: str) -> float:
    """Send 20 kB a time until the broker says wait; return how long, in ms, 0 if it never does."""
    producer = KafkaProducer(**client_options(settings), acks="all", linger_ms=0)
    try:
        for _ in range(MOST):
            producer.send(topic, b"x" * 20_000).get(30)
            waits = float(producer.metrics()["producer-metrics"]["throttle-time-max"])
            if waits:
                return waits
        return 0.0
    finally:
        producer.close()


def test_a_client_above_its_byte_rate_waits_and_its_neighbour_does_not(
    secured: Secured,
) -> None:
    try:
        limited = secured.apply("--agency", GREEDY, "--limit", f"producer_bytes={RATE}")
        lines, _ = outcome(limited)
        assert lines == [f"~ quota agency-{GREEDY} producer_byte_rate={RATE}"]

        with ThreadPoolExecutor(2) as both:
            greedy, neighbour = both.map(
                lambda code: throttled(secured.user(f"agency-{code}"), f"agency-{code}-action"),
                (GREEDY, NEIGHBOUR),
            )
    finally:
        secured.apply("--agency", GREEDY)

    assert greedy > 0
    assert neighbour == 0
