# Every target sets up its own .venv from nothing the first time and is quick the second time.
#   make demo     play the bundled session through the live loop, then write its report
#   make test     every test            make quick  the tests that take seconds
#   make bluez    the Bluetooth tests on a real kernel and bluetoothd in an emulated machine (Debian, root)
#   make check    lint, format, types   make bench  the benchmarks, kept in benchmarks/RESULTS.md
#   make pictures the pictures of README.md
#   make accuracy the accuracy tables, where the evaluation data are
#   make docs     the API reference from the docstrings, in build/api
#   make clean    remove what make made
# Another Python: make demo PYTHON=python3.13

PYTHON ?= python3
VENV ?= .venv
JOBS ?= 2
SPEED ?= 8

BIN := $(VENV)/bin
CORE := $(VENV)/.core
DEV := $(VENV)/.dev
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet
DEMO := recordings/rdl_session.csv
API := imu_hinge imu_hinge.conventions imu_hinge.export

.PHONY: demo test bluez quick check format bench pictures accuracy docs clean
.DEFAULT_GOAL := demo

demo: $(CORE)
	@$(BIN)/imu-hinge replay $(DEMO) --speed $(SPEED)
	@$(BIN)/imu-hinge analyze $(DEMO) --out out/demo >/dev/null
	@$(BIN)/imu-hinge plot $(DEMO) --out out/demo/session.png >/dev/null
	@echo
	@echo "The report:  $(CURDIR)/out/demo/report.html   (open it in a browser)"
	@echo "The picture: $(CURDIR)/out/demo/session.png"

test: $(DEV)
	$(BIN)/python -m pytest -v -n $(JOBS) -m "(slow or not slow) and not bluez" --durations=5
	$(BIN)/python -m pytest -v -n 2 --dist worksteal -m bluez --durations=5

bluez: $(DEV)
	$(BIN)/python -m pytest -v -n 2 --dist worksteal -m bluez --durations=5

quick: $(DEV)
	$(BIN)/python -m pytest -n $(JOBS)

check: $(DEV)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(DEV)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(DEV)
	$(BIN)/python -m benchmarks

pictures: $(DEV)
	$(BIN)/python docs/make_images.py
	$(BIN)/python docs/make_history.py

accuracy: $(DEV)
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python docs/make_accuracy.py

docs: $(DEV)
	$(BIN)/python -W error -m pdoc $(API) --output-directory build/api
	@echo "The API reference: $(CURDIR)/build/api/index.html   (open it in a browser)"

clean:
	rm -rf $(VENV) out build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "imu_hinge needs Python 3.11 or later. Name another one: make PYTHON=python3.13" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
	  { echo "This Python cannot make environments. On Debian or Ubuntu: apt install python3-venv" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV)

$(CORE): pyproject.toml | $(BIN)/python
	@echo "Setting up $(VENV) (once, about a minute) ..."
	@$(PIP) --editable .
	@touch $@

$(DEV): pyproject.toml | $(BIN)/python
	@echo "Setting up $(VENV) with the tools of developers (once, about a minute) ..."
	@$(PIP) --editable '.[dev]'
	@touch $@ $(CORE)
