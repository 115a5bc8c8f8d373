# Everything a person does in this checkout. `make` alone lists it.
STACK  ?= dev
PYTHON ?= python3

VENV    := .venv/bin
SANDBOX := $(VENV)/python -m sandbox
# Python files that this project has written.
SOURCES := __main__.py components docs flink_sql grants prove provider_kit sandbox settings tests vvp_provider
# What `make check` reads: the file of a stack that was named, or all of them.
STACK_FILES := $(if $(filter file,$(origin STACK)),$(wildcard Pulumi.*.yaml examples/Pulumi.*.yaml),Pulumi.$(STACK).yaml)

.DEFAULT_GOAL := help
.PHONY: help venv up preview refresh destroy prove env down clean status memory test test-unit test-program test-sandbox test-matrix lint check hooks format docs lock
# Where `make prove` runs: in the sandbox, or on the account of this shell's session, for which no sandbox is started.
TARGET        ?= sandbox
PROVE_sandbox := $(SANDBOX) prove
PROVE_account := $(VENV)/python -m prove
PROVE          = $(or $(PROVE_$(TARGET)),$(error TARGET is sandbox or account, not $(TARGET)))

# Commands share the sandbox and the terminal.
.NOTPARALLEL:

help: ## list the targets
	@echo 'make TARGET [STACK=dev]'
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {gsub(/\$$\$$/, "$$"); printf "  %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

venv: ## make the Python environment (.venv) if it is missing; every other target does so first
	@$(PYTHON) -m sandbox.build.bootstrap

up: venv ## start the sandbox, preview and deploy the stack, print its outputs (DIFF=1: every property)
	@$(SANDBOX) up --stack $(STACK)

preview: venv ## show what `up` would change (DIFF=1: every property)
	@$(SANDBOX) preview --stack $(STACK)

refresh: venv ## compare the state with the cloud and the cluster, and take over what differs
	@$(SANDBOX) refresh --stack $(STACK)

destroy: venv ## remove all that the stack made
	@$(SANDBOX) destroy --stack $(STACK)

prove: venv ## try who can touch what, against what the stack file says (TARGET=account: on a real account; YES=1: do not ask)
	@$(PROVE) --stack $(STACK)

env: venv ## print what a shell needs for kubectl, aws, helm and pulumi: eval "$$(make -s env)"
	@$(SANDBOX) env --stack $(STACK)

status: venv ## show the sandbox's services
	@$(SANDBOX) status

memory: venv ## show the memory that each service holds
	@$(SANDBOX) memory

down: venv ## stop the sandbox's services and keep their state
	@$(SANDBOX) down

clean: venv ## stop the sandbox's services and remove their state
	@$(SANDBOX) clean

test: lint test-unit test-program test-sandbox ## all of the following

lint: venv ## formatting, lint rules, types, which package may import which, dead code
	$(VENV)/ruff format --check $(SOURCES)
	$(VENV)/ruff check $(SOURCES)
	$(VENV)/pyright
	$(VENV)/lint-imports
	$(VENV)/vulture

test-unit: venv ## settings, names, policies and the sandbox's parts, each alone
	$(VENV)/python -m pytest tests/unit

test-program: venv ## the program on Pulumi's mocks
	$(VENV)/python -m pytest tests/program

test-sandbox: venv ## the program on the real engine against the sandbox, and the sandbox's parts beside it
	$(VENV)/python -m pytest tests/sandbox --numprocesses 2

test-matrix: venv ## the proof with every layout, engine, kind of identity and way to the bucket (about 12 minutes)
	$(VENV)/python -m pytest tests/sandbox -m matrix -o junit_family=xunit1 --junit-xml .sandbox/matrix.xml

check: venv ## look for faults in all stack files without an engine (STACK=dev: in that one)
	@$(VENV)/python -m settings check $(STACK_FILES)

hooks: venv ## look at every commit before it is made (.pre-commit-config.yaml)
	$(VENV)/pre-commit install --install-hooks

format: venv ## format the sources and repair what the linter can
	$(VENV)/ruff format $(SOURCES)
	$(VENV)/ruff check --fix $(SOURCES)

docs: venv ## make what is made from the models of the stack file: reference, schema, Pulumi.yaml
	$(VENV)/python docs/reference.py

lock: venv ## pin again what the requirements need in turn (constraints.txt), after changing a requirement
	$(VENV)/uv pip compile --quiet --universal --python-version 3.11 --no-annotate --no-header \
		requirements.txt sandbox/requirements.txt --output-file sandbox/constraints.txt
	$(VENV)/uv pip compile --quiet --universal --python-version 3.11 --no-annotate --no-header \
		sandbox/aws/requirements.txt --output-file sandbox/aws/constraints.txt
