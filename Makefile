# Every command a user or a contributor needs. `make` alone explains them.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help packages install up down clean status lint types test test-unit test-drills drills \
        drills-quick evidence bench lock pulumi preview graph policies scan cost smoke
PY := .venv/bin/python
# They take as long as all the others together.
ALONE := tests/cluster/drills tests/cluster/runbooks
CODE := settings.py setting_groups components bootstrap policies observability local chaos bench tools server/src examples tests

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

test: ## Style, types and all tests: unit, engine, and on a cluster of their own
	@tools/install-packages --tests
	@tools/install-environment
	@tools/install-pulumi >/dev/null
	@tools/install-scanner
	@tools/install-actionlint >/dev/null
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m mypy
	@$(PY) -m pytest tests $(ALONE:%=--ignore=%)

test-drills: install ## Tests of faults, of the random walk, and of the procedures' pages, on a cluster
	@tools/install-packages --tests
	@$(PY) -m pytest $(ALONE)

drills: install ## Every drill that must pass, against the running cluster; report in build/drills/
	@$(PY) -m chaos run --suite full

drills-quick: install ## The four most telling ones, in six minutes; `make test` runs them too
	@$(PY) -m chaos run --suite quick

evidence: install ## The long runs that write docs/evidence/ (about five hours; needs no other cluster)
	@$(PY) -m local up
	@$(PY) -m chaos evidence
	@$(PY) -m chaos compare --evidence
	@for walk in 1 2 3 4; do $(PY) -m chaos walk --failovers 25 --evidence; done
	@$(PY) -m chaos availability --evidence
	@$(PY) -m bench client-kills --evidence
	@$(PY) -m bench throughput --evidence
	@$(PY) -m bench connections --evidence
	@$(PY) -m local down
	@$(PY) -m bench client-cost --evidence
	@$(PY) -m bench coalescing --evidence
	@$(PY) -m bench startup --evidence
	@$(PY) -m bench newcomer --evidence
	@$(PY) -m tools.readme_figures

bench: install ## Throughput beside a bare MLflow, as JSON under build/bench/
	@$(PY) -m bench throughput

# These are about one environment on AWS, and have to be told which.
ABOUT_ONE := preview graph policies scan cost smoke
ifneq ($(filter $(ABOUT_ONE),$(MAKECMDGOALS)),)
  ifndef STACK
    $(error say which environment, for instance: make $(MAKECMDGOALS) STACK=prod)
  endif
endif

pulumi: install ## Find the Pulumi engine, or build it (about 4 minutes, once)
	@tools/install-pulumi

preview: pulumi ## STACK=… What `pulumi up` would change; without AWS credentials, as recorded here
	@$(PY) -m tools.engine preview $(STACK)

graph: pulumi ## STACK=… Everything the program registers, as build/graph-STACK.json
	@$(PY) -m tools.engine graph $(STACK)

policies: graph ## STACK=… Hold the graph against the invariants in policies/
	@$(PY) -m policies build/graph-$(STACK).json

scan: graph ## STACK=… Hold the graph against an independent set of rules (Checkov)
	@$(PY) -m tools.scanner build/graph-$(STACK).json

smoke: install ## STACK=… Train against a deployed environment, and stop one of its tasks on purpose
	@$(PY) -m chaos smoke --target aws --stack $(STACK) $(if $(CONFIRM),--confirm $(CONFIRM))

cost: install ## STACK=… What an environment costs a month, line by line
	@$(PY) -m tools.cost $(STACK)

lock: install ## Compile requirements.txt anew from pyproject.toml
	@.venv/bin/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header \
	  --no-emit-index-url --all-extras --excludes tools/excluded.txt pyproject.toml -o requirements.txt
	@.venv/bin/uv pip compile -q --universal --python-version 3.13 --generate-hashes --no-header \
	  --no-emit-index-url -c requirements.txt --excludes server/image/excluded.txt \
	  server/pyproject.toml -o server/requirements.txt
	@.venv/bin/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header \
	  --no-emit-index-url tools/scanner/requirements.in -o tools/scanner/requirements.txt
