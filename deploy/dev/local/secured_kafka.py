"""Apache Kafka that asks who you are: SASL/SCRAM-SHA-512 over TLS, nothing allowed without an ACL.

Its certificate is signed by an authority of its own, in its folder.
"""

import asyncio
import secrets
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from aiokafka.errors import KafkaError
from pydantic import SecretStr

from deploy.dev.local.apache import ApacheKafka
from deploy.dev.local.certificates import Authority
from deploy.dev.local.tansu import kafka_listens
from shared.kafka.clients import create_admin
from shared.settings import KafkaSettings

ADMIN = "salur-admin"
MECHANISM = "SCRAM-SHA-512"
_LISTENER = "listener.name.sasl_ssl"
_LOGIN = "org.apache.kafka.common.security.scram.ScramLoginModule"


class SecuredKafka(ApacheKafka):
    """Apache Kafka with SASL and ACLs on 127.0.0.1; its super user may do everything.

    The controller's listener is for the node itself and asks for nobody's name.
    """

    start_seconds = 180.0

    def __init__(self, folder: Path, *, properties: Mapping[str, str] | None = None) -> None:
        self._password = secrets.token_urlsafe(24)
        self.authority = Authority(folder / "tls")
        tls = _encrypted(self.authority, folder / "tls" / "keystore.pem")
        guarded = {**_guarded(self._password), **tls}
        super().__init__(folder, properties={**guarded, **(properties or {})})
        scram = f"--add-scram={_credential(ADMIN, self._password)}"
        self.format_options = (*self.format_options, scram)

    @property
    def kafka(self) -> KafkaSettings:
        """Return how the super user reaches the broker."""
        return self.settings(ADMIN, self._password)

    def settings(self, username: str, password: str) -> KafkaSettings:
        """Return how a user reaches the broker."""
        return KafkaSettings(
            bootstrap_servers=self.url,
            security_protocol="SASL_SSL",
            ca_file=self.authority.file,
            sasl_mechanism=MECHANISM,
            username=username,
            password=SecretStr(password),
            session_timeout_ms=6_000,
        )

    def answers(self) -> bool:
        """Whether the super user may log in and is told of the broker."""
        if not kafka_listens(self.port):
            return False
        with ThreadPoolExecutor(1) as outside:  # the caller may have an event loop of its own
            return outside.submit(asyncio.run, _lets_in(self.kafka)).result()

    def _addresses(self) -> dict[str, str]:
        addresses = super()._addresses()
        own, controller = addresses["listeners"].split(",")
        return addresses | {"listeners": f"{own.replace('PLAINTEXT', 'SASL_SSL')},{controller}"}


def _guarded(password: str) -> dict[str, str]:
    login = f'{_LOGIN} required username="{ADMIN}" password="{password}";'
    return {
        "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,SASL_SSL:SASL_SSL",
        "inter.broker.listener.name": "SASL_SSL",
        "sasl.enabled.mechanisms": MECHANISM,
        "sasl.mechanism.inter.broker.protocol": MECHANISM,
        f"{_LISTENER}.{MECHANISM.lower()}.sasl.jaas.config": login,
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "allow.everyone.if.no.acl.found": "false",
        # On the controller's plain listener the node itself is nobody by name.
        "super.users": f"User:ANONYMOUS;User:{ADMIN}",
    }


def _encrypted(authority: Authority, keystore: Path) -> dict[str, str]:
    keystore.touch(mode=0o600)
    keystore.write_text(authority.issue("broker").both)
    return {
        "ssl.keystore.type": "PEM",
        "ssl.keystore.location": str(keystore),
        "ssl.truststore.type": "PEM",
        "ssl.truststore.location": str(authority.file),
    }


def _credential(username: str, password: str) -> str:
    return f"{MECHANISM}=[name={username},password={password}]"


async def _lets_in(settings: KafkaSettings) -> bool:
    admin = create_admin(settings)
    try:
        await admin.start()
        await admin.list_topics()
    except (KafkaError, OSError):
        return False
    else:
        return True
    finally:
        await admin.close()
