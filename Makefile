# Every command of the project. `make` alone lists them.
PYTHON ?= python3
BIN := .venv/bin
DATA ?= ../shared/data
DEMO := build/demo

.DEFAULT_GOAL := help
.PHONY: help prism kafka-expansion services setup demo test check format-check lint types layers test-all docs fix storage-emulator flink airflow wheel bench train clean

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
	$(BIN)/pytest -m 'not slow and not training and not processors and not prism and not kafka and not pubsub and not flink and not dataflow and not airflow'

check: format-check lint types layers docs test-all  ## Every check of CI, which also runs wheel, demo and test

format-check: .venv/.dev
	$(BIN)/ruff format --check .

lint: .venv/.dev
	$(BIN)/ruff check .

types: .venv/.dev
	$(BIN)/mypy

layers: .venv/.dev
	$(BIN)/lint-imports

test-all: .venv/.train services  ## Pass every test
	$(BIN)/pytest

docs: .venv/.dev
	$(BIN)/python -m docassay.benchmarks.pages --check

fix: .venv/.dev  ## Format, and mend what the linter can
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

CACHE := $(HOME)/.cache/docassay
JARS := org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies -DincludeScope=runtime

$(CACHE)/prism:
	@command -v go >/dev/null || { echo "Prism is built with Go 1.25 or newer: https://go.dev/dl" >&2; exit 2; }
	GOBIN=$(CACHE) go install github.com/apache/beam/sdks/v2/go/cmd/prism@v2.77.0

$(CACHE)/kafka-expansion/.ready: deploy/kafka/pom.xml deploy/kafka/docassay/Gate.java
	@rm -rf $(@D)
	mvn -q -B -f $< $(JARS) -DoutputDirectory=$(@D)
	javac -cp '$(@D)/*' -d $(@D)/classes deploy/kafka/docassay/Gate.java
	@touch $@

$(CACHE)/kafka-broker/.ready: tests/services/kafka/pom.xml
	@rm -rf $(@D)
	mvn -q -B -f $< $(JARS) -DoutputDirectory=$(@D)
	@touch $@

prism: $(CACHE)/prism  ## Build Beam's runner for streams on one machine (needs Go)

kafka-expansion: $(CACHE)/kafka-expansion/.ready  ## Fetch the Java side of Beam's Kafka connector (needs Maven)

services: prism kafka-expansion $(CACHE)/kafka-broker/.ready storage-emulator flink airflow  ## Fetch all that the tests start

storage-emulator: build/bin/fake-gcs-server  ## Build the storage emulator that the test of Dataflow needs (Go)

build/bin/fake-gcs-server:
	GOBIN=$(CURDIR)/build/bin go install github.com/fsouza/fake-gcs-server@v1.56.1

airflow: build/airflow/.done  ## Install Airflow for the test of the nightly batch, in an environment of its own

build/airflow/.done: deploy/airflow/requirements.txt
	$(PYTHON) -m venv --clear build/airflow
	build/airflow/bin/pip install --quiet --no-deps -r deploy/airflow/requirements.txt
	@touch $@

flink: build/flink/.done  ## Fetch the jars of a Flink cluster and of Beam's job server (Maven, PyPI)

build/flink/.done: deploy/flink/pom.xml .venv/.run
	rm -rf build/flink
	mvn -q -B -f deploy/flink/pom.xml dependency:copy-dependencies -DoutputDirectory=$(CURDIR)/build/flink/job-server
	$(BIN)/pip install --quiet --no-deps --target build/flink/cluster apache-flink-libraries==1.15.4
	@touch $@

wheel: .venv/.dev  ## Build the wheel, install it into a clean environment, run one document
	@rm -rf build/wheel && mkdir -p build/wheel
	$(BIN)/pip wheel --quiet --no-deps --wheel-dir build/wheel .
	$(PYTHON) -m venv build/wheel/venv
	build/wheel/venv/bin/pip install --quiet build/wheel/docassay-*.whl
	cd build/wheel && venv/bin/docassay samples samples && venv/bin/docassay batch samples --out tables

bench: .venv/.dev services  ## Measure every figure of the README (an hour and a half; the machine must be idle)
	$(BIN)/python -m benchmarks

train: .venv/.train  ## Train the shipped encoder further from $(DATA), and what rests on it (two hours)
	$(BIN)/python -m docassay.training.encoder all --data $(DATA) --start models/shipped/minilm --tokens 15000000
	$(BIN)/python -m docassay.training.personal.train --data $(DATA)

clean:  ## Remove what these commands made
	rm -rf build .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis
