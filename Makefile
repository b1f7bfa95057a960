# Each target makes what it needs: a machine with Python >= 3.10 (with venv) and make is enough.
# Another interpreter has an environment of its own: make test PYTHON=python3.13
PYTHON ?= python3
SUFFIX := $(patsubst python%,%,$(notdir $(PYTHON)))
VENV := .venv$(if $(filter 3,$(SUFFIX)),,-$(SUFFIX))
BENCH_VENV := .venv-bench
BIN := $(VENV)/bin
OUT := out
PIP = $(BIN)/python -m pip install --quiet --disable-pip-version-check
# What `make matrix` looks for, and the oldest releases that pyproject.toml allows.
PYTHONS := python3.10 python3.11 python3.12 python3.13
OLDEST := numpy==2.0.* sympy==1.13.* graphviz==0.20.*
# A campaign draws cases that nobody has tried yet: its seed is the day, or make campaign SEED=7
SEED ?= $(shell date +%y%m%d)

.PHONY: help demo test tests lint campaign matrix bench api

help:  ## print this list
	@grep -E '^[a-z]+:.*## ' Makefile | sed -E 's/:.*## /\t/'

$(BIN)/python:
	$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 10) and 'symgrad needs Python 3.10')"
	$(PYTHON) -m venv $(VENV)

$(VENV)/.test.stamp: pyproject.toml | $(BIN)/python
	$(PIP) -e '.[demo,test]' $(foreach c,$(CONSTRAINTS),'$(c)')
	touch $@

demo: $(VENV)/.test.stamp  ## train the lecture's net and the moons on compiled functions; pictures in out/
	$(BIN)/python examples/lecture.py --out $(OUT)
	$(BIN)/python examples/moons.py --out $(OUT)

test: $(VENV)/.test.stamp  ## run the tests, then the linter, the formatter and the type checker
	@tests=passed; lint=passed; \
	$(MAKE) --no-print-directory lint || lint=failed; \
	$(MAKE) --no-print-directory tests || tests=failed; \
	echo "tests $$tests, lint $$lint"; [ $$tests$$lint = passedpassed ]

tests: $(VENV)/.test.stamp  ## run the tests alone
	$(BIN)/python -m pytest -n auto --dist worksteal

lint: $(VENV)/.test.stamp  ## ruff check, ruff format --check, mypy --strict; each of them whatever the others say
	@status=0; \
	$(BIN)/ruff check . || status=1; \
	$(BIN)/ruff format --check . || status=1; \
	rm -rf build $(VENV)/installed; \
	$(PIP) --no-deps --target $(VENV)/installed . || status=1; \
	cd $(VENV)/installed && ../bin/mypy --config-file ../../pyproject.toml -p symgrad || status=1; \
	exit $$status  # mypy reads an installed package: an editable one hides codegen

campaign: $(VENV)/.test.stamp  ## try many more random programs, faults and points, with a seed that moves; hours
	@echo "CAMPAIGN=$(SEED)"
	CAMPAIGN=$(SEED) $(BIN)/python -m pytest -n auto --dist worksteal
	PYTHONPATH=tests/measures:tests/checker $(BIN)/python tests/mutation/emitted.py
	PYTHONPATH=tests/measures:tests/checker $(BIN)/python tests/mutation/compiler.py 10000

matrix:  ## run the tests on each Python that is installed, and with the oldest releases of what is needed
	@failed=; first=; for python in $(PYTHONS); do \
	    $$python -c '' 2>/dev/null || { echo "$$python: not installed"; continue; }; \
	    first=$${first:-$$python}; \
	    $(MAKE) --no-print-directory tests PYTHON=$$python || failed="$$failed $$python"; \
	done; \
	$(MAKE) --no-print-directory tests PYTHON=$$first VENV=.venv-oldest CONSTRAINTS="$(OLDEST)" \
	    || failed="$$failed oldest"; \
	echo "failed:$${failed:- none}"; [ -z "$$failed" ]

api: $(VENV)/.test.stamp  ## write API.md anew, the page of public names
	$(BIN)/python tests/project/api_page.py

# PyTorch first and alone: installed together with the others, it would bring its own toolchain.
$(BENCH_VENV)/.bench.stamp: pyproject.toml
	$(PYTHON) -m venv $(BENCH_VENV)
	$(BENCH_VENV)/bin/python -m pip install --quiet --disable-pip-version-check torch==2.13.0
	$(BENCH_VENV)/bin/python -m pip install --quiet --disable-pip-version-check -e '.[bench,demo,test]'
	touch $@

bench: $(BENCH_VENV)/.bench.stamp  ## time symgrad and its peers side by side, in one process
	OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 MKL_NUM_THREADS=1 \
	    $(BENCH_VENV)/bin/python -m pytest tests/benchmarks --benchmark-only --benchmark-disable-gc -s
