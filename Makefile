# Names commands; what they do is in deploy/ and tests/.
PYTHON ?= $(shell command -v python3.13 || command -v python3.12 || command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
UV_VERSION := 0.13.9
ARGS ?=
# System certificates, so that a proxy with its own authority works; never another Python than this one.
export UV_SYSTEM_CERTS := 1
export UV_PYTHON_DOWNLOADS := never
export PYTHONUNBUFFERED := 1

.DEFAULT_GOAL := help
.PHONY: help setup demo up test check test-kafka prove bench generate

help:
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

$(BIN)/uv:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

$(VENV)/.synced: pyproject.toml uv.lock $(BIN)/uv
	VIRTUAL_ENV=$(CURDIR)/$(VENV) $(BIN)/uv sync --quiet --locked --no-python-downloads --all-extras
	@touch $@

setup: $(VENV)/.synced ## make the locked environment in .venv

demo: setup ## the whole path on embedded parts, then a table and one JSON object
	@$(BIN)/salur demo $(ARGS)

up: setup ## keep the local stack running and print its URLs
	@$(BIN)/salur up $(ARGS)

test: setup ## every test that needs nothing but pip
	$(BIN)/pytest -m "not apache and not prove" $(ARGS)

check: setup ## format, lint, types, import rules, generated files
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	@$(BIN)/salur generate --check

test-kafka: setup ## the delivery promises on Apache Kafka (Java 17, Maven)
	@$(BIN)/python -m deploy.local.apache --require
	SALUR_TEST_BROKER=apache $(BIN)/pytest -m "(connected or apache) and not prove" $(ARGS)

prove: setup ## long runs: by hand, before a release
	$(BIN)/pytest -m prove $(ARGS)

bench: setup ## CPU microseconds per complaint beside a bare loop
	@$(BIN)/salur bench $(ARGS)

generate: setup ## rewrite what is generated: README tables, golden examples, the directory
	@$(BIN)/salur generate $(ARGS)
