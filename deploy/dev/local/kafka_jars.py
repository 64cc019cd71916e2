"""Finds Java and fetches Apache Kafka's jars: Maven resolves `kafka/pom.xml` into a cache."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from deploy.processes import PartFailed

RECIPE = Path(__file__).parent / "kafka"
LEAST_JAVA = 17
RESOLVE_SECONDS = 600.0
JAVA_SECONDS = 30.0


def require_jars() -> Path:
    """Return the folder of Apache Kafka's jars, fetching them (44 MB) when they are not there.

    Raises PartFailed naming the program that is missing, or with what Maven said.
    """
    if java_version() < LEAST_JAVA:
        raise PartFailed("kafka", f"java {LEAST_JAVA} or newer is missing: no such program on PATH")
    folder = _cache() / f"kafka-{_kafka_version()}"
    if not folder.exists():
        if shutil.which("mvn") is None:
            raise PartFailed("kafka", "mvn (Apache Maven) is missing: no such program on PATH")
        _resolve(folder)
    return folder


def java_version() -> int:
    """Return the major version of the `java` on PATH; 0 when there is none."""
    if shutil.which("java") is None:
        return 0
    said = subprocess.run(
        ["java", "-version"],  # noqa: S607 - whichever Java the user has chosen
        check=False,
        capture_output=True,
        text=True,
        timeout=JAVA_SECONDS,
    )
    found = re.search(r'version "(\d+)', said.stderr)
    return int(found.group(1)) if found else 0


def _cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "salur"


def _kafka_version() -> str:
    pom = (RECIPE / "pom.xml").read_text()
    return pom.partition("<kafka.version>")[2].partition("</kafka.version>")[0]


def _resolve(folder: Path) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    sys.stderr.write(f"fetching Apache Kafka's jars with Maven into {folder}\n")
    with TemporaryDirectory(dir=folder.parent) as draft:
        jars = Path(draft) / "jars"
        _run_maven(jars)
        try:
            jars.rename(folder)  # whole or not at all: an interrupted download must not be used
        except OSError:
            if not folder.exists():  # otherwise another process was faster
                raise


def _run_maven(jars: Path) -> None:
    command = ["mvn", "-B", "-ntp", "-f", str(RECIPE / "pom.xml"), f"-DoutputDirectory={jars}"]
    done = subprocess.run(
        [*command, "dependency:copy-dependencies"],
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=RESOLVE_SECONDS,
    )
    if done.returncode != 0:
        raise PartFailed("kafka", "Maven could not fetch the jars", done.stdout[-2000:])
