# What `sam build` puts into each layer and function. It runs `make --makefile packaging/<architecture>/Makefile
# build-<logical id>` in a copy of the resource's folder; the result belongs into ARTIFACTS_DIR. SAM tells a makefile
# build nothing about the architecture, so the template chooses it by the makefile's folder (`ContextPath`).
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c

PROJECT := $(abspath $(dir $(lastword $(MAKEFILE_LIST)))..)
# Bytecode is only valid for the minor version that made it: this must be the function's Python, with pip.
BUILD_PYTHON ?= $(or $(wildcard $(PROJECT)/.venv-sam/bin/python),python3.13)
# What Amazon Linux 2023 (glibc 2.34) can load.
PLATFORMS := manylinux_2_34_$(MACHINE) manylinux_2_28_$(MACHINE) manylinux_2_17_$(MACHINE) manylinux2014_$(MACHINE)

.PHONY: build-RuntimeLayer build-CommonLayer build-DependenciesLayer build-TracingLayer
.PHONY: build-GatewayFunction build-RefreshFunction

build-RuntimeLayer:
	$(check-python)
	$(fetch-wheels)
	cp -R streaming_runtime "$(ARTIFACTS_DIR)/python/"
	install -m 0755 streaming-runtime "$(ARTIFACTS_DIR)/streaming-runtime"
	$(call finish,/opt)

build-CommonLayer:
	$(check-python)
	mkdir -p "$(ARTIFACTS_DIR)/python"
	cp -R sluice "$(ARTIFACTS_DIR)/python/"
	$(call finish,/opt)

build-DependenciesLayer:
	$(check-python)
	$(fetch-wheels)
	@# Powertools' request router, with a web page's 2 MB of scripts: nothing here routes with it.
	rm -r "$(ARTIFACTS_DIR)/python/aws_lambda_powertools/event_handler"
	$(call finish,/opt)

build-TracingLayer:
	$(check-python)
	$(fetch-wheels)
	rm -r "$(ARTIFACTS_DIR)/python/wrapt-stubs"
	$(call finish,/opt)

build-GatewayFunction:
	$(check-python)
	cp -R gateway "$(ARTIFACTS_DIR)/"
	$(call finish,/var/task)

build-RefreshFunction:
	$(check-python)
	cp -R catalog_refresh "$(ARTIFACTS_DIR)/"
	$(call finish,/var/task)

define check-python
@"$(BUILD_PYTHON)" -c 'import sys, pip; sys.exit(sys.version_info[:2] != (3, 13))' \
	|| { echo "The build needs Python 3.13 with pip; $(BUILD_PYTHON) is not that. Set BUILD_PYTHON." >&2; exit 1; }
endef

# -I: nobody's PYTHONPATH, PYTHONPYCACHEPREFIX or user site takes part.
define fetch-wheels
"$(BUILD_PYTHON)" -I -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --no-compile \
	--no-deps --require-hashes --only-binary=:all: --python-version 3.13 --implementation cp $(PLATFORMS:%=--platform %) \
	--target "$(ARTIFACTS_DIR)/python" --requirement requirements.txt
endef

# Leaves what a function needs at run time, with the licences and the METADATA that vulnerability scanners read, and
# compiles it. Unchecked-hash: `/opt` and `/var/task` are read-only and their time stamps are not the sources', so any
# other bytecode would be compiled again at every cold start. $(1) is where the files will lie, for tracebacks.
define finish
rm -rf "$(ARTIFACTS_DIR)/python/bin"
find "$(ARTIFACTS_DIR)" -depth -type d \( -name __pycache__ -o -name tests \) -exec rm -r {} +
find "$(ARTIFACTS_DIR)" -type f \( -name '*.py[cio]' -o -name '*.c' -o -path '*.dist-info/RECORD' -o -path '*.dist-info/INSTALLER' \
	-o -path '*.dist-info/REQUESTED' -o -path '*.dist-info/direct_url.json' \) -delete
"$(BUILD_PYTHON)" -I -m compileall -q -f --invalidation-mode unchecked-hash -s "$(ARTIFACTS_DIR)" -p $(1) "$(ARTIFACTS_DIR)"
chmod -R u=rwX,go=rX "$(ARTIFACTS_DIR)"
endef
