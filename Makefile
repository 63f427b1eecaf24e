# Everything here is a line or two that you could type yourself.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
STUDIO ?= .venv-studio

.PHONY: setup studio demo test e2e check format bench recordings clean

setup: $(VENV)/.installed  ## an environment with everything, at the pinned versions

$(VENV)/.installed: pyproject.toml constraints.txt
	$(PYTHON) deploy/python_version.py
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt torch==2.13.0
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	touch $@

studio: $(STUDIO)/.installed  ## Label Studio, whose pins clash with Prefect's, in an environment of its own

$(STUDIO)/.installed: deploy/studio-constraints.txt
	$(PYTHON) -m venv $(STUDIO)
	$(STUDIO)/bin/pip install --quiet --disable-pip-version-check -c deploy/studio-constraints.txt label-studio
	touch $@

demo: setup  ## photographs described aloud become a released dataset, offline
	$(BIN)/annotate demo

test: setup  ## every test that this machine can run
	$(BIN)/python -m pytest

e2e: setup studio  ## recording and review in a real Label Studio, in a real browser; needs Chromium
	CI_E2E=1 $(BIN)/python -m pytest -m e2e tests/e2e/studio tests/integration

check: setup  ## style, types and the walls between the rooms
	$(BIN)/ruff check . && $(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: setup
	$(BIN)/ruff check --fix . ; $(BIN)/ruff format .

bench: setup  ## speed, side by side with what you would use instead
	$(BIN)/python benchmarks/lake.py
	$(BIN)/python benchmarks/asr.py

recordings: setup  ## make the demo's recordings, traces and truth again from its narrations
	$(BIN)/python data/demo/make

clean:
	rm -rf $(VENV) $(STUDIO) data/lake
