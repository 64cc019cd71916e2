"""Judges the settings in this environment: what is missing, what contradicts, what is for tests.

A service's own settings are judged where this environment has any of them: an operator's seldom
has those of all four.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from pydantic import ValidationError

from deploy.operate.doctor.findings import DoctorFinding, fine, note, wrong
from deploy.settings import CommandSettings
from services.intake.settings import IntakeSettings
from services.metrics.settings import MetricsSettings
from services.notifier.reporter_settings import keys_of
from services.notifier.settings import NotifierSettings
from services.router.settings import RouterSettings
from shared.contracts.identifiers import tracking_key
from shared.kafka.envelope import describe
from shared.privacy.contact_rows import contact_keys
from shared.settings import ServiceSettings

CHECK = "settings"
Read = Mapping[str, ServiceSettings]
READERS: Mapping[str, Callable[[], ServiceSettings]] = {
    "SALUR_": CommandSettings,
    "INTAKE_": IntakeSettings,
    "ROUTER_": RouterSettings,
    "NOTIFIER_": NotifierSettings,
    "METRICS_": MetricsSettings,
}


def judge_settings(environment: Mapping[str, str]) -> Iterator[DoctorFinding]:
    """Yield what is wrong with the settings of this process's environment."""
    read: dict[str, ServiceSettings] = {}
    found: list[DoctorFinding] = []
    for prefix, reader in READERS.items():
        try:
            read[prefix] = reader()
        except ValidationError as error:
            found.append(_unreadable(prefix, error, environment))
    found += [*_dangerous(read), *_directories(read, environment), *_keys(read)]
    yield from found
    if not any(one.state == "wrong" for one in found):
        yield fine(CHECK, "those of this environment agree", f"{len(read)} sets read")


def _unreadable(
    prefix: str, error: ValidationError, environment: Mapping[str, str]
) -> DoctorFinding:
    # Values stay unsaid: one may be a secret.
    found = error.errors(include_url=False, include_input=False, include_context=False)
    said = [str(one["msg"]) for one in found if one["type"] == "value_error"]
    why = "; ".join(said) or describe(error)
    service = prefix.rstrip("_").lower()
    if _has_any(prefix, environment):
        do = "correct it where the service gets its environment from"
        return wrong(CHECK, f"{service} would not start with these settings", why, do=do)
    do = f"run it with the environment of {service} to have them looked at"
    return note(CHECK, f"the settings of {service} are not in this environment", do=do)


def _dangerous(read: Read) -> Iterator[DoctorFinding]:
    scenario = [prefix for prefix, one in read.items() if one.scenario]
    if scenario:
        do = "unset SALUR_SCENARIO: no clock rings, and gateways set the time of what they send"
        yield wrong(
            CHECK, "scenario mode is on", ", ".join(f"{p}SCENARIO" for p in scenario), do=do
        )
    if not read.get("SALUR_", CommandSettings()).kafka.idempotence:
        do = "only the embedded broker needs that: SALUR_KAFKA__IDEMPOTENCE=true"
        yield note(CHECK, "Kafka's idempotent producer is off", "false", do=do)
    loose = [
        f"{prefix}{name.upper()}"
        for prefix, one in read.items()
        for name in ("allow_private_webhooks", "allow_plain_webhooks")
        if getattr(one, name, False)
    ]
    if loose:
        do = "for development only: webhooks could reach into this network"
        yield note(CHECK, "webhooks may go anywhere", ", ".join(loose), do=do)


def _has_any(prefix: str, environment: Mapping[str, str]) -> bool:
    return any(name.upper().startswith(prefix) for name in environment)


def _directories(read: Read, environment: Mapping[str, str]) -> Iterator[DoctorFinding]:
    files: dict[str, Path] = {}
    for prefix, one in read.items():
        path = getattr(one, "directory", None)
        if isinstance(path, Path):
            files[f"{prefix}DIRECTORY"] = path
    missing = {name: path for name, path in files.items() if not path.is_file()}
    for name, path in missing.items():
        yield wrong(CHECK, f"{name} names no file", path, do="name the directory of institutions")
    digests = {
        name: hashlib.sha256(path.read_bytes()).hexdigest()
        for name, path in files.items()
        if name not in missing
    }
    if len(set(digests.values())) > 1:
        value = ", ".join(f"{name}={files[name]}" for name in digests)
        do = "give all services one file: else tables and letters name institutions wrongly"
        # Of a service without any variable here, only the default is known.
        known = [name for name in digests if _has_any(name.removesuffix("DIRECTORY"), environment)]
        if len({digests[name] for name in known}) > 1:
            yield wrong(CHECK, "the services' directories differ", value, do=do)
        else:
            yield note(CHECK, "the services' directories may differ", value, do=do)


def _keys(read: Read) -> Iterator[DoctorFinding]:
    intake, notifier = read.get("INTAKE_"), read.get("NOTIFIER_")
    if not isinstance(intake, IntakeSettings) or not isinstance(notifier, NotifierSettings):
        return
    keys, newest = keys_of(notifier.tracking_key).keys, intake.secrets.newest
    if keys and keys.get(newest) != tracking_key(intake.secrets.all[0]):
        do = "salur keys tracking prints the right ones; the notifier gets them before intake does"
        what = "NOTIFIER_TRACKING_KEY is not of the newest INTAKE_SECRET"
        yield wrong(CHECK, what, f"key {newest}: its codes are in no letter", do=do)
    contacts = contact_keys(intake.vault_ring)
    given = notifier.contact_ring.keys
    if given and given.get(contacts.newest) != contacts.keys[contacts.newest]:
        do = "salur keys contacts prints the right ones; the notifier gets them before intake does"
        what = "NOTIFIER_CONTACT_KEYS lacks the newest of INTAKE_VAULT_KEYS"
        yield wrong(CHECK, what, f"key {contacts.newest}: new reporters are not told", do=do)
