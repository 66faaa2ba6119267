# Python 3.11-3.13, pip and make are all that is needed; everything else is installed into .venv.
PY ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUN_STAMP := $(VENV)/.run-stamp
DEV_STAMP := $(VENV)/.dev-stamp
WORKERS ?= 2
DEMO ?= demo
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export STREAMLIT_BROWSER_GATHER_USAGE_STATS := false
.PHONY: help demo test soak app bench check clean

define install
	@$(PY) -c 'import sys; sys.exit(not (3,11)<=sys.version_info[:2]<(3,14))' || { echo "Python 3.11, 3.12 or 3.13 is needed: make PY=/path/to/python3.12 $@"; exit 2; }
	@[ -x $(BIN)/python ] || $(PY) -m venv $(VENV) 2>/dev/null || { rm -rf $(VENV); $(PY) -m venv --without-pip $(VENV); }
	@if [ -x $(BIN)/pip ]; then P="$(BIN)/python -m pip"; else P="$(PY) -m pip --python $(BIN)/python"; fi; \
	  $$P --version >/dev/null 2>&1 || { echo "pip is missing: install python3-venv or python3-pip"; exit 2; }; \
	  echo "installing from $(1) ..."; \
	  $$P install -q --require-hashes --no-deps --only-binary :all: -r $(1) && \
	  $$P install -q --no-deps --no-build-isolation -e . && touch $@
endef

$(RUN_STAMP): requirements.lock pyproject.toml
	$(call install,requirements.lock)

$(DEV_STAMP): requirements-dev.lock pyproject.toml
	$(call install,requirements-dev.lock)

help:  ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-7s%s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(RUN_STAMP)  ## the main job: a store with three example plants, their footprints and certificates, in demo/
	FOOTPRINT_HOME=$(DEMO)/home $(BIN)/footprint demo --out $(DEMO)

app: $(RUN_STAMP)  ## the pages, in a browser
	$(BIN)/footprint serve

test: $(DEV_STAMP)  ## all tests but the long counts (WORKERS=n, default 2)
	$(BIN)/python -m pytest -q -rsfE -n $(WORKERS)

soak: $(DEV_STAMP)  ## the long counts: random plants, planted faults, kills
	FOOTPRINT_SOAK=1 $(BIN)/python -m pytest -q -rsfE -n $(WORKERS) -m soak

check: $(DEV_STAMP)  ## style, types, import contracts
	$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy && $(BIN)/lint-imports

bench: $(DEV_STAMP)  ## our speed beside the best peers (BENCH="plate ledger" for some)
	$(BIN)/python -m benchmarks $(BENCH)

clean:  ## remove environments and the demo
	rm -rf $(VENV) .venv-brightway2 .venv-bench demo
