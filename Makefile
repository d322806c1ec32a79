# Two commands are enough: `make tour` shows what the archive does, `make test` proves it.
# Needs python3 (3.11 or newer) and make; everything else goes into the folder .venv.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin

.PHONY: help tour test test-any-day lint check bench docs clean

help:
	@echo "make tour    walk through the whole life of a small delivery, in a temporary folder"
	@echo "make test    run the tests"
	@echo "make test-any-day  the tests and the tour on other days, in other zones, as other users: hours; ROWS='--only leap'"
	@echo "make lint    format and lint"
	@echo "make check   lint, types and who may import whom"
	@echo "make bench   compare with other tools"
	@echo "make docs    write the command reference anew"

tour: $(VENV)/.installed
	$(BIN)/archive tour

test: $(VENV)/.installed-dev
	$(BIN)/python -m pytest -n auto

# Needs the packages faketime, locales and make of Debian, and root to be other users; docs/howto/tests-on-any-day.md.
test-any-day: $(VENV)/.installed-dev
	$(BIN)/python tests/any_day/run.py $(ROWS)

lint: $(VENV)/.installed-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

check: lint
	$(BIN)/mypy --strict
	$(BIN)/lint-imports

bench: $(VENV)/.installed-dev
	$(BIN)/python benchmarks/verify.py
	$(BIN)/python benchmarks/fixity.py
	$(BIN)/python benchmarks/identify.py
	$(BIN)/python benchmarks/custody.py
	$(BIN)/python benchmarks/catalogue.py

docs: $(VENV)/.installed-dev
	$(BIN)/python docs/generate.py
	$(BIN)/python docs/generate_eark.py

clean:
	rm -rf $(VENV)

# The stamp is written last: an installation that broke off is begun anew by the next command.
$(VENV)/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "This needs Python 3.11 or newer; name one with: make PYTHON=/path/to/python3.11 …"; exit 1; }
	$(PYTHON) -m venv --clear $(VENV)
	touch $@

$(VENV)/.installed: pyproject.toml $(VENV)/.made
	$(BIN)/python -m pip install --quiet --editable .
	touch $@

$(VENV)/.installed-dev: pyproject.toml $(VENV)/.made
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	touch $(VENV)/.installed $@
