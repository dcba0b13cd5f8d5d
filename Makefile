# Every command of the project. `make` alone lists them.
PYTHON ?= python3
BIN := .venv/bin
DATA ?= ../shared/data
DEMO := build/demo
MUTANTS ?= 5000
FUZZ_SECONDS ?= 60
LOCKED := pip install --quiet --retries 10 --require-hashes
QUICK := pytest -m 'not slow and not browser and not training and not weights and not processors and not prism and not kafka and not iceberg and not pubsub and not flink and not spark and not dataflow and not airflow'
REST := $(subst not ,,$(subst and not,or,$(QUICK)))
SERVED := prism or kafka or iceberg or pubsub or flink or spark or dataflow or airflow
LONG := pytest -m '($(subst ',,$(subst pytest -m ,,$(REST)))) and not ($(SERVED))'
PARALLEL := -n auto --dist loadfile
SELF := pip install --quiet --no-deps --no-build-isolation

.DEFAULT_GOAL := help
.PHONY: help prism kafka-expansion services setup demo test test-lowest lock long check format-check lint types layers research-test test-all test-rest test-served test-long docs figures fuzz fuzz-guided fix storage-emulator flink spark airflow wheel bench train clean

help:  ## List the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# Every environment is what a lock file says, to the byte; `docassay` itself is this folder.
.venv/.run: pyproject.toml requirements/build.lock requirements/run.lock
	$(PYTHON) -m venv .venv
	$(BIN)/$(LOCKED) -r requirements/build.lock
	$(BIN)/$(LOCKED) -r requirements/run.lock
	PYTHONWARNINGS=ignore $(BIN)/$(SELF) --editable .
	@touch $@

.venv/.dev: .venv/.run requirements/dev.lock
	$(BIN)/$(LOCKED) -r requirements/dev.lock
	@touch $@

.venv/.train: .venv/.dev requirements/train.lock
	$(BIN)/$(LOCKED) -r requirements/train.lock
	@touch $@

.venv/.research: .venv/.train research/requirements.lock
	$(BIN)/$(LOCKED) -r research/requirements.lock
	@touch $@

setup: .venv/.dev  ## Install everything but PyTorch into .venv

demo: .venv/.run  ## Run the main job on the shipped samples and show what it found
	@rm -rf $(DEMO)
	@$(BIN)/docassay samples $(DEMO)/samples
	@$(BIN)/docassay batch $(DEMO)/samples --out $(DEMO)/tables
	@$(BIN)/docassay show $(DEMO)/tables

test: .venv/.dev  ## Pass the tests that need neither minutes nor more than Python
	OMP_NUM_THREADS=1 $(BIN)/$(QUICK) $(PARALLEL)

check: format-check lint types layers docs test-all  ## Every check of CI, which also runs wheel, demo and test

format-check: .venv/.dev
	$(BIN)/ruff format --check .

lint: .venv/.dev
	$(BIN)/ruff check .

types: .venv/.dev
	$(BIN)/mypy

layers: .venv/.dev
	$(BIN)/lint-imports

research-test: .venv/.dev  ## Pass the quick tests of research/
	$(BIN)/$(QUICK) research/tests

test-all: .venv/.research services  ## Pass every test
	$(BIN)/pytest tests research/tests

test-rest: .venv/.research services  ## Pass the tests that `make test` and `make research-test` leave out
	$(BIN)/$(REST) tests research/tests

test-served: .venv/.research services  ## Pass those of them that start a runner, a broker or an emulator
	$(BIN)/pytest -m '$(SERVED)'

test-long: .venv/.research services  ## Pass the others of them
	$(BIN)/$(LONG) tests research/tests

figures: .venv/.dev  ## Print what a start, a document, a test and the code cost; SAVE=1 keeps that
	$(BIN)/python -m research.figures --data $(DATA) $(if $(SAVE),--save)

docs: .venv/.dev
	$(BIN)/python -m research.pages --check

fix: .venv/.dev  ## Format, and fix what the linter can
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

CACHE := $(HOME)/.cache/docassay
JARS := org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies -DincludeScope=runtime

