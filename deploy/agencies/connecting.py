"""The way to a cluster for those who may be installed without the library that provisions it."""

from collections.abc import Iterator
from contextlib import contextmanager

from deploy.agencies.applying import Target
from deploy.local.process import PartFailed
from shared.settings import KafkaSettings

MISSING = "kafka-python is not installed; add the extra: pip install 'salur[admin]'"


@contextmanager
def connected(settings: KafkaSettings) -> Iterator[Target]:
    """Connect to a cluster as one of its super users; not from within an event loop.

    Raises:
        PartFailed: `kafka-python` is not installed.
        BrokerAway: Kafka does not answer, or does not let this user in.
        Misconfigured: the user may not provision, or the cluster has no access control.
    """
    try:
        from deploy.agencies import cluster  # noqa: PLC0415 - what it imports is an extra
    except ImportError as error:
        raise PartFailed("kafka", MISSING) from error
    with cluster.connected(settings) as found:
        yield found
