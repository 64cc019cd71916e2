"""The whole system on this machine: broker, database and services, each a process of its own."""

import asyncio
import secrets
import sys
import urllib.error
import urllib.request
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from deploy.dev.local.apache import ApacheKafka
from deploy.dev.local.parts import Part
from deploy.dev.local.secantus import Secantus
from deploy.dev.local.secured_kafka import SecuredKafka
from deploy.dev.local.tansu import Tansu
from deploy.operate.intake_client.client import IntakeClient
from deploy.operate.keys.keys_and_audit import new_key
from deploy.operate.keys.vault_keys import notifiers_keys, ring_of, with_new_key
from deploy.operate.provisioning.apply import ApplyOptions, apply
from deploy.operate.provisioning.connection import connected
from deploy.operate.provisioning.password_files import PASSWORD, USERNAME, PasswordFolder
from deploy.operate.provisioning.plan import plan
from deploy.operate.provisioning.service_rights import OPERATOR, service_user
from deploy.operate.provisioning.topic_creation import create_topics
from deploy.processes import Child, PartFailed, free_port, wait_until
from services.intake.http.rate_limits import RateLimit
from shared.contracts.topics import SERVICES
from shared.key_rings import written
from shared.settings import KafkaSettings, MongoSettings

READY_SECONDS = 180.0
TOPICS_MS = 120_000


@dataclass
class StackOptions:
    """What to run and where; `env` is given to every service on top of the stack's own."""

    folder: Path
    agencies: Sequence[str]
    services: Sequence[str] = SERVICES
    broker: str = "embedded"  # or `apache`; or `secured`: it too, with a user for everyone
    env: Mapping[str, str] = field(default_factory=dict)


def kafka_env(kafka: KafkaSettings) -> dict[str, str]:
    """Return the environment that points a service, or `salur`, at a broker."""
    env = {
        "SALUR_KAFKA__BOOTSTRAP_SERVERS": kafka.bootstrap_servers,
        "SALUR_KAFKA__IDEMPOTENCE": str(kafka.idempotence).lower(),
        "SALUR_KAFKA__SESSION_TIMEOUT_MS": str(kafka.session_timeout_ms),
    }
    if kafka.username is not None and kafka.password is not None:
        env["SALUR_KAFKA__SECURITY_PROTOCOL"] = kafka.security_protocol
        env["SALUR_KAFKA__SASL_MECHANISM"] = kafka.sasl_mechanism
        env[USERNAME] = kafka.username
        env[PASSWORD] = kafka.password.get_secret_value()
    if kafka.ca_file is not None:
        env["SALUR_KAFKA__CA_FILE"] = str(kafka.ca_file)
    return env


