PYTHON ?= python3
VENV := .venv
# Stored claims that `make bench` asks questions of: CLAIMS=1000000 takes three minutes to fill a database of 2.4 GB, and
# a quarter of an hour to ask it.
CLAIMS ?= 100000
BIN := $(VENV)/bin
READY := $(VENV)/ready
FUZZ ?= 120
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header
KILLS ?= 300
# Many tests wait for a server or a process: one more at a time than there are cores.
WORKERS = $(shell $(PYTHON) -c 'import os; print((os.cpu_count() or 1) + 1)')

.PHONY: install test check format lock data demo score bench torture pictures oauth-e2e

install: $(READY)  ## make .venv with everything the tests need

$(READY): requirements-dev.txt pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --require-hashes -r requirements-dev.txt
	$(BIN)/pip install --quiet --no-deps --no-build-isolation -e .
	touch $@

test: $(READY)  ## run the tests
	$(BIN)/pytest -n $(WORKERS) --dist worksteal

check: $(READY)  ## format, lint, types, tests: what CI runs
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(MAKE) --no-print-directory test

demo: $(READY)  ## three days of September 2022, without any account
	$(BIN)/attribution-bot demo

score: $(READY)  ## how well it reads and joins cases, over labelled posts
	$(BIN)/python -m bench.score_read
	$(BIN)/python -m bench.score_cases

bench: $(READY)  ## speed and memory, beside named peers in the same run
	$(BIN)/python -m bench.read
	$(BIN)/python -m bench.poll
	$(BIN)/python -m bench.answers --claims $(CLAIMS)

torture: $(READY)  ## hostile feeds all at once, more properties, and fuzzing for FUZZ seconds a thing
	TORTURE=1 $(BIN)/pytest -q tests/test_torture_feeds.py tests/test_property_feeds.py tests/test_addresses.py
	$(BIN)/python -m bench.fuzz $(FUZZ)
	$(BIN)/python -m tests.kills $(KILLS)

pictures: $(READY)  ## render the messages to docs/pictures; needs Node and Debian's chromium and fonts-noto-color-emoji
	npm --prefix pictures ci --silent
	$(BIN)/python -m tests.card_samples | node pictures/render.mjs

# What npm's emulate lacks, and who plays it instead, stands at the top of e2e/test_emulate.py.
oauth-e2e: $(READY)  ## install the bot in npm's emulate, a Slack on this machine; needs npm, brings a newer Node
	npm --prefix e2e ci --silent
	$(BIN)/pytest e2e

format: $(READY)  ## put the code in its format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lock: $(READY)  ## renew the lock files from pyproject.toml
	$(COMPILE) --extra build -o requirements.txt pyproject.toml
	$(COMPILE) --extra build --extra stix -o requirements-stix.txt pyproject.toml
	$(COMPILE) --extra build --extra dev -o requirements-dev.txt pyproject.toml
	$(COMPILE) --group data --no-emit-package pyicu -o requirements-data.txt

data:  ## renew attribution/data from its sources
	$(PYTHON) -m venv .venv-data
	.venv-data/bin/pip install --quiet --require-hashes --no-deps -r requirements-data.txt
	.venv-data/bin/python -m bench.derive_data
