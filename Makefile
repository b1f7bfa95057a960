# Each target makes what it needs: a machine with Python >= 3.10 (with venv) and make is enough.
PYTHON ?= python3
VENV := .venv
BENCH_VENV := .venv-bench
BIN := $(VENV)/bin
OUT := out

.PHONY: help demo test lint bench

help:  ## print this list
	@grep -E '^[a-z]+:.*## ' Makefile | sed -E 's/:.*## /\t/'

$(BIN)/python:
	$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 10) and 'symgrad needs Python 3.10')"
	$(PYTHON) -m venv $(VENV)

$(VENV)/.test.stamp: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[demo,test]'
	touch $@

demo: $(VENV)/.test.stamp  ## train the lecture's net and the moons on compiled functions; pictures in out/
	$(BIN)/python examples/lecture.py --out $(OUT)
	$(BIN)/python examples/moons.py --out $(OUT)

test: $(VENV)/.test.stamp  ## run the tests, then the linter, the formatter and the type checker
	$(BIN)/python -m pytest -n auto --dist worksteal
	@$(MAKE) --no-print-directory lint

lint: $(VENV)/.test.stamp  ## ruff check, ruff format --check, mypy --strict
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	rm -rf build $(VENV)/installed  # mypy reads an installed package: an editable one hides codegen
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps \
	    --target $(VENV)/installed .
	cd $(VENV)/installed && ../bin/mypy --config-file ../../pyproject.toml -p symgrad

# PyTorch first and alone: installed together with the others, it would bring its own toolchain.
$(BENCH_VENV)/.bench.stamp: pyproject.toml
	$(PYTHON) -m venv $(BENCH_VENV)
	$(BENCH_VENV)/bin/python -m pip install --quiet --disable-pip-version-check torch==2.13.0
	$(BENCH_VENV)/bin/python -m pip install --quiet --disable-pip-version-check -e '.[bench,demo,test]'
	touch $@

bench: $(BENCH_VENV)/.bench.stamp  ## time symgrad and its peers side by side, in one process
	OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 MKL_NUM_THREADS=1 \
	    $(BENCH_VENV)/bin/python -m pytest tests/benchmarks --benchmark-only --benchmark-disable-gc -s
