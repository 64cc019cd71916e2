"""Judges clocks: those of services and database, and records from a time to come."""

import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

from deploy.operate.doctor.findings import DoctorFinding, away, fine, named, note, wrong
from shared.contracts.topics import is_agency_written

CLOCKS, SERVICES = "clocks", "services"
DATE_SECONDS = 1.0  # HTTP tells time in whole seconds
ANSWER_SECONDS = 5.0
SYNCHRONISE = "synchronise both machines' clocks (chrony, NTP)"


@dataclass(frozen=True, slots=True)
class ServiceFacts:
    """What a service answers at `/readyz`; status 0: nothing. `ahead` is its clock, in seconds."""

    url: str
    status: int
    said: str = ""
    ahead: float | None = None


def ask_service(url: str) -> ServiceFacts:
    """Return what a service answers, and its clock."""
    url = url.rstrip("/")
    before = time.time()
    try:
        with urllib.request.urlopen(f"{url}/readyz", timeout=ANSWER_SECONDS) as answer:  # noqa: S310 # the operator's own URL
            return _facts(url, answer.status, answer, before)
    except urllib.error.HTTPError as error:
        with error:
            return _facts(url, error.code, error, before)
    except (OSError, ValueError) as error:
        return ServiceFacts(url, 0, type(error).__name__)


def judge_service(facts: ServiceFacts) -> DoctorFinding:
    """Return whether a service is ready."""
    if facts.status == 0:
        do = "start it, or look at its address and the network policies"
        return away(SERVICES, f"{facts.url} does not answer", facts.said, do=do)
    if facts.status == 200:
        return fine(SERVICES, f"{facts.url} is ready")
    if facts.status == 503:
        return wrong(SERVICES, f"{facts.url} is not ready", facts.said, do="the value says why")
    do = "give the address of the service itself, not that of a proxy"
    return note(SERVICES, f"{facts.url} has no /readyz", f"HTTP {facts.status}", do=do)


def judge_clock(whose: str, ahead: float, most: float) -> DoctorFinding:
    """Return whether a clock agrees with ours within `most` seconds."""
    told = f"{ahead:+.1f} s"
    if abs(ahead) <= most:
        return fine(CLOCKS, f"the clock of {whose} agrees with this machine's", told)
    what = f"the clock of {whose} is {'ahead of' if ahead > 0 else 'behind'} this machine's"
    return wrong(CLOCKS, what, told, do=SYNCHRONISE)


def judge_records(future: Mapping[str, float]) -> Iterator[DoctorFinding]:
    """Yield which topics hold records of a time to come, and whose clock wrote it."""
    brokers = {topic: ahead for topic, ahead in future.items() if is_agency_written(topic)}
    writers = {topic: ahead for topic, ahead in future.items() if topic not in brokers}
    for found, whose in ((brokers, "a broker"), (writers, "a service that writes them")):
        if found:
            what = f"the clock of {whose} is ahead: records of a time to come in {named(found)}"
            yield wrong(CLOCKS, what, f"{max(found.values()):+.1f} s", do=SYNCHRONISE)
    if not future:
        yield fine(CLOCKS, "no record is of a time to come")


def _facts(url: str, status: int, answer: object, before: float) -> ServiceFacts:
    date = answer.headers.get("date")  # type: ignore[attr-defined] # both answers have them
    said = answer.read(500).decode(errors="replace").strip()  # type: ignore[attr-defined]
    ours = (before + time.time()) / 2
    ahead = None if date is None else parsedate_to_datetime(date).timestamp() + 0.5 - ours
    return ServiceFacts(url, status, said, ahead)
