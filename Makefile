# The two main commands are `make run` and `make test`. Both install their environment once. A run
# writes only below $HOLDFAST_HOME (default ./data).

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
BI := .venv-bi
export HOLDFAST_HOME ?= $(CURDIR)/data
export HOLDFAST_CONFIG ?= $(CURDIR)/config/demo.yml

# --no-deps: the lock is complete, and pip 23 fails on extras when it checks hashes itself.
PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-input
LOCKED := $(PIP_INSTALL) --require-hashes --no-deps --requirement

.DEFAULT_GOAL := help
.PHONY: help env dev run demo test campaign kills check style types sqlstyle contracts ui docs bench \
    evaluate golden dictionary sample bi bi-test bundle lock clean

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' Makefile

env: $(VENV)/.installed ## install the environment of the pipeline
dev: $(VENV)/.installed-dev ## the same, with the tools for tests and checks

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

run: $(VENV)/.installed demo ## run one day of the demo company, from sources to published file
	@$(BIN)/holdfast run

# The marker is written last, so that an interrupted generation starts again.
demo: $(HOLDFAST_HOME)/landing/.demo-complete ## write the demo company's files if they are missing
$(HOLDFAST_HOME)/landing/.demo-complete: | $(VENV)/.installed
	@echo "Writing the demo company's files ..."
	@$(BIN)/python -m demo --out "$(HOLDFAST_HOME)"
	@touch "$@"

# The tests of a file stay in one process. Files start in the order of tests/conftest.py, the longest
# first. Waiting threads must not spin, because other processes need the cores.
test: dev ## run all tests, one process a core
	@OMP_WAIT_POLICY=passive $(BIN)/python -m pytest --numprocesses auto --dist loadfile \
	    --no-loadscope-reorder

# The property tests and the tests of killed processes, with 50 times their examples and kills.
campaign: dev ## repeat the tests of properties and kills for hours
	@HOLDFAST_CAMPAIGN=50 OMP_WAIT_POLICY=passive $(BIN)/python -m pytest --numprocesses auto \
	    --dist loadfile -m campaign

# With more options: .venv/bin/python -m tests.kills --help
kills: dev ## kill run, retrain, backfill, erase, hand-over and prune 200 times, and compare every home
	@OMP_WAIT_POLICY=passive $(BIN)/python -m tests.kills

# Two at a time: mypy has one process, and sqlfluff waits for its own first.
check: dev ## lint, types, SQL style and the contract tests
	@$(MAKE) --no-print-directory --jobs 2 style types sqlstyle contracts

style:
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types:
	@$(BIN)/mypy

sqlstyle:
	@$(BIN)/python -m tests.lint_sql lint --processes 2 dbt_project/models

contracts:
	@$(BIN)/python -m pytest --quiet tests/contracts

ui: env ## serve the Dagster UI and the MLflow UI on the loopback address, until Ctrl-C
	@$(BIN)/holdfast ui

# dbt's own page needs no warehouse. It has lineage and descriptions; types are in the dictionary.
DBT := DBT_PROJECT_DIR=dbt_project DBT_PROFILES_DIR=dbt_project DBT_TARGET_PATH="$(CURDIR)/build/dbt" \
    DBT_LOG_PATH="$(CURDIR)/build/dbt" $(BIN)/dbt --quiet
docs: dev ## build the guides and dbt's lineage as a site, build/docs/index.html
	@$(DBT) parse
	@$(DBT) docs generate --static --empty-catalog --no-compile
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet --strict
	@echo 'The site is build/docs/index.html; with search: $(BIN)/python -m http.server -d build/docs'

bench: env ## measure time and memory against a hand-written reference
	@$(BIN)/python -m benchmarks

evaluate: dev ## compare the models with their peers on public data and on the demo's planted truth
	@$(BIN)/python -m evaluation

# Another commit: make golden BASE=main~3
BASE ?= HEAD
golden: dev ## compare every figure of the working tree with those of a commit, to the last bit
	@$(BIN)/python -m golden --base "$(BASE)"

dictionary: env ## write docs/data_dictionary.md from the dbt contracts
	@$(BIN)/python -m cli.data_dictionary

sample: run ## write docs/sample.md and docs/sample_brief.html from the demo's published file
	@$(BIN)/python -m cli.sample_page

bi: $(BI)/.installed ## serve the dashboards in Apache Superset on the loopback address, until Ctrl-C
	@$(BI)/bin/python -m bi.superset.local_server

bi-test: dev $(BI)/.installed ## import the dashboards into a fresh Superset, and compare every chart
	@OMP_WAIT_POLICY=passive $(BIN)/python -m pytest tests/bi

# Superset needs other versions of many packages, so it has an environment of its own.
$(BI)/.installed: bi/superset/requirements.lock | $(BIN)/python
	@echo 'Installing Apache Superset into $(BI); the first time takes about two minutes ...'
	@$(PYTHON) -m venv $(BI)
	@$(BI)/bin/python -m pip install --quiet --disable-pip-version-check --no-input \
	    --require-hashes --no-deps --requirement bi/superset/requirements.lock
	@touch $@

bundle: env ## write bi/superset/bundle from the dbt project and the descriptions of dashboards
	@$(BIN)/python -m bi.superset

lock: dev ## resolve the pinned packages again, with the same versions in both locks
	@$(BIN)/uv pip compile pyproject.toml $(UV_LOCK) --group build --group dev -o requirements-dev.lock
	@$(BIN)/uv pip compile pyproject.toml $(UV_LOCK) --group build -c requirements-dev.lock -o requirements.lock
	@$(BIN)/uv pip compile $(UV_LOCK) --group bi -o bi/superset/requirements.lock

UV_LOCK := --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
    --no-emit-index-url --no-emit-find-links

# Tools of their own, which uv installs into its cache: neither the pipeline nor its tests need them.
TOOL := $(BIN)/uv tool run --quiet --from
LOCKS := requirements.lock requirements-dev.lock bi/superset/requirements.lock

# --strict: a package that could not be looked up fails the audit, and so does a missing network.
audit: dev ## look up the known vulnerabilities of every locked package
	@for lock in $(LOCKS); do \
	    echo "$$lock"; \
	    $(TOOL) pip-audit==2.10.1 pip-audit --strict --require-hashes --disable-pip \
	        --progress-spinner off --requirement "$$lock" \
	    || { echo "Not passed: $$lock has known vulnerabilities, or they could not be looked up."; \
	         exit 1; }; \
	done

sbom: dev ## write the software bill of materials, build/sbom.json (CycloneDX)
	@mkdir -p build
	@$(TOOL) cyclonedx-bom==7.5.0 cyclonedx-py requirements requirements.lock \
	    --pyproject pyproject.toml --output-reproducible --of JSON -o build/sbom.json
	@echo 'The bill of materials is build/sbom.json'

clean: ## remove the environment and the caches, and keep HOLDFAST_HOME
	@rm -rf $(VENV) $(BI) build *.egg-info .golden .mypy_cache .pytest_cache .ruff_cache
