.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3.11
VENV := .venv
PY := $(VENV)/bin/python
STAMP := $(VENV)/.installed

COMMENTS ?= 20000
ROOMS ?= 50
SEED ?= 1
SECONDS ?= 60
KEEP ?=
RESET ?=
MINUTES ?= 25

ONLY ?=

.PHONY: help setup demo run up down test test-contract test-e2e test-postgres lint format types imports ci soak bench screenshots

help: ## Show the verbs
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-15s %s\n", $$1, $$2}'

$(STAMP): requirements-dev.txt
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 is needed: install it, or name it with PYTHON=/path/to/python3.11"; exit 3; }
	@test -x $(PY) || $(PYTHON) -m venv $(VENV)
	@echo "Installing Python packages (pinned, with hashes) ..."
	@$(VENV)/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@

setup: $(STAMP) ## Install Python packages, and the system packages the engines need
	@bash devstack/packages.sh $(PY)

demo: setup ## Move a live table from DynamoDB to CQL, end to end, and judge it [COMMENTS ROOMS SEED SECONDS KEEP RESET]
	@$(PY) -m migration.rehearsal.demo --comments $(COMMENTS) --rooms $(ROOMS) --seed $(SEED) --seconds $(SECONDS) $(if $(KEEP),--keep) $(if $(RESET),--reset)

run: up ## Serve the API and page on local engines, with workers and beat, until Ctrl-C
	@eval "$$($(PY) -m devstack env)" && exec $(PY) -m chatproject.serve

up: setup ## Start the engines (data is kept)
	@$(PY) -m devstack up

down: $(STAMP) ## Stop everything that was started
	@$(PY) -m migration.rehearsal.demo --stop
	@$(PY) -m devstack down

test: setup ## The whole suite, against real engines
	@bash .ci/test

test-contract: setup ## Only the contract suites: every store, every backend
	@bash .ci/test tests/contract

test-e2e: setup ## Only the browser tests
	@bash .ci/e2e

test-postgres: setup ## The control plane's suites, with PostgreSQL as control database
	@bash .ci/postgres

lint: $(STAMP) ## Style
	@$(VENV)/bin/ruff check . && $(VENV)/bin/ruff format --check .

format: $(STAMP) ## Mend style
	@$(VENV)/bin/ruff check --fix . ; $(VENV)/bin/ruff format .

types: $(STAMP) ## Types, strictly
	@$(VENV)/bin/mypy

imports: $(STAMP) ## Import contracts
	@$(VENV)/bin/lint-imports

ci: lint types imports test test-postgres test-e2e ## What CI runs

soak: setup ## The long campaigns, recorded in docs/soak/ [MINUTES, ONLY=outages|kills|examples|rehearsals]
	@$(PY) -m migration.rehearsal.soak --minutes $(MINUTES) --seed $(SEED) $(if $(ONLY),--only $(ONLY))

bench: setup ## Measure claims side by side with their peers [ONLY=name]
	@bash .ci/bench $(ONLY)

screenshots: setup ## Pictures of the console's pages, wide and phone-sized, into docs/screenshots/
	@SCREENSHOTS=docs/screenshots bash .ci/e2e tests/e2e/test_console.py