GO := command -v go >/dev/null || { echo "this is built with Go 1.25 or newer: https://go.dev/dl" >&2; exit 2; }
MAVEN := command -v mvn >/dev/null || { echo "this needs Maven and Java 17: apt-get install maven openjdk-17-jdk-headless" >&2; exit 2; }

$(CACHE)/prism:
	@$(GO)
	GOBIN=$(CACHE) go install github.com/apache/beam/sdks/v2/go/cmd/prism@v2.77.0

$(CACHE)/kafka-expansion/.ready: deploy/kafka/pom.xml deploy/kafka/docassay/Gate.java
	@$(MAVEN)
	@rm -rf $(@D)
	mvn -q -B -f $< $(JARS) -DoutputDirectory=$(@D)
	javac -cp '$(@D)/*' -d $(@D)/classes deploy/kafka/docassay/Gate.java
	@touch $@

$(CACHE)/kafka-broker/.ready: tests/services/kafka/pom.xml
	@$(MAVEN)
	@rm -rf $(@D)
	mvn -q -B -f $< $(JARS) -DoutputDirectory=$(@D)
	@touch $@

$(CACHE)/iceberg-catalog/.ready: tests/services/iceberg/pom.xml
	@$(MAVEN)
	@rm -rf $(@D)
	mvn -q -B -f $< $(JARS) -DoutputDirectory=$(@D)
	@touch $@

$(CACHE)/iceberg-spark/.ready: tests/services/iceberg-spark/pom.xml
	@$(MAVEN)
	@rm -rf $(@D)
	mvn -q -B -f $< $(JARS) -DoutputDirectory=$(@D)
	@touch $@

prism: $(CACHE)/prism  ## Build Beam's runner for streams on one machine (needs Go)

kafka-expansion: $(CACHE)/kafka-expansion/.ready  ## Fetch the Java side of Beam's Kafka connector (needs Maven)

services: prism kafka-expansion $(CACHE)/kafka-broker/.ready $(CACHE)/iceberg-catalog/.ready $(CACHE)/iceberg-spark/.ready storage-emulator flink spark airflow  ## Fetch all that the tests start

storage-emulator: build/bin/fake-gcs-server  ## Build the storage emulator that the test of Dataflow needs (Go)

build/bin/fake-gcs-server:
	@$(GO)
	GOBIN=$(CURDIR)/build/bin go install github.com/fsouza/fake-gcs-server@v1.56.1

airflow: build/airflow/.done  ## Install Airflow for the test of the nightly batch, in an environment of its own

build/airflow/.done: deploy/airflow/requirements.txt requirements/build.lock
	$(PYTHON) -m venv --clear build/airflow
	build/airflow/bin/$(LOCKED) -r requirements/build.lock
	build/airflow/bin/$(LOCKED) -r deploy/airflow/requirements.txt
	@touch $@

flink: build/flink/.done  ## Fetch the jars of a Flink cluster and of Beam's job server (Maven, PyPI)

build/flink/.done: deploy/flink/pom.xml requirements/flink.lock .venv/.run
	@$(MAVEN)
	rm -rf build/flink
	mvn -q -B -f deploy/flink/pom.xml dependency:copy-dependencies -DoutputDirectory=$(CURDIR)/build/flink/job-server
	$(BIN)/$(LOCKED) --no-deps --no-build-isolation --target build/flink/cluster -r requirements/flink.lock
	@touch $@

spark: build/spark/.done  ## Fetch the jars of Spark and of Beam's job server for it (Maven)

build/spark/.done: deploy/spark/pom.xml
	@$(MAVEN)
	@rm -rf $(@D)
	mvn -q -B -f $< $(JARS) -DoutputDirectory=$(CURDIR)/$(@D)/jars
	@touch $@

test-lowest: build/lowest/.done  ## Pass the quick tests with the oldest versions that pyproject.toml allows
	build/lowest/bin/$(QUICK)

