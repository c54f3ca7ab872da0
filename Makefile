# Two commands matter: `make run` and `make test`. Both make their environment first; a second time
# that costs nothing. Everything a run writes goes to $HOLDFAST_HOME (default ./data).

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export HOLDFAST_HOME ?= $(CURDIR)/data
export HOLDFAST_CONFIG ?= $(CURDIR)/config/demo.yml

# --no-deps: the lock is complete, and pip 23 stumbles over extras when it checks hashes itself.
PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-input
LOCKED := $(PIP_INSTALL) --require-hashes --no-deps --requirement

.DEFAULT_GOAL := help
.PHONY: help env dev run demo test check ui bench evaluate golden dictionary lock clean

help: ## say what there is
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' Makefile

env: $(VENV)/.installed ## make the environment that runs the pipeline
dev: $(VENV)/.installed-dev ## the same, with the tools that test and check it

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	    || { echo 'Python 3.11 or newer is needed; name it with PYTHON=python3.11'; exit 1; }
	@$(PYTHON) -m venv $(VENV) \
	    || { rm -rf $(VENV); echo 'On Debian: apt-get install python3-venv'; exit 1; }

$(VENV)/.installed: requirements.lock pyproject.toml | $(BIN)/python
	@echo 'Installing the locked packages into $(VENV); the first time takes about a minute ...'
	@$(LOCKED) requirements.lock
	@$(PIP_INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.installed-dev: requirements-dev.lock $(VENV)/.installed
	@echo 'Installing the tools for tests and checks ...'
	@$(LOCKED) requirements-dev.lock
	@touch $@

run: $(VENV)/.installed demo ## run the day for the demo company: sources to published warehouse
	@$(BIN)/holdfast run

# The mark is made last, so that files of an interrupted generation are written again.
demo: $(HOLDFAST_HOME)/landing/.demo-complete ## write the demo company's files, if they are not there
$(HOLDFAST_HOME)/landing/.demo-complete: | $(VENV)/.installed
	@echo "Writing the demo company's files ..."
	@$(BIN)/python -m demo --out "$(HOLDFAST_HOME)"
	@touch "$@"

# A file's tests stay in one process, and files are taken in the order that tests/conftest.py puts
# them in, the longest first.
# Threads that wait must not spin, or they take the cores of the other processes.
test: dev ## run every test, in as many processes as there are cores
	@OMP_WAIT_POLICY=passive $(BIN)/python -m pytest --numprocesses auto --dist loadfile \
	    --no-loadscope-reorder

check: dev ## lint, types, SQL style and the contracts of what is published
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@HOLDFAST_WAREHOUSE=:memory: $(BIN)/sqlfluff lint --processes 2 dbt_project/models
	@$(BIN)/python -m pytest --quiet tests/contracts

ui: env ## the Dagster UI and the MLflow UI on the loopback address, until Ctrl-C
	@$(BIN)/holdfast ui

bench: env ## time and memory against the same work done by hand
	@$(BIN)/python -m benchmarks

evaluate: dev ## the models beside their peers on public data, and the demo's planted truth
	@$(BIN)/python -m evaluation

# Another commit: make golden BASE=main~3
BASE ?= HEAD
golden: dev ## compare every figure of the working tree with those of a commit, to the last bit
	@$(BIN)/python -m golden --base "$(BASE)"

dictionary: env ## write docs/data_dictionary.md from the contracts
	@$(BIN)/python -m cli.data_dictionary

lock: dev ## resolve the pinned packages again, both locks to the same versions
	@$(BIN)/uv pip compile pyproject.toml $(UV_LOCK) --group build --group dev -o requirements-dev.lock
	@$(BIN)/uv pip compile pyproject.toml $(UV_LOCK) --group build -c requirements-dev.lock -o requirements.lock

UV_LOCK := --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
    --no-emit-index-url --no-emit-find-links

clean: ## remove the environment and caches; state under HOLDFAST_HOME stays
	@rm -rf $(VENV) *.egg-info .golden .mypy_cache .pytest_cache .ruff_cache
