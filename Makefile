# Every command a user or a contributor needs. `make` alone explains them.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help packages install up down clean status lint types test test-unit drills \
        evidence bench lock
PY := .venv/bin/python
# negative-control is left out: it must fail, and tests/cluster/chaos sees to it that it does.
DRILLS := primary-crash primary-host-loss mlflow-instance-loss front-door-loss database-outage
CODE := settings.py local chaos bench tools server/src examples tests

help: ## Show this text
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

packages: ## Install the Debian packages (as root); starts no system-wide service
	@tools/install-packages

install: packages ## Make the Python environment .venv from requirements.txt
	@tools/install-environment

up: install ## Start the cluster, wait until a client can write, print how to log in
	@$(PY) -m local up

down: install ## Stop the cluster; its data stays
	@$(PY) -m local down

clean: install ## Stop the cluster and delete its data
	@$(PY) -m local clean

status: install ## Show every host and service
	@$(PY) -m local status

lint: install ## Check style
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .

types: install ## Check types
	@$(PY) -m mypy

test-unit: install ## Only the tests without servers (seconds)
	@$(PY) -m pytest tests/unit

test: ## Style, types and all tests, on a cluster of their own (at most 15 minutes)
	@tools/install-packages --tests
	@tools/install-environment
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m mypy
	@$(PY) -m pytest tests

drills: install ## Every drill that must pass, against the running cluster; report in build/drills/
	@$(PY) -m chaos run $(DRILLS)

evidence: install ## The long runs that write docs/evidence/ (about an hour; needs no other cluster)
	@$(PY) -m local up
	@$(PY) -m chaos evidence
	@$(PY) -m bench throughput --evidence
	@$(PY) -m bench connections --evidence
	@$(PY) -m local down
	@$(PY) -m bench startup --evidence
	@$(PY) -m bench newcomer --evidence
	@$(PY) -m tools.readme_figures

bench: install ## Throughput beside a bare MLflow, as JSON under build/bench/
	@$(PY) -m bench throughput

lock: install ## Compile requirements.txt anew from pyproject.toml
	@.venv/bin/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header \
	  --no-emit-index-url --all-extras pyproject.toml -o requirements.txt
