"""The chart as helm itself renders it, and the programs that judge what comes out."""

import functools
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml

from deploy.dev.generators.tree import CHART
from tests.support.programs.validators import PYTHON, program

# Each is a way in which the chart is used: `default` names what has no default, and nothing else;
# `whole` turns on everything that is off by default.
WAYS = {
    "default": ("--set", "kafka.bootstrapServers=kafka:9093"),
    "small": ("--values", str(CHART / "values-small.yaml")),
    "whole": ("--values", str(Path(__file__).parent / "values-whole.yaml")),
    "national": ("--values", str(CHART / "values-national.yaml")),
}
PROGRAMS = Path(__file__).parent / "programs"
OPERATOR = "operator"  # the one Deployment that is no service
CUSTOM = ("keda.sh/", "monitoring.coreos.com/")
SECONDS = 600.0  # a bound, not a measure: promtool alone takes minutes on a busy machine
Manifest = dict[str, Any]
Answer = subprocess.CompletedProcess[str]


def ask(
    argv: Sequence[str | Path], text: str | None = None, *, folder: Path | None = None
) -> Answer:
    """Run a program to its end in a folder and tell what it said; `text` is its standard input."""
    return subprocess.run(
        argv,
        input=text,
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )


def judge(script: str, text: str) -> Answer:
    """Let one of our scripts judge a text, where the schemas are installed."""
    return ask([PYTHON, PROGRAMS / script], text)


def template(*words: str) -> Answer:
    """Let helm render the chart with these options."""
    return ask([program("helm"), "template", "salur", CHART, "--namespace", "complaints", *words])


@functools.cache
def rendered(way: str, *words: str) -> str:
    """Return all manifests of a way to use the chart, as YAML."""
    answer = template(*WAYS[way], *words)
    assert answer.returncode == 0, answer.stderr
    return answer.stdout


def manifests(way: str, *words: str) -> list[Manifest]:
    """Return all manifests of a way to use the chart."""
    return [one for one in yaml.load_all(rendered(way, *words), yaml.CSafeLoader) if one]


def of_kind(found: Iterable[Manifest], kind: str) -> dict[str, Manifest]:
    """Return the manifests of a kind by the end of their names: `router`, not `salur-router`."""
    return {
        one["metadata"]["name"].removeprefix("salur-"): one for one in found if one["kind"] == kind
    }


def deployed(found: Iterable[Manifest]) -> dict[str, Manifest]:
    """Return the Deployments of the services, by service; the operator's pod is none of them."""
    deployments = of_kind(found, "Deployment")
    return {name: one for name, one in deployments.items() if name != OPERATOR}


def is_custom(manifest: Manifest) -> bool:
    """Tell whether Kubernetes itself does not know the kind."""
    return bool(manifest["apiVersion"].startswith(CUSTOM))


def containers(manifest: Manifest) -> Iterator[Manifest]:
    """Yield the containers of a Deployment or a Job."""
    if manifest["kind"] in ("Deployment", "Job"):
        yield from manifest["spec"]["template"]["spec"]["containers"]


def text_of(found: Iterable[Manifest]) -> str:
    """Return manifests as YAML again."""
    return str(yaml.dump_all(found, Dumper=yaml.CSafeDumper))
