# Everything here is a line or two that you could type yourself.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
STUDIO ?= .venv-studio

.PHONY: help setup studio demo test e2e pictures kills check docs package format bench recordings clean

help:  ## what can be made
	@awk -F ':.*## ' '/^[a-z0-9]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' Makefile

setup: $(VENV)/.installed  ## an environment with everything, at the pinned versions

$(VENV)/.installed: pyproject.toml constraints.txt
	$(PYTHON) deploy/python_version.py
	$(PYTHON) -m venv $(VENV)
	@echo 'Installing torch, then some 200 packages: a long download the first time'
	$(BIN)/python -m pip install --disable-pip-version-check -c constraints.txt torch==2.13.0
	$(BIN)/python -m pip install --disable-pip-version-check -c constraints.txt -e '.[dev]'
	touch $@

studio: $(STUDIO)/.installed  ## Label Studio, whose pins clash with Prefect's, in an environment of its own

$(STUDIO)/.installed: deploy/studio-constraints.txt
	@echo 'Installing Label Studio and some 150 packages into $(STUDIO): minutes the first time'
	$(PYTHON) -m venv $(STUDIO)
	$(STUDIO)/bin/python -m pip install --disable-pip-version-check -c deploy/studio-constraints.txt label-studio waitress
	touch $@

demo: setup  ## photographs described aloud become a released dataset, offline
	$(BIN)/python -m annotate demo

test: setup  ## every test but those in Label Studio and Chromium, two at a time
	$(BIN)/python -m pytest -m "not browser" -n 2 --dist loadfile --durations=20

e2e: setup studio  ## the tests in a real Label Studio and real browsers, two at a time; needs Chromium and Firefox
	CI_E2E=1 $(BIN)/python -m pytest -m browser -n 2 --dist loadfile --no-loadscope-reorder --durations=20

PICTURES := tests/artifacts/pictures
pictures: setup studio  ## pictures of what people see, into tests/artifacts/pictures and docs/screens
	CI_E2E=1 ANNOTATE_PICTURES="$(CURDIR)/$(PICTURES)" $(BIN)/python -m pytest \
		$(addprefix tests/e2e/studio/test_,pictures.py review_pictures.py second_look.py try.py) \
		tests/integration/test_release_pictures.py
	$(BIN)/python tools/screens.py $(PICTURES)

kills: setup  ## kill a run with -9 at a hundred random moments, each run again to its end
	ANNOTATE_KILLS=100 $(BIN)/python -m pytest tests/e2e/test_kill.py tests/e2e/test_kill_backup.py

check: setup  ## style, types and import layers
	$(BIN)/ruff check . && $(BIN)/ruff format --check .
	$(BIN)/python -m mypy
	$(BIN)/lint-imports

docs: setup  ## the documentation as a site in build/site, with search; a broken link fails
	$(BIN)/python tools/docs_site.py

PACKAGING := $(VENV)-package
package:  ## the wheel in dist/, checked, installed into an empty environment, and run there
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

bench: setup  ## speed, side by side with what you would use instead
	$(BIN)/python benchmarks/lake.py
	$(BIN)/python benchmarks/asr.py

recordings: setup  ## make the demo's recordings, traces and truth again from its narrations
	$(BIN)/python tools/demo_data

clean:  ## remove environments and caches; never data
	rm -rf $(VENV) $(STUDIO) $(PACKAGING) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find annotate flows tests benchmarks deploy -name __pycache__ -prune -exec rm -rf {} +
