# Two commands do everything on a fresh machine with Python >= 3.11 and a Rust toolchain:
#   make demo    builds the package, packs examples/shards and prints the report and one colored row
#   make test    installs what the tests need, runs every check and every test, Rust and Python
#
# The package for use lives in .venv (optimized), the one for tests in .venv-test (development profile, so that
# Rust tests and the extension share their compiled dependencies). CARGO_TARGET_DIR is respected.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV ?= .venv
TEST_VENV ?= .venv-test
CARGO ?= cargo
TRL_VERSION ?= 1.16.0
CHECK_PYTHON = $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and \
	"Python >= 3.11 is needed, %s is %s; try make PYTHON=python3.12" % (sys.executable, sys.version.split()[0]))'

export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help demo test lint lint-rust lint-python test-rust test-python trl-templates deny advisories bench prove fuzz memcheck format clean develop

help: ## This list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 16

$(VENV)/pyvenv.cfg:
	@$(CHECK_PYTHON)
	$(PYTHON) -m venv $(VENV)

$(TEST_VENV)/installed: requirements-test.txt
	@$(CHECK_PYTHON)
	$(PYTHON) -m venv $(TEST_VENV)
	$(TEST_VENV)/bin/pip install --quiet --no-compile --requirement requirements-test.txt
	touch $@

demo: $(VENV)/pyvenv.cfg ## Build the package, pack the example shards, print the report and one colored row
	$(VENV)/bin/pip install --quiet --no-compile --upgrade .
	$(VENV)/bin/python examples/demo.py

develop: $(TEST_VENV)/installed ## Build the extension for the tests
	VIRTUAL_ENV=$(abspath $(TEST_VENV)) $(TEST_VENV)/bin/maturin develop --quiet

test: lint ## Every check and every test
	$(MAKE) --no-print-directory test-rust
	$(MAKE) --no-print-directory test-python
	$(MAKE) --no-print-directory deny

lint: ## Formatting, clippy, ruff, mypy: Rust and Python side by side
	$(MAKE) --no-print-directory --jobs=2 --output-sync=target lint-rust lint-python

lint-rust:
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets --quiet -- -D warnings

lint-python: $(TEST_VENV)/installed
	$(TEST_VENV)/bin/ruff check .
	$(TEST_VENV)/bin/ruff format --check .
	$(TEST_VENV)/bin/mypy

test-rust: $(TEST_VENV)/installed ## Rust tests, with the comparison with jinja2 in the environment of the tests
	export TOOLTRAIN_PYTHON="$${TOOLTRAIN_PYTHON:-$(abspath $(TEST_VENV))/bin/python}"; \
	if command -v cargo-nextest >/dev/null; then \
		$(CARGO) nextest run --workspace --tests --status-level fail; \
	else \
		$(CARGO) test --workspace --tests; \
	fi
	$(CARGO) test --workspace --doc --quiet

trl-templates: $(TEST_VENV)/installed ## Add the chat templates of TRL to the environment of the tests
	$(TEST_VENV)/bin/pip install --quiet --no-deps trl==$(TRL_VERSION)

test-python: develop ## Python tests
	$(TEST_VENV)/bin/python -m pytest --quiet

deny: ## Licenses, sources and bans of the dependencies, where cargo-deny is installed
	@if command -v cargo-deny >/dev/null; then \
		$(CARGO) deny --log-level error check bans licenses sources; \
	else \
		echo "cargo-deny is not installed: skipped"; \
	fi

advisories: ## Known vulnerabilities of the dependencies; needs cargo-deny and its database from the network
	$(CARGO) deny check advisories

prove: develop ## The whole proof that ids equal the reference's: about an hour, needs the folder of tokenizers and corpus
	$(CARGO) run --package tooltrain-bpe --example prove -- --threads 2
	$(TEST_VENV)/bin/python tests/proof/whole_corpus.py
	$(CARGO) test --workspace --test all each_turn_once -- --ignored

FUZZ ?= bpe
FUZZ_SECONDS ?= 300
HOST = $(shell rustc -vV | sed -n 's/^host: //p')

fuzz: ## Look for texts on which we and the reference differ, guided by coverage; FUZZ=bpe or json, FUZZ_SECONDS=300
	cd rust/$(FUZZ)/fuzz && mkdir -p corpus artifacts && $(CARGO) run --release --target $(HOST) -- \
		-max_total_time=$(FUZZ_SECONDS) -max_len=300 -artifact_prefix=artifacts/ corpus

memcheck: ## The tests of the vector code, and every pattern, under valgrind
	export CARGO_TARGET_$(shell echo $(HOST) | tr a-z- A-Z_)_RUNNER="valgrind --quiet --error-exitcode=9"; \
	$(CARGO) test --package tooltrain-bpe --lib && \
	$(CARGO) test --package tooltrain-bpe --test equality chosen_texts_of_every_pattern

bench: $(VENV)/pyvenv.cfg ## End to end against what people use today
	$(VENV)/bin/pip install --quiet --upgrade '.[bench]'
	$(VENV)/bin/python benches/end_to_end.py --corpus "$${TOOLTRAIN_SHARED:-../shared/data}/corpus"

format: $(TEST_VENV)/installed ## Format everything
	$(CARGO) fmt --all
	$(TEST_VENV)/bin/ruff check --fix .
	$(TEST_VENV)/bin/ruff format .

clean: ## Remove what was built
	$(CARGO) clean
	rm -rf $(VENV) $(TEST_VENV) out python/tooltrain_fast/*.so
