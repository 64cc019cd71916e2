"""Options that several commands share."""

from enum import StrEnum
from typing import Annotated

import typer

Url = Annotated[str, typer.Option("--url", envvar="SALUR_INTAKE_URL", help="where intake answers")]
Key = Annotated[
    str | None,
    typer.Option("--key", envvar="SALUR_API_KEY", help="API key", show_envvar=True),
]
LOCAL_INTAKE = "http://127.0.0.1:8080"


class BrokerKind(StrEnum):
    """Which broker a local stack runs on."""

    EMBEDDED = "embedded"
    APACHE = "apache"
    SECURED = "secured"  # Apache Kafka with a user for every service and institution


Broker = Annotated[BrokerKind, typer.Option(help="apache and secured need Java 17 and Maven")]
