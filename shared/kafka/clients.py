"""Kafka clients, made one way for every service.

Subscribing goes through FastStream, publishing through aiokafka's producer: FastStream's own
publish costs a fifth of the whole path and can hide a refused acknowledgement.
"""

import asyncio
import logging
from dataclasses import replace
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient
from faststream.kafka import KafkaBroker
from faststream.security import BaseSecurity, SASLPlaintext, SASLScram256, SASLScram512

from shared.errors import BrokerAway, BrokerUntrusted
from shared.kafka.abortable_producer import AbortableProducer
from shared.kafka.consumer.tolerant_consumer import TolerantConsumer
from shared.kafka.faststream_internals import consume_with
from shared.kafka.key_partitioner import KeyPartitioner
from shared.runtime.tls import WAY_OUT, own_authorities_context, untrusted_reason
from shared.settings import KafkaSettings

MAX_REQUEST_BYTES = 1_048_576
LOOK_SECONDS = 2.0  # at a certificate
_SASL = {
    "PLAIN": SASLPlaintext,
    "SCRAM-SHA-256": SASLScram256,
    "SCRAM-SHA-512": SASLScram512,
}


def client_options(settings: KafkaSettings) -> dict[str, Any]:
    """Return the connection arguments that every aiokafka client takes."""
    options: dict[str, Any] = {
        "bootstrap_servers": settings.bootstrap_servers,
        "security_protocol": settings.security_protocol,
        "metadata_max_age_ms": settings.metadata_max_age_ms,
        "request_timeout_ms": min(settings.request_timeout_ms, settings.publish_timeout_ms),
    }
    if settings.security_protocol.endswith("SSL"):
        options["ssl_context"] = own_authorities_context(settings.ca_file)
    if settings.username is not None:
        options["sasl_mechanism"] = settings.sasl_mechanism
        options["sasl_plain_username"] = settings.username
        options["sasl_plain_password"] = _password(settings)
    return options


def create_producer(settings: KafkaSettings) -> AbortableProducer:
    """Return a producer that counts a record as sent when all in-sync replicas have it."""
    return AbortableProducer(
        **client_options(settings),
        acks="all",
        enable_idempotence=settings.idempotence,
        partitioner=KeyPartitioner(),
        compression_type="lz4",
        linger_ms=2,
        max_batch_size=256 * 1024,
        max_request_size=MAX_REQUEST_BYTES,
    )


def create_admin(settings: KafkaSettings) -> AIOKafkaAdminClient:
    """Return an admin client; the caller starts and closes it."""
    return AIOKafkaAdminClient(**client_options(settings))


def create_broker(settings: KafkaSettings) -> KafkaBroker:
    """Return FastStream's broker, for consuming only."""
    return KafkaBroker(
        settings.bootstrap_servers.split(","),
        security=_security(settings),
        metadata_max_age_ms=settings.metadata_max_age_ms,
        request_timeout_ms=settings.request_timeout_ms,
        allow_auto_create_topics=False,
        consumer_only=True,
        apply_types=False,
        parser=tolerant_parser,
        graceful_timeout=30.0,
        logger=logging.getLogger("salur.faststream"),
        log_level=logging.DEBUG,
    )


async def connect(broker: KafkaBroker, settings: KafkaSettings, *, linger_ms: int = 0) -> None:
    """Connect FastStream's broker and have it consume with `TolerantConsumer`."""
    await broker.connect()
    consume_with(
        broker,
        TolerantConsumer,
        settle_timeout_ms=settings.settle_timeout_ms,
        linger_ms=linger_ms,
    )


async def tolerant_parser(raw: Any, parse: Any) -> Any:
    """Let FastStream's parser see nothing that it could stumble over.

    One null or non-UTF-8 header value would make it raise, and the whole batch would be skipped.
    The stage reads `raw_message`, so one record without headers is enough for the parser.
    """
    message = await parse((replace(raw[0], headers=()),))
    message.raw_message = raw
    return message


async def undecoded_body(message: Any) -> Any:
    """Hand a message on as it is: the stage decodes record by record, once."""
    return message


async def broker_away(settings: KafkaSettings, what: str, error: BaseException) -> BrokerAway:
    """Return what to raise where Kafka could not be reached.

    The library does not tell why it has no connection, so the brokers' certificates are looked at.
    """
    for address in settings.bootstrap_servers.split(","):
        if why := await _distrusted(settings, address):
            said = f"{what}: the certificate of {address} is not trusted ({why}); {WAY_OUT}"
            return BrokerUntrusted(said)
    return BrokerAway(f"{what}: {type(error).__name__}")


async def _distrusted(settings: KafkaSettings, address: str) -> str | None:
    if not settings.security_protocol.endswith("SSL"):
        return None
    host, _, port = address.strip().rpartition(":")
    try:
        async with asyncio.timeout(LOOK_SECONDS):
            context = own_authorities_context(settings.ca_file)
            _, writer = await asyncio.open_connection(host.strip("[]"), int(port), ssl=context)
    except (OSError, ValueError) as error:
        return untrusted_reason(error)
    writer.close()
    return None


def _password(settings: KafkaSettings) -> str:
    return settings.password.get_secret_value() if settings.password else ""


def _security(settings: KafkaSettings) -> BaseSecurity | None:
    if settings.security_protocol == "PLAINTEXT":
        return None
    context = (
        own_authorities_context(settings.ca_file)
        if settings.security_protocol.endswith("SSL")
        else None
    )
    if settings.username is None:
        return BaseSecurity(ssl_context=context)
    return _SASL[settings.sasl_mechanism](
        username=settings.username, password=_password(settings), ssl_context=context
    )
