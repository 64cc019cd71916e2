"""Judges custom resources (KEDA, Prometheus operator) by their schemas; no field is unknown.

Reads YAML documents from standard input and writes one line for each fault; the exit code is 1
where there is one. Runs in the environment of the dependency group `deploy`.
"""

import functools
import sys
from typing import Any

import jsonschema
import yaml
from cloudcoil.models.keda import v1alpha1 as keda
from cloudcoil.models.prometheus_operator import v1 as monitoring

MODELS = {"keda.sh/v1alpha1": keda, "monitoring.coreos.com/v1": monitoring}


def tightened(node: Any) -> Any:
    """Return a schema whose objects refuse every field that they do not name."""
    if isinstance(node, list):
        return [tightened(one) for one in node]
    if not isinstance(node, dict):
        return node
    closed = {"additionalProperties": False} if "properties" in node else {}
    return {**closed, **{key: tightened(value) for key, value in node.items()}}


def faults(resource: dict[str, Any]) -> list[str]:
    """Return what is wrong with a resource, by path; a kind without a schema is a fault too."""
    where = f"{resource['kind']} {resource['metadata']['name']}"
    judge = judge_of(resource["apiVersion"], resource["kind"])
    if judge is None:
        return [f"{where}: no schema for {resource['apiVersion']}"]
    return [f"{where}: {one.json_path}: {one.message}" for one in judge.iter_errors(resource)]


@functools.cache
def judge_of(version: str, kind: str) -> jsonschema.Draft202012Validator | None:
    """Return what judges a kind; None without a schema for it."""
    model = getattr(MODELS.get(version), kind, None)
    if model is None:
        return None
    return jsonschema.Draft202012Validator(tightened(model.model_json_schema(by_alias=True)))


def main() -> int:
    """Judge all documents of standard input."""
    documents = [one for one in yaml.load_all(sys.stdin, yaml.CSafeLoader) if one]
    found = [fault for one in documents for fault in faults(one)]
    sys.stdout.writelines(f"{line}\n" for line in found)
    return 1 if found or not documents else 0


if __name__ == "__main__":
    sys.exit(main())
