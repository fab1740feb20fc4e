# Everything Sluice can do on one machine. `make` alone lists it.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

UV_VERSION := 0.13.9
PYTHON ?= python3.13
UV := $(or $(shell command -v uv 2>/dev/null),.uv/bin/uv)
RUN := .venv/bin/
# Where the SAM CLI lives: it pins older versions of our own dependencies.
SAM := .venv-sam/bin/sam

.PHONY: help
help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  \1|\2/' | column -t -s '|'

# --- set-up ----------------------------------------------------------------------------------------------------------

.uv/bin/uv:
	@command -v $(PYTHON) >/dev/null || { echo "Sluice needs Python 3.13 ($(PYTHON) is not on the PATH; set PYTHON=/path/to/python3.13)"; exit 1; }
	$(PYTHON) -m venv .uv
	.uv/bin/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

.venv/.synced: pyproject.toml uv.lock | $(if $(findstring .uv,$(UV)),.uv/bin/uv)
	$(UV) sync --frozen --quiet --python $(PYTHON)
	@touch $@

.venv-sam/.synced: pyproject.toml uv.lock | $(if $(findstring .uv,$(UV)),.uv/bin/uv)
	UV_PROJECT_ENVIRONMENT=.venv-sam $(UV) sync --frozen --quiet --python $(PYTHON) --only-group sam
	@touch $@

tests/integration/node/node_modules/.synced: tests/integration/node/package-lock.json | .venv/.synced
	cd tests/integration/node && $(CURDIR)/.venv/bin/npm ci --silent
	@touch $@

.PHONY: setup node
setup: .venv/.synced ## Install what development needs into .venv
node: tests/integration/node/node_modules/.synced ## Install the JavaScript clients that the tests use

# --- the main job ----------------------------------------------------------------------------------------------------

.PHONY: local test
local: .venv/.synced ## Run the whole system on this machine and stream an answer (UPSTREAM=aws for real Bedrock)
	@$(RUN)python -m sluice_local $(if $(UPSTREAM),--upstream $(UPSTREAM)) $(ARGS)

test: .venv/.synced .venv-sam/.synced node build check sam-local ## Run every test and check
	@$(RUN)pytest $(ARGS)

# --- quality ---------------------------------------------------------------------------------------------------------

.PHONY: check format requirements
check: .venv/.synced ## Lint, types, layers of the architecture
	@$(RUN)ruff check
	@$(RUN)ruff format --check
	@$(RUN)mypy
	@$(RUN)lint-imports

format: .venv/.synced ## Format and fix what can be fixed
	@$(RUN)ruff format
	@$(RUN)ruff check --fix

requirements: | .venv/.synced ## Write the layers' hash-pinned requirements from uv.lock
	$(UV) export --quiet --frozen --no-emit-project --only-group layer-runtime --output-file layers/runtime/requirements.txt
	$(UV) export --quiet --frozen --no-emit-project --only-group layer-dependencies --output-file layers/dependencies/requirements.txt

.PHONY: clean
clean: ## Remove everything that make made, the environments too
	rm -rf .uv .venv .venv-sam .aws-sam .local .mypy_cache .pytest_cache .ruff_cache .hypothesis tests/integration/node/node_modules