build/lowest/.done: pyproject.toml requirements/build.lock requirements/lowest.lock
	$(PYTHON) -m venv --clear build/lowest
	build/lowest/bin/$(LOCKED) -r requirements/build.lock
	build/lowest/bin/$(LOCKED) -r requirements/lowest.lock
	PYTHONWARNINGS=ignore build/lowest/bin/$(SELF) --editable .
	@touch $@

UV := build/uv/bin/uv
COMPILE = $(UV) pip compile --quiet --generate-hashes --no-annotate --custom-compile-command 'make lock' $(UPGRADE)
UNIVERSAL = $(COMPILE) --universal --python-version 3.11

lock: $(UV)  ## Write the lock files anew from pyproject.toml (UPGRADE=--upgrade for the newest versions)
	$(UNIVERSAL) requirements/build.in -o requirements/build.lock
	$(UNIVERSAL) pyproject.toml --all-extras -o requirements/train.lock
	$(UNIVERSAL) research/pyproject.toml -c requirements/train.lock --no-emit-package docassay -o research/requirements.lock
	$(UNIVERSAL) pyproject.toml -c requirements/train.lock -o requirements/run.lock
	$(UNIVERSAL) pyproject.toml -c requirements/train.lock --extra dev -o requirements/dev.lock
	$(UNIVERSAL) pyproject.toml -c requirements/train.lock --extra gcp --extra aws --extra einvoice --extra kafka --extra ocr -o requirements/cloud.lock
	@rm -f requirements/lowest.lock # what it has would be kept, and is not the lowest of new bounds
	$(COMPILE) pyproject.toml --python-version 3.11 --resolution lowest-direct --extra dev -o requirements/lowest.lock
	$(UNIVERSAL) requirements/flink.in --no-deps -o requirements/flink.lock
	$(UNIVERSAL) requirements/fuzz.in --no-deps -o requirements/fuzz.lock
	$(UNIVERSAL) deploy/airflow/requirements.in -o deploy/airflow/requirements.txt

$(UV):
	$(PYTHON) -m venv build/uv
	build/uv/bin/pip install --quiet uv==0.13.9

wheel: .venv/.dev  ## Build the wheel twice, install it beside a user's own packages, run documents
	$(BIN)/python tests/wheels.py build/wheel
	$(PYTHON) -m venv build/wheel/venv
	build/wheel/venv/bin/$(LOCKED) -r requirements/run.lock
	build/wheel/venv/bin/pip install --quiet --no-deps build/wheel/docassay-*.whl
	cd build/wheel/project && ../venv/bin/python main.py && ../venv/bin/python -m docassay explain lease.txt
	cd build/wheel/project && ../venv/bin/docassay samples samples && ../venv/bin/docassay batch samples --out tables

.venv/.fuzz: .venv/.dev requirements/fuzz.lock
	$(BIN)/$(LOCKED) --no-deps -r requirements/fuzz.lock
	@touch $@

fuzz: .venv/.dev  ## Read changed documents as batches (MUTANTS=5000)
	$(BIN)/python -m research.benchmarks.fuzz --mutants $(MUTANTS)

fuzz-guided: .venv/.fuzz  ## Fuzz each reader by coverage; it may find what it has never found (FUZZ_SECONDS=60)
	$(BIN)/python -m research.benchmarks.fuzz.guided --seconds $(FUZZ_SECONDS)

long: bench train  ## What takes longer than CI may: bench (some three hours), train (two hours)

bench: .venv/.dev services  ## Measure docs/speed.md again (some three hours; the machine must be idle)
	$(BIN)/python -m research.benchmarks

train: .venv/.research  ## Train the shipped encoder further from $(DATA), and what rests on it (two hours)
	$(BIN)/python -m research.encoder all --data $(DATA) --start models/shipped/minilm --tokens 15000000
	mkdir -p build/real && tar xJf $(DATA)/real/letter_german.tar.xz -C build/real
	for archive in $(DATA)/more/*.tar.xz; do \
	  folder=build/more/$$(basename $$archive .tar.xz); mkdir -p $$folder && tar xJf $$archive -C $$folder || exit 1; done
	$(BIN)/python -m research.personal.train --data $(DATA) --more build/more --real build/real

clean:  ## Remove what these commands made
	rm -rf build .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis
