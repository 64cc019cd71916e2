"""What the URL of MongoDB may say, and what it says in vain."""

import pytest
from pydantic import SecretStr, ValidationError
from pymongo import MongoClient

from shared.database.connection_url import insecure, overruled, without_fixed
from shared.database.mongo import Mongo, connection_options
from shared.settings import MongoSettings

LOUD = (
    "mongodb://u:p@127.0.0.1:1/?replicaSet=rs0&readPreference=secondary&w=0&journal=true"
    "&readConcernLevel=local&maxStalenessSeconds=90&readPreferenceTags=dc:a&wtimeoutMS=1"
)


@pytest.mark.parametrize(
    "url",
    [
        "mongodb://127.0.0.1:27017/?directConnection=true",
        "mongodb://u:p%40x@localhost/db",
        "mongodb://[::1]:27017",
        "mongodb://%2Ftmp%2Fmongodb-27017.sock",
        "mongodb://mongo-0.mongo:27017,mongo-1.mongo/?tls=true&replicaSet=rs0",
        "mongodb://mongo/?ssl=true",
        "mongodb+srv://cluster.example.go.id/?w=majority",
    ],
)
def test_what_nobody_else_can_read_is_accepted(url: str) -> None:
    assert insecure(url) is None
    assert MongoSettings(url=SecretStr(url)).url.get_secret_value() == url


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("mongodb://salur:geheim@mongo:27017/?replicaSet=rs0", "at mongo:27017 without TLS"),
        ("mongodb://127.0.0.1,10.0.0.4:27017", "at 10.0.0.4:27017 without TLS"),
        ("mongodb://localhost.example.org/?tls=false", "at localhost.example.org without TLS"),
        ("mongodb://127.0.0.1@mongo", "at mongo without TLS"),
        ("mongodb+srv://cluster.example/?tls=false", "at cluster.example without TLS"),
        (
            "mongodb://mongo/?tls=true&tlsAllowInvalidCertificates=true",
            "at mongo with any certificate (tlsallowinvalidcertificates)",
        ),
        ("mongodb://mongo/?tls=true&tlsInsecure=true", "at mongo with any certificate"),
    ],
)
def test_what_others_could_read_is_refused_unless_a_setting_says_so(url: str, reason: str) -> None:
    assert str(insecure(url)).startswith(reason)
    with pytest.raises(ValidationError, match="SALUR_MONGO__ALLOW_PLAINTEXT=true") as caught:
        MongoSettings(url=SecretStr(url))

    assert "geheim" not in str(caught.value)
    assert MongoSettings(url=SecretStr(url), allow_plaintext=True).allow_plaintext


def test_what_the_url_asks_for_in_vain_is_named() -> None:
    assert overruled(LOUD) == [
        "journal",
        "maxStalenessSeconds",
        "readConcernLevel",
        "readPreference",
        "readPreferenceTags",
        "w",
        "wtimeoutMS",
    ]
    assert without_fixed(LOUD) == "mongodb://u:p@127.0.0.1:1/?replicaSet=rs0"
    assert overruled("mongodb://127.0.0.1/?replicaSet=rs0") == []


async def test_reads_and_writes_are_what_the_code_says() -> None:
    async with Mongo(MongoSettings(url=SecretStr(LOUD))) as mongo:
        raw = mongo.cases("cases")._raw

    assert raw.read_preference.mode == 0  # primary
    assert raw.read_concern.level == "majority"
    assert raw.write_concern.document == {"w": "majority", "j": True, "wtimeout": 10_000}
    with MongoClient(**connection_options(MongoSettings(url=SecretStr(LOUD)))) as plain:
        assert plain.read_preference.mode == 0
