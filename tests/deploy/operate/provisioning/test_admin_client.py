"""The one private part of kafka-python that is used is as it was when it was read."""

import inspect
from importlib.metadata import version

from kafka.admin import KafkaAdminClient

CHECKED = "3.0"
LOOK = (
    "look in kafka/admin/client.py how it sends a request of its own, and whether it alters client "
    "quotas by itself by now; then change KafkaAdmin._send in "
    "deploy/operate/provisioning/admin_client.py and CHECKED in this test"
)


def test_the_release_is_one_that_was_read() -> None:
    found = version("kafka-python")

    assert found.startswith(f"{CHECKED}."), (
        f"kafka-python {found} is installed, and its private parts were read in {CHECKED}: {LOOK}"
    )


def test_the_client_sends_its_own_requests_by_its_manager() -> None:
    assert "self._manager.run(self._manager.send, request)" in inspect.getsource(
        KafkaAdminClient.create_acls
    ), f"KafkaAdminClient sends in another way by now: {LOOK}"
