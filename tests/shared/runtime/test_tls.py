"""Certificates of another authority, shown by real listeners: called what they are, everywhere."""

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import ValidationError

from deploy.operate.doctor.examine import Examination, examine
from deploy.settings import CommandSettings
from shared.database.mongo import Mongo
from shared.errors import BrokerAway, BrokerUntrusted, DatabaseAway, DatabaseUntrusted
from shared.kafka.publisher import Publisher
from shared.runtime.tls import WAY_OUT
from shared.settings import KafkaSettings, MongoSettings
from tests.support.certificates import Ours, listening

pytestmark = [
    pytest.mark.timeout(60),
    # pymongo leaves the socket to the collector whose certificate it has refused.
    pytest.mark.filterwarnings("ignore:unclosed <ssl.SSLSocket:ResourceWarning"),
]


@pytest.fixture(autouse=True)
def collected() -> Iterator[None]:
    """Have it collected here, where it is expected, and not in another test."""
    yield
    gc.collect()


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Ours:
    return Ours(tmp_path_factory.mktemp("certificates"))


def kafka_at(port: int, ours: Ours) -> KafkaSettings:
    return KafkaSettings(
        bootstrap_servers=f"127.0.0.1:{port}",
        security_protocol="SSL",
        ca_file=ours.authority.file,
        publish_timeout_ms=500,
        request_timeout_ms=500,
    )


def mongo_at(port: int, ours: Ours) -> MongoSettings:
    url = f"mongodb://127.0.0.1:{port}/?tls=true&directConnection=true"
    return MongoSettings(url=url, timeout_ms=1_000, ca_file=ours.authority.file)


@pytest.mark.parametrize("which", ["bad", "misnamed"])
async def test_kafka_with_a_certificate_of_nobody_we_trust_is_untrusted(
    ours: Ours, which: str
) -> None:
    with listening(getattr(ours, which)) as port, pytest.raises(BrokerUntrusted) as caught:
        await Publisher(kafka_at(port, ours)).start()

    assert f"127.0.0.1:{port} is not trusted" in str(caught.value)
    assert WAY_OUT in str(caught.value)


async def test_kafka_with_our_certificate_that_says_nothing_is_away(ours: Ours) -> None:
    with listening(ours.good) as port, pytest.raises(BrokerAway) as caught:
        await Publisher(kafka_at(port, ours)).start()

    assert type(caught.value) is BrokerAway


@pytest.mark.parametrize("which", ["bad", "misnamed"])
async def test_mongodb_with_a_certificate_of_nobody_we_trust_is_untrusted(
    ours: Ours, which: str
) -> None:
    with listening(getattr(ours, which)) as port:
        async with Mongo(mongo_at(port, ours)) as mongo:
            with pytest.raises(DatabaseUntrusted) as caught:
                await mongo.start()

    assert WAY_OUT in str(caught.value)


async def test_mongodb_with_our_certificate_that_says_nothing_is_away(ours: Ours) -> None:
    with listening(ours.good) as port:
        async with Mongo(mongo_at(port, ours)) as mongo:
            with pytest.raises(DatabaseAway) as caught:
                await mongo.start()

    assert type(caught.value) is DatabaseAway


def test_the_doctor_calls_it_that(ours: Ours) -> None:
    with listening(ours.bad) as port:
        settings = CommandSettings(kafka=kafka_at(port, ours), mongo=mongo_at(port, ours))
        found = examine(Examination(settings, agencies=(), whole=False))

    said = {one.check: one for one in found if one.state == "away"}
    assert said["broker"].what == f"the certificate of 127.0.0.1:{port} is not trusted"
    assert said["database"].what == "MongoDB's certificate is not trusted"
    assert said["broker"].do == said["database"].do == WAY_OUT


def test_one_file_serves_everything_but_what_has_its_own(
    ours: Ours, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SALUR_CA_FILE", str(ours.authority.file))
    monkeypatch.setenv("SALUR_KAFKA__CA_FILE", str(ours.other.file))

    settings = CommandSettings()

    assert settings.kafka.ca_file == ours.other.file
    assert settings.mongo.ca_file == settings.tracing.ca_file == ours.authority.file


def test_a_file_that_holds_no_certificate_is_refused_at_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for content in (None, "no certificate"):
        path = tmp_path / "ca.pem"
        if content:
            path.write_text(content)
        monkeypatch.setenv("SALUR_CA_FILE", str(path))

        with pytest.raises(ValidationError, match="cannot be read as certificates in PEM"):
            CommandSettings()
