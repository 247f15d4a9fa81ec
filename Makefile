# `make run` and `make test` are all that a newcomer needs; `make help` lists the rest.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.PHONY: help run setup test test-sqlite test-postgres mutants lint check bench bench-quick openapi clean

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

$(VENV)/.installed: requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.11 …")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --requirement requirements.txt
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed requirements-dev.txt
	$(BIN)/pip install --quiet --requirement requirements-dev.txt
	@touch $@

setup: $(VENV)/.installed ## Install, migrate, and load the demo programme (not with DEMO=0)
	@$(BIN)/python manage.py migrate --verbosity 0
ifneq ($(DEMO),0)
	@$(BIN)/python manage.py load_demo
endif

run: setup ## Start web server, worker and, with no Stripe key, the Stripe sandbox
	@$(BIN)/python -m deploy.run

test: test-sqlite test-postgres ## Run every test, on SQLite and on a real PostgreSQL

test-sqlite: $(VENV)/.installed-dev
	DATABASE_URL= $(BIN)/pytest $(ARGS)

test-postgres: $(VENV)/.installed-dev
	$(BIN)/python -m cinema_reservation.tests.postgres $(BIN)/pytest $(ARGS)

mutants: $(VENV)/.installed-dev ## Take the guards away one by one, and see a test miss each
	$(BIN)/python -m cinema_reservation.tests.mutants $(ARGS)

lint: $(VENV)/.installed-dev ## Style, types, import contracts, migrations, the OpenAPI file
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy .
	PYTHONPATH=. $(BIN)/lint-imports
	$(BIN)/python manage.py makemigrations --check --dry-run
	$(BIN)/python manage.py check --fail-level WARNING
	$(BIN)/python manage.py spectacular --validate --fail-on-warn | diff docs/openapi.yaml - \
		|| (echo "docs/openapi.yaml is not what the code says; run 'make openapi'." && false)

check: lint test ## All that CI runs

bench: $(VENV)/.installed-dev ## Measure everything, a quarter of an hour; writes docs/performance.md
	$(BIN)/python -m benchmarks $(ARGS)

bench-quick: $(VENV)/.installed-dev ## The same from small numbers, some minutes; prints only
	$(BIN)/python -m benchmarks --quick $(ARGS)

openapi: $(VENV)/.installed-dev ## Write docs/openapi.yaml anew
	$(BIN)/python manage.py spectacular --validate --fail-on-warn --file docs/openapi.yaml

clean: ## Remove the virtual environment and all local data
	rm -rf $(VENV) var
