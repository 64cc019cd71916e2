"""`salur topics`: what Kafka must have before the services can work."""

import asyncio
from typing import Annotated

import typer

from deploy.cli.outcome import conclude
from deploy.operate.agencies.institutions import all_codes
from deploy.operate.provisioning.replication import SAFE_COPIES
from deploy.operate.provisioning.topic_creation import create_topics, tighten_topics
from deploy.processes import PartFailed
from deploy.settings import CommandSettings
from shared.contracts.identifiers import is_agency_code
from shared.errors import Misconfigured
from shared.settings import KafkaSettings

app = typer.Typer(help="Kafka topics.", no_args_is_help=True)


@app.callback()
def _topics() -> None:
    pass


@app.command()
def create(
    agencies: Annotated[str, typer.Option(help="codes with commas between: kab-3603,kem-014")] = "",
    every: Annotated[bool, typer.Option("--all", help="all institutions of the directory")] = False,
    replication: Annotated[int, typer.Option(min=1, help="copies of each partition")] = 1,
) -> None:
    """Create the topics that are missing; the services' own always, institutions' as named.

    With three copies or more, one alone having a record is not enough from then on, also on
    topics that exist: `tightened` counts these.
    """
    codes = all_codes() if every else read_codes(agencies)
    kafka = CommandSettings().kafka
    made = asyncio.run(create_topics(kafka, codes, replication=replication))
    tightened = _tightened(kafka, codes) if replication >= SAFE_COPIES else 0
    conclude({"created": made, "tightened": tightened, "institutions": len(codes)})


def _tightened(kafka: KafkaSettings, codes: tuple[str, ...]) -> int | None:
    try:
        return tighten_topics(kafka, codes)
    except PartFailed as missing:  # new topics are right; `salur doctor` names those that are not
        typer.echo(f"existing topics are left as they are: {missing}", err=True)
        return None


def read_codes(text: str) -> tuple[str, ...]:
    """Return the codes of a list with commas; Misconfigured names one that is none."""
    codes = tuple(part.strip() for part in text.split(",") if part.strip())
    for code in codes:
        if not is_agency_code(code):
            raise Misconfigured(f"{code!r} is no institution's code such as kab-3603")
    return codes
