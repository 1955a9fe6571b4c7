# `make demo` and `make test` are all you need; both build .venv from requirements.lock first.
# A fresh machine needs Python 3.11 or newer. With npm and Node 20.19 or newer the islands are built
# too; without, the screens do without the routing editor.

PYTHON ?= python3
BIN    := .venv/bin
# Another lock or another pyproject.toml is another stamp, and the environment is brought up to it.
READY  := .venv/ready-$(shell cat requirements.lock pyproject.toml | cksum | cut -d' ' -f1)
MADE   := $(READY) islands

.PHONY: help demo test check bench soak screenshots peers lock islands clean

help:  ## this list
	@grep -E '^[a-z]+:.*##' Makefile | sed -E 's/:.*##/\t/' | expand -t 8

demo: $(MADE)  ## a running plant in one terminal, http://127.0.0.1:8080
	$(BIN)/routecard demo

test: check  ## every check and every test but soak and bench
	$(BIN)/pytest -n 2

check: $(MADE)  ## format, lint, types, who imports whom: under a minute
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

bench: $(MADE)  ## measure, print a table, write bench.json
	$(BIN)/python -m tests.bench

soak: $(MADE)  ## the long forms of fuzz, oracle, kill and endurance tests
	$(BIN)/pytest -m soak

screenshots: $(MADE)  ## every screen, light and dark, desk, tablet and phone, into build/screenshots
	$(BIN)/python -m tests.support.tour

# Debian: apt-get install libmodbus-dev gcc pkg-config. Scripts of packages are not run.
PEERS := tests/adapters/peers
peers: $(PEERS)/node_modules/.package-lock.json build/peers/modbus_server  ## other people's OPC UA and Modbus servers, for the tests

$(PEERS)/node_modules/.package-lock.json: $(PEERS)/package-lock.json
	npm ci --prefix $(PEERS) --ignore-scripts --omit=optional --no-audit --no-fund --loglevel=error

build/peers/modbus_server: $(PEERS)/modbus_server.c
	@mkdir -p $(@D)
	$(CC) -O2 -Wall -o $@ $< $$(pkg-config --cflags --libs libmodbus)

lock: $(READY)  ## resolve requirements.lock again, from the ranges of pyproject.toml
	@uv=$$(command -v uv || echo $(BIN)/uv); \
	$$uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --upgrade \
	    --generate-hashes --no-emit-index-url --no-emit-find-links --no-annotate \
	    --custom-compile-command 'make lock' --quiet --output-file requirements.lock

islands: $(READY)  ## build the scripts that need a bundler; nothing when they are up to date
	@$(BIN)/python api/islands/build.py --try

clean:  ## forget the environment and every cache
	rm -rf .venv api/web/static/dist api/islands/node_modules .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis build dist *.egg-info

# uv when the machine has it, else a uv of our own inside .venv.
$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	    || { echo 'Routecard needs Python 3.11 or newer: make PYTHON=/path/to/python3.11 …'; exit 1; }
	@command -v uv > /dev/null || $(PYTHON) -c 'import ensurepip' 2> /dev/null \
	    || { echo 'Python came without its venv module. On Debian: apt-get install python3-venv'; exit 1; }
	@set -e; \
	if command -v uv > /dev/null; then \
	    uv=uv; test -x $(BIN)/python || uv venv --quiet --python $(PYTHON) .venv; \
	else \
	    uv=$(BIN)/uv; test -x $(BIN)/python || $(PYTHON) -m venv .venv; \
	    test -x $$uv || $(BIN)/python -m pip install --quiet uv; \
	fi; \
	export VIRTUAL_ENV=$(CURDIR)/.venv; \
	$$uv pip install --quiet --require-hashes -r requirements.lock; \
	$$uv pip install --quiet --no-deps -e .; \
	rm -f .venv/ready-*; \
	touch $@
