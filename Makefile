# Names commands; what they do is in deploy/ and tests/.
# The first one that runs and is new enough; a name on the path may be an empty shim.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin
UV_VERSION := 0.13.9
ARGS ?=
# Tests run in this many processes: the long ones mostly wait. 0: in one process, for --pdb.
WORKERS ?= 3
# System certificates, so that a proxy with its own authority works; never another Python than this one.
export UV_SYSTEM_CERTS := 1
export UV_PYTHON_DOWNLOADS := never
export PYTHONUNBUFFERED := 1

.DEFAULT_GOAL := help
.PHONY: help setup demo up test check check-deploy test-kafka test-tools prove bench replay chaos generate

help:
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

$(BIN)/uv:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is missing; install it, or name it: make PYTHON=…" >&2; exit 3; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

$(VENV)/.synced: pyproject.toml uv.lock $(BIN)/uv
	VIRTUAL_ENV=$(CURDIR)/$(VENV) $(BIN)/uv sync --quiet --locked --no-python-downloads --all-extras
	@touch $@

# What checks the deployment: 170 MB that nothing else needs, so an environment of its own.
$(VENV)-deploy/.synced: pyproject.toml uv.lock $(BIN)/uv
	UV_PROJECT_ENVIRONMENT=$(VENV)-deploy $(BIN)/uv sync --quiet --locked --no-python-downloads --only-group deploy
	@touch $@

setup: $(VENV)/.synced ## make the locked environment in .venv

demo: setup ## the whole path on embedded parts, then a table and one JSON object
	@$(BIN)/salur demo $(ARGS)

up: setup ## keep the local stack running and print its URLs
	@$(BIN)/salur up $(ARGS)

test: setup ## every test that needs nothing but pip
	$(BIN)/pytest -n $(WORKERS) -m "not apache and not tools and not prove and not deployment" $(ARGS)

check: setup ## format, lint, types, import rules, generated files
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	@$(BIN)/salur generate --check

check-deploy: setup $(VENV)-deploy/.synced ## chart, image, compose, rules, dashboards (promtool, amtool)
	@$(BIN)/python -m tests.support.programs.validators --require
	$(BIN)/pytest -n $(WORKERS) -m deployment --timeout 660 tests/deployment $(ARGS)

test-kafka: setup ## the delivery promises on Apache Kafka (Java 17, Maven)
	@$(BIN)/python -m deploy.dev.local.apache --require
	SALUR_TEST_BROKER=apache $(BIN)/pytest -n $(WORKERS) -m "(connected or apache) and not prove and not deployment" $(ARGS)

test-tools: setup ## pages in a browser, contracts by tools of others, restarts behind a proxy (Chromium, Node.js, curl, HAProxy)
	@$(BIN)/python -m tests.support.programs.chromium --require
	@$(BIN)/python -m tests.support.programs.prometheus --require
	@$(BIN)/python -m tests.support.programs.node --require
	@$(BIN)/python -m tests.support.programs.haproxy --require
	$(BIN)/pytest -m tools $(ARGS)

prove: setup ## long runs: by hand, before a release
	$(BIN)/pytest -m prove $(ARGS)

bench: setup ## CPU microseconds per complaint beside a bare loop
	@$(BIN)/salur bench $(ARGS)

replay: setup ## a known history through a system of its own: make replay ARGS=kepri-2022
	@$(BIN)/salur replay $(ARGS)

chaos: setup ## three brokers and nine services under seeded faults, judged from outside (Java 17, Maven)
	@$(BIN)/python -m deploy.dev.local.apache --require
	@$(BIN)/salur chaos $(ARGS)

generate: setup ## rewrite what is generated: tables in pages, golden examples, the directory
	@$(BIN)/salur generate $(ARGS)