class ServiceProcess(Part):
    """One instance of a service, on a port of its own; ready when `/readyz` says so."""

    start_seconds = READY_SECONDS

    def __init__(
        self, service: str, instance: int, *, folder: Path, env: Mapping[str, str]
    ) -> None:
        self.service = service
        self.name = f"{service}-{instance}"
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        argv = [sys.executable, "-m", f"services.{service}"]
        own = {"SALUR_PORT": str(self.port), "SALUR_INSTANCE": self.name}
        self.child = Child(
            self.name, argv, log_path=folder / f"{self.name}.log", env={**env, **own}
        )

    def answers(self) -> bool:
        """Whether the instance is ready for its work."""
        return self.get("/readyz")[0] == 200

    def get(self, path: str) -> tuple[int, str]:
        """Return status and body of an HTTP GET; status 0 where nothing answers."""
        try:
            with urllib.request.urlopen(self.url + path, timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()
        except OSError:
            return 0, ""


class Stack:
    """Starts everything in order, stops it in reverse; logs and data are in the folder."""

    def __init__(self, options: StackOptions) -> None:
        self.options = options
        parts = {"embedded": Tansu, "apache": ApacheKafka, "secured": SecuredKafka}
        self.broker: Part = parts[options.broker](options.folder)
        self.passwords = PasswordFolder(options.folder / "secrets")
        self.database = Secantus(options.folder)
        self.instances: list[ServiceProcess] = []
        self._secret = secrets.token_urlsafe(32)
        self._vault_keys = written(with_new_key(ring_of(""), datetime.now(UTC)))

    @property
    def kafka(self) -> KafkaSettings:
        """Return how to reach the stack's broker; a secured one as its super user."""
        if isinstance(self.broker, SecuredKafka):
            return self.broker.kafka
        embedded = self.options.broker == "embedded"
        return KafkaSettings(
            bootstrap_servers=self.broker.url,
            # Tansu has no producer ids, and a first join waits as long as the session may last.
            idempotence=not embedded,
            session_timeout_ms=6_000,
        )

    @property
    def _patient_kafka(self) -> KafkaSettings:
        """Return the same with time for hundreds of topics at once on a busy machine."""
        most = {"request_timeout_ms": TOPICS_MS, "publish_timeout_ms": TOPICS_MS}
        return self.kafka.model_copy(update=most)

    @property
    def mongo(self) -> MongoSettings:
        """Return how to reach the stack's database."""
        return MongoSettings.model_validate({"url": self.database.url})

    async def caller(self, role: str, name: str, scopes: Iterable[str] = ()) -> IntakeClient:
        """Return a client of the first intake, with a new key; the database must run."""
        key = await new_key(self.mongo, role, name, scopes=scopes)
        return IntakeClient(self.url("intake"), key)

    @property
    def env(self) -> dict[str, str]:
        """Return the environment that points a service, or `salur`, at this stack."""
        return {
            **kafka_env(self.user(OPERATOR) if self.is_secured else self.kafka),
            "SALUR_MONGO__URL": self.database.url,
            "INTAKE_SECRET": self._secret,
            "INTAKE_VAULT_KEYS": self._vault_keys,
            "NOTIFIER_CONTACT_KEYS": notifiers_keys(self._vault_keys),
            "INTAKE_ALLOW_PLAIN_WEBHOOKS": "true",
            "SALUR_ALLOW_PRIVATE_WEBHOOKS": "true",  # the receivers of a laptop are on it
            "SALUR_STOP_DELAY_SECONDS": "0",  # no proxy has to be waited for
            # One address and a few keys do what a nation does; counted all the same.
            **{f"INTAKE_RATES__{limit.upper()}": "1000000/second" for limit in RateLimit},
            **self.options.env,
        }

    @property
    def is_secured(self) -> bool:
        """Whether the broker asks who comes."""
        return isinstance(self.broker, SecuredKafka)

    def user(self, name: str) -> KafkaSettings:
        """Return how a user reaches the secured broker: `agency-kab-3603`, `salur-router` …

        Raises PartFailed where there is no such user, or the broker asks for none.
        """
        password = self.passwords.read(name)
        if not isinstance(self.broker, SecuredKafka) or password is None:
            raise PartFailed("kafka", f"this stack has no user {name}")
        return self.broker.settings(name, password)

    def start(self) -> None:
        """Start all parts and wait until each is ready; on failure stop what had started."""
        try:
            self.database.start()
            self.broker.start()
            self.provision()
            for service in self.options.services:
                self.add(service, start=False).child.start()
            self.wait_ready()
        except BaseException:
            self.stop()
            raise

    def provision(self) -> None:
        """Make the topics, and where the broker is secured the users and their rights."""
        if not self.is_secured:
            asyncio.run(create_topics(self._patient_kafka, self.options.agencies))
            return
        with connected(self.kafka) as cluster:
            wishes = ApplyOptions(secrets=self.passwords.path)
            apply(cluster, plan(self.options.agencies), wishes)

    def add(self, service: str, *, start: bool = True) -> ServiceProcess:
        """Add one more instance of a service."""
        number = sum(instance.service == service for instance in self.instances) + 1
        own = kafka_env(self.user(service_user(service))) if self.is_secured else {}
        env = {**self.env, **own}
        instance = ServiceProcess(service, number, folder=self.options.folder, env=env)
        self.instances.append(instance)
        if start:
            instance.start()
        return instance

    def wait_ready(self) -> None:
        """Wait until every running instance is ready."""
        for instance in self.instances:
            if instance.child.alive:
                wait_until(
                    instance.answers,
                    f"{instance.url}/readyz",
                    timeout=READY_SECONDS,
                    child=instance.child,
                )

    def check(self) -> None:
        """Raise PartFailed, with the tail of its log, if a part has ended by itself."""
        for part in (self.database, self.broker, *self.instances):
            if not part.child.alive:
                child = part.child
                reason = f"ended with code {child.returncode}; log: {child.log_path}"
                raise PartFailed(part.name, reason, child.log_tail())

    def of(self, service: str) -> list[ServiceProcess]:
        """Return the instances of a service, the first one first."""
        return [instance for instance in self.instances if instance.service == service]

    def url(self, service: str) -> str:
        """Return the URL of a service's first instance."""
        return self.of(service)[0].url

    def stop(self) -> None:
        """Stop services, then broker and database; each gets time to finish."""
        if self.instances:
            # All at once: each may take seconds to finish what it has in hand.
            with ThreadPoolExecutor(len(self.instances)) as pool:
                list(pool.map(ServiceProcess.stop, self.instances))
        self.broker.stop()
        self.database.stop()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self.stop()
