# make reproduce: images to tables, by the preset in params.yaml. make test: the tests.
# Both create .venv from requirements.lock first if need be; Python >= 3.11, git and make suffice.
SHELL := /bin/bash
PYTHON ?= python3
CORES ?= 1
VENV := .venv
# The rules call `python`: it must be the one with the packages.
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)

.PHONY: reproduce tables test lint format preset lock clean

reproduce: $(VENV)/.complete
	snakemake --cores $(CORES) all

# Tables and plots anew from the metrics that are there, e.g. after git clone and dvc pull; never trains.
tables: $(VENV)/.complete
	snakemake --cores $(CORES) --workflow-profile workflow/profiles/tables --forcerun table figure draw summary -- all

test: $(VENV)/.complete
	pytest --numprocesses 2 --dist loadfile

lint: $(VENV)/.complete
	ruff check .
	ruff format --check .
	snakefmt --check Snakefile workflow/rules/*.smk

format: $(VENV)/.complete
	ruff check --fix .
	ruff format .
	snakefmt Snakefile workflow/rules/*.smk

# make preset NAME=paper: replace params.yaml by a preset.
preset:
	@test -f "workflow/presets/$(NAME).yaml" || { echo "error: no preset '$(NAME)'. Choose NAME from:" $(notdir $(basename $(wildcard workflow/presets/*.yaml))) >&2; exit 1; }
	cp workflow/presets/$(NAME).yaml params.yaml

# The environment counts as complete only when everything is in it: a broken install starts again.
$(VENV)/.complete: requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "error: $(PYTHON) is older than Python 3.11. Set PYTHON=python3.11 or newer" >&2; exit 1; }
	rm -rf $(VENV)
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/python -m pip install --quiet --requirement requirements.lock
	touch $@

# Resolve the newest versions of the direct dependencies and freeze them; torch stays where it is.
lock:
	rm -rf $(VENV)
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/python -m pip install --quiet "$$(grep '^torch==' requirements.lock)" '.[dev]'
	{ head -2 requirements.lock; $(VENV)/bin/python -m pip freeze --exclude sr-nas-reproduction | sed 's/+[a-z0-9.]*$$//'; } > requirements.lock.new
	mv requirements.lock.new requirements.lock
	touch $(VENV)/.complete

clean:
	rm -rf $(VENV) .pytest_cache .ruff_cache
