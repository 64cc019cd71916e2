"""The Dockerfile is well made, and takes in what it must and nothing else."""

import re
from pathlib import Path

import pytest

from tests.deployment.installing import FILE, ROOT, copied, instructions, mounted, uv_commands
from tests.deployment.rendering import ask
from tests.support.programs.validators import program

pytestmark = pytest.mark.deployment


def test_the_dockerfile_is_well_made() -> None:
    answer = ask([program("hadolint"), FILE])

    assert answer.returncode == 0, answer.stdout


def test_a_badly_made_dockerfile_is_named(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM python:latest\nRUN cd /srv && pip install x\n")

    answer = ask([program("hadolint"), tmp_path / "Dockerfile"])

    assert answer.returncode != 0
    assert "DL3007" in answer.stdout


def test_the_scanner_has_no_high_findings_in_the_dockerfile(tmp_path: Path) -> None:
    flags = ("--skip-check-update", "--skip-version-check", "--quiet", "--exit-code", "1")
    scan = (program("trivy"), "config", *flags, "--severity", "HIGH,CRITICAL")
    weak = FILE.read_text(encoding="utf-8").replace("USER 10001:10001", "USER root")
    (tmp_path / "Dockerfile").write_text(weak, encoding="utf-8")

    assert ask([*scan, FILE]).returncode == 0
    assert ask([*scan, tmp_path]).returncode == 1


def test_it_starts_what_it_is_told_as_nobody_of_importance() -> None:
    last = {line.partition(" ")[0]: line.partition(" ")[2] for line in instructions()}

    assert last["USER"] == "10001:10001"
    assert last["ENTRYPOINT"] == '["/app/.venv/bin/salur"]'
    assert last["STOPSIGNAL"] == "SIGTERM"
    assert any("org.opencontainers.image.licenses" in line for line in instructions())


def test_base_images_come_from_where_the_builder_says() -> None:
    bases = [line.split()[1] for line in instructions() if line.startswith("FROM")]

    assert len(bases) == 3
    assert all(re.fullmatch(r"\$\{\w*REGISTRY\}/\$\{\w+\}\$\{\w+_DIGEST\}", one) for one in bases)


def test_the_builder_fetches_no_syntax_past_the_registry_that_is_named() -> None:
    text = FILE.read_text(encoding="utf-8")

    assert not re.search(r"^#\s*syntax\s*=", text, re.MULTILINE | re.IGNORECASE)
    assert text.startswith("# One image")


def test_what_is_copied_is_let_through_to_the_builder() -> None:
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    let_through = {line.removeprefix("!") for line in lines if line.startswith("!")}

    assert "*" in lines
    assert set(copied()) == let_through
    assert set(mounted()) <= let_through


def test_uv_is_the_one_that_the_lock_was_made_with() -> None:
    found = re.search(r"^UV_VERSION := (\S+)", (ROOT / "Makefile").read_text(), re.MULTILINE)

    assert found
    assert f"astral-sh/uv:{found[1]}" in FILE.read_text(encoding="utf-8")


def test_neither_tests_nor_embedded_parts_are_asked_for() -> None:
    for words in uv_commands():
        assert "--no-default-groups" in words
        assert "--locked" in words
        extras = [words[at + 1] for at, word in enumerate(words) if word == "--extra"]
        assert extras == ["admin", "tracing"]
