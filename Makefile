# Two targets do everything on a fresh machine: `make demo` and `make test`.
# Needed: Python 3.11 or newer with venv, make, and a way to the Python package registry.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: demo test unit lint bench bench-peers format clean

$(READY): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Forestall needs Python 3.11 or newer; say which with: make PYTHON=/path/to/python3"; exit 2; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --only-binary pyvroom 'pyvroom>=1.14' 2>/dev/null \
	  || echo "No wheel of pyvroom for this machine: the two tests with VROOM itself will be skipped."
	@touch $@

## The story on one screen. MAP=file.osm.pbf for your own map, ONCE=1 to end by itself.
demo: $(READY)
	$(BIN)/forestall demo $(if $(MAP),--map $(MAP)) $(if $(ONCE),--once) $(DEMO_ARGS)

## Everything that CI runs.
test: lint unit

unit: $(READY)
	$(BIN)/python -m pytest $(TEST_ARGS)

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

format: $(READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

## The table of the README. MAP=file.osm.pbf for another map; see tests/benchmarks.
bench: $(READY)
	$(BIN)/python -m tests.benchmarks $(if $(MAP),--map $(MAP)) $(BENCH_ARGS)

## Environment for the routers that the benchmark compares with (their wheels want Python 3.12).
PEERS_PYTHON ?= $(shell for p in python3.12 $$HOME/.pyenv/versions/3.12*/bin/python3.12; do \
  $$p -c 0 2>/dev/null && { echo $$p; break; }; done)
bench-peers:
	@test -n "$(PEERS_PYTHON)" || \
	  { echo "The peers' wheels need Python 3.12; say where it is with: make bench-peers PEERS_PYTHON=/path/to/python3.12"; exit 2; }
	$(PEERS_PYTHON) -m venv .venv-peers
	.venv-peers/bin/python -m pip install --quiet --disable-pip-version-check 'osrm-bindings>=26.7' 'pyvalhalla>=3.8'

clean:
	rm -rf $(VENV) .venv-peers var build dist .pytest_cache .ruff_cache .hypothesis .import_linter_cache
