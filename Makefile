# Every command of the project. `make` alone lists them.
PYTHON ?= python3
BIN := .venv/bin
DATA ?= ../shared/data
DEMO := build/demo

.DEFAULT_GOAL := help
.PHONY: help setup demo test check format-check lint types layers test-all docs fix wheel bench train clean

help:  ## List the commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

.venv/.run: pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --upgrade pip
	$(BIN)/pip install --quiet --editable .
	@touch $@

.venv/.dev: .venv/.run
	$(BIN)/pip install --quiet --editable '.[dev]'
	@touch $@

.venv/.train: .venv/.dev
	$(BIN)/pip install --quiet --editable '.[dev,train]'
	@touch $@

setup: .venv/.dev  ## Install everything but PyTorch into .venv

demo: .venv/.run  ## Run the main job on the shipped samples and show what it found
	@rm -rf $(DEMO)
	@$(BIN)/docassay samples $(DEMO)/samples
	@$(BIN)/docassay batch $(DEMO)/samples --out $(DEMO)/tables
	@$(BIN)/docassay show $(DEMO)/tables

test: .venv/.dev  ## Pass the tests that need neither minutes nor PyTorch
	$(BIN)/pytest -m 'not slow and not training'

check: format-check lint types layers docs test-all  ## Exactly what CI runs

format-check: .venv/.dev
	$(BIN)/ruff format --check .

lint: .venv/.dev
	$(BIN)/ruff check .

types: .venv/.dev
	$(BIN)/mypy

layers: .venv/.dev
	$(BIN)/lint-imports

test-all: .venv/.train  ## Pass every test
	$(BIN)/pytest

docs: .venv/.dev
	$(BIN)/python -m benchmarks.readme --check

fix: .venv/.dev  ## Format, and mend what the linter can
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

wheel: .venv/.dev  ## Build the wheel, install it into a clean environment, run one document
	@rm -rf build/wheel && mkdir -p build/wheel
	$(BIN)/pip wheel --quiet --no-deps --wheel-dir build/wheel .
	$(PYTHON) -m venv build/wheel/venv
	build/wheel/venv/bin/pip install --quiet build/wheel/docassay-*.whl
	cd build/wheel && venv/bin/docassay samples samples && venv/bin/docassay batch samples --out tables

bench: .venv/.dev  ## Measure every figure of the README (half an hour; the machine must be idle)
	$(BIN)/python -m benchmarks

train: .venv/.train  ## Train the shipped models again from $(DATA)
	$(BIN)/python -m training all --data $(DATA)

clean:  ## Remove what these commands made
	rm -rf build .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis
