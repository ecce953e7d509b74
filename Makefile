# make env: create .venv from requirements.lock (other targets do so if needed).
# make reproduce: run everything with the preset in params.yaml; CORES=8 uses eight cores.
# make verify: check without training (degradation, counts, released weights, the papers' prints), and show what came out.
# make tables: rebuild tables, plots and page from existing metrics; never trains.
# make preset NAME=paper: replace params.yaml by a preset.
# make record-demo: copy a finished demo run's numbers and pictures to docs/demo, and write them into README and docs.
# make record-study: write docs/study.md from a finished study, or docs/own_search.md from a finished run of compare.
# make parameters: rewrite docs/parameters.md, JSON Schemas and the comments of all presets from the declarations.
# make bench: time against plain references, as a table and as results/benchmarks/<machine>.json.
# make test: the tests, minutes on two cores. make test-all: with more cases of the same kinds.
# make test-browser: only the tests of the page in Chromium. make lint, make format: style.
# make test-faults: break a small run in many ways, repair it, and write docs/faults.md.
# make test-slurm: the pipeline on a one-node Slurm that the tests start and stop; installs Slurm as root.
# make fuzz: damaged and hostile files for as long as you like, FUZZ_EXAMPLES=1000 a test; make test has a few of each.
# make lock: newest versions into requirements.lock; make hashes: requirements.hashes from it. Both need a network.
# make check-cache: find damaged objects in DVC's cache.
# Python >= 3.11, git and make suffice.
SHELL := /bin/bash
PYTHON ?= python3
CORES ?= 1
FUZZ_EXAMPLES ?= 1000
VENV := .venv
PRESETS := $(basename $(notdir $(wildcard workflow/presets/*.yaml)))
# Long files first (tests/conftest.py orders them), so that both workers end together.
PARALLEL := --numprocesses 2 --dist loadfile --no-loadscope-reorder
# The rules call `python`: it must be the one with the packages.
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)

.PHONY: help env reproduce verify tables bench test test-all test-browser test-faults test-slurm fuzz check-cache lint format parameters record-demo record-study preset lock hashes clean

help:
	@grep -E '^# make ' Makefile | cut -c3-

env: $(VENV)/.complete

reproduce: $(VENV)/.complete
	snakemake --cores $(CORES) all

# Sets and checkpoints at hand: data.folders and data.releases of params.yaml.
verify: $(VENV)/.complete
	snakemake --cores 1 --quiet all -- verified
	@grep -h '^- ' results/logs/verify/{prints,counts,degradation,released}.log

# Rebuild tables, plots and page from existing metrics, e.g. after git clone and dvc pull; never trains.
tables: $(VENV)/.complete
	snakemake --cores $(CORES) --workflow-profile workflow/profiles/tables --forcerun table latex plot diagram crops metrics page -- all

bench: $(VENV)/.complete
	python -m benchmarks
	python -m benchmarks.scaling
	python -m workflow.readme_blocks

# If Chromium is missing and cannot be installed, the browser tests of the page are skipped with a message.
test: $(VENV)/.complete
	@tests/browser/chromium.sh || true
	pytest $(PARALLEL) -m "not thorough"

test-all: $(VENV)/.complete
	@tests/browser/chromium.sh || true
	pytest $(PARALLEL)

test-browser: $(VENV)/.complete
	@tests/browser/chromium.sh
	REQUIRE_BROWSER=1 pytest tests/browser

test-faults: $(VENV)/.complete
	FAULTS_TABLE=docs/faults.md pytest tests/workflow/test_faults.py tests/workflow/test_remote.py

test-slurm: $(VENV)/.complete
	@tests/cluster/packages.sh
	REQUIRE_SLURM=1 pytest tests/cluster

fuzz: $(VENV)/.complete
	FUZZ_EXAMPLES=$(FUZZ_EXAMPLES) pytest --timeout 0 --numprocesses 2 tests/fuzz

check-cache: $(VENV)/.complete
	python workflow/check_cache.py

# Style, types, and Snakemake's own lint; `make test` checks the same.
lint: $(VENV)/.complete
	ruff check .
	ruff format --check .
	snakefmt --check Snakefile workflow/Snakefile workflow/rules/*.smk
	mypy
	snakemake --quiet all --lint
	snakemake --quiet all --snakefile workflow/Snakefile --lint

format: $(VENV)/.complete
	ruff check --fix .
	ruff format .
	snakefmt Snakefile workflow/Snakefile workflow/rules/*.smk

record-demo: $(VENV)/.complete
	@tests/browser/chromium.sh
	python workflow/record_demo.py

record-study: $(VENV)/.complete
	python workflow/study/record.py

parameters: $(VENV)/.complete
	python workflow/parameters.py

# Checked by make itself and unexpanded, so that the shell sees no other name than a preset's.
preset:
	$(if $(filter-out 1,$(words $(value NAME)))$(filter-out $(PRESETS),$(value NAME)),$(error no preset '$(value NAME)'. Choose NAME from: $(PRESETS)))
	cp workflow/presets/$(value NAME).yaml params.yaml

# The environment is complete only when everything is installed; a broken install starts again.
$(VENV)/.complete: requirements.lock requirements.hashes
	@command -v $(PYTHON) >/dev/null || { echo "error: no $(PYTHON) on this machine. Set PYTHON= to a Python 3.11 or newer" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "error: $(PYTHON) is older than Python 3.11. Set PYTHON=python3.11 or newer" >&2; exit 1; }
	rm -rf $(VENV)
	$(PYTHON) -m venv $(VENV)
	@echo "Installing the packages of requirements.lock (some minutes)"
	$(VENV)/bin/python -m pip install --quiet --require-hashes --no-deps --requirement requirements.hashes
	$(VENV)/bin/python -m pip install --quiet --requirement requirements.lock
	touch $@

# Resolve the newest versions of the direct dependencies and freeze them; torch stays where it is.
lock:
	rm -rf $(VENV)
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/python -m pip install --quiet "$$(grep '^torch==' requirements.lock)" '.[pipeline,dev,export,heic,crate]'
	{ head -2 requirements.lock; $(VENV)/bin/python -m pip freeze --exclude sr-nas-reproduction | sed 's/+[a-z0-9.]*$$//'; } > requirements.lock.new
	mv requirements.lock.new requirements.lock
	$(MAKE) hashes
	touch $(VENV)/.complete

# SHA-256 of every file that the package index has for the locked versions, for any platform.
hashes:
	$(PYTHON) -m pip install --quiet --target $(VENV)/uv uv
	{ grep '^#' requirements.hashes; grep -v '^torch==' requirements.lock | $(VENV)/uv/bin/uv pip compile --quiet --universal --python-version 3.11 --no-deps --generate-hashes --no-header --no-annotate -; } > requirements.hashes.new
	mv requirements.hashes.new requirements.hashes

clean:
	rm -rf $(VENV) .pytest_cache .ruff_cache .mypy_cache
