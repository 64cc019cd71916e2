"""The way to a cluster for those who may be installed without the library that provisions it."""

from collections.abc import Iterator
from contextlib import contextmanager

from deploy.operate.provisioning.apply import ClusterAdmin
from deploy.processes import PartFailed
from shared.settings import KafkaSettings

MISSING = "kafka-python is not installed; add the extra: pip install 'salur[admin]'"


@contextmanager
def connected(settings: KafkaSettings) -> Iterator[ClusterAdmin]:
    """Connect to a cluster as one of its super users; not from within an event loop.

    Raises:
        PartFailed: `kafka-python` is not installed.
        BrokerAway: Kafka does not answer, or does not let this user in.
        Misconfigured: the user may not provision, or the cluster has no access control.
    """
    try:
        from deploy.operate.provisioning import admin_client  # noqa: PLC0415
    except ImportError as error:
        raise PartFailed("kafka", MISSING) from error
    with admin_client.connected(settings) as found:
        yield found
