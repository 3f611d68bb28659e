# `make run` and `make test` work on a fresh machine: they need python3 (3.11 or newer) with venv and pip, and make.

PYTHON ?= python3
VENV ?= .venv
PORT ?= 8000
ARGS ?=
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check
# By file, in the order of the folders: those with few but long tests come before the many short ones.
WORKERS := -n 2 --dist loadfile --no-loadscope-reorder
LOCKS := base test build uv score peers
SOURCES := audit benchmarks config dataflow discovery governance keyring tests userstore

.DEFAULT_GOAL := help
.PHONY: help install install-test compiled chromium run test nightly bench score lint types check lock clean

help: ## List these targets
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' $(firstword $(MAKEFILE_LIST)) | expand -t 24

install: $(VENV)/.installed ## Install what the server needs into .venv, pinned and hashed

install-test: $(VENV)/.installed-test ## ... and what the tests need

run: install compiled ## Run everything on this machine: make run PORT=8000
	@$(BIN)/sealbook run --port $(PORT)

test: install-test compiled chromium ## Run the tests: make test ARGS="tests/keyring -k seal"
	$(BIN)/pytest $(WORKERS) -m "not nightly" $(ARGS)

nightly: install-test compiled chromium ## Run the long variants as well
	HYPOTHESIS_PROFILE=nightly $(BIN)/pytest $(WORKERS) $(ARGS)

bench: $(VENV)/.installed-peers ## Measure the ratios and print them with their bars
	$(BIN)/python -m benchmarks $(ARGS)

score: $(VENV)/.installed-score ## Measure how good the analysis of the book is, on simulated companies: make score ARGS="--seeds 5"
	$(BIN)/python -m benchmarks.score $(ARGS)

lint: install-test ## Check style
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: install-test ## Check types
	$(BIN)/mypy

check: lint types test ## Everything .ci/run does

lock: install-test ## Pin the newest versions that requirements/*.in allow
	for name in $(LOCKS); do \
	  $(BIN)/uv pip compile --quiet --upgrade --generate-hashes --no-emit-index-url --no-header \
	    --python-version 3.11 --output-file requirements/$$name.txt requirements/$$name.in || exit 1; \
	done

clean: ## Remove what was installed and cached; the data in .sealbook stays
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis *.egg-info

# uv where it works, else pip; both refuse a file whose hash is not in the lock. Both compile what they install: where
# PYTHONDONTWRITEBYTECODE is set, as it is in many containers, every process would do that anew, for seconds each.
define install_locked
	$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes --requirement $(1) \
	  || { echo "uv could not install $(1), trying pip"; $(PIP) install --require-hashes --requirement $(1); }
endef

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Sealbook needs Python 3.11 or newer: make PYTHON=/path/to/python3.11 ..."; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: $(BIN)/python requirements/base.txt requirements/build.txt requirements/uv.txt pyproject.toml
	@$(PIP) install --require-hashes --requirement requirements/uv.txt || echo "no uv here: pip does it"
	@$(call install_locked,requirements/base.txt)
	@$(call install_locked,requirements/build.txt)
	@$(PIP) install --no-index --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.installed-test: $(VENV)/.installed requirements/test.txt
	@$(call install_locked,requirements/test.txt)
	@touch $@

$(VENV)/.installed-score: $(VENV)/.installed-test requirements/score.txt
	@$(call install_locked,requirements/score.txt)
	@touch $@

$(VENV)/.installed-peers: $(VENV)/.installed-test requirements/peers.txt
	@$(call install_locked,requirements/peers.txt)
	@touch $@

compiled: $(VENV)/.installed
	@$(BIN)/python -m compileall -q $(SOURCES)

# The shell draws the same pages for half the work; a whole Chromium does where it cannot be had.
chromium:
	@if command -v chromium-headless-shell >/dev/null; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  echo "Installing Chromium for the browser tests"; \
	  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium-headless-shell >/dev/null; } \
	    || command -v chromium >/dev/null \
	    || { DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium >/dev/null; } \
	    || echo "Browser tests will be skipped: Chromium could not be installed"; \
	elif ! command -v chromium >/dev/null && ! command -v google-chrome >/dev/null; then \
	  echo "Browser tests will be skipped: no Chromium, and only root on Debian can install it from here"; \
	fi
