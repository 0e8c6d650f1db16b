# Everything that can be done here needs only make and Python 3.11 or newer; `make` alone lists it.

PYTHON ?= python3
PY     := .venv/bin/python
PORT   ?= 8000
URL    ?= http://127.0.0.1:$(PORT)

export PORT
export PIP_DISABLE_PIP_VERSION_CHECK := 1
MAKEFLAGS += --no-print-directory

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run test check bench replay faults faults-short soak lock

help: ## List what can be done
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: .venv/.run ## Start the service on http://127.0.0.1:8000 (PORT and the PIZZERIA_* settings change it)
	@exec $(PY) -m app.cli serve

test: check ## Check style, types and layers, and run every test (ARGS go to pytest)
	@echo "-- tests"
	@$(PY) -m pytest $(ARGS)

check: .venv/.dev ## Check style, types and layers only
	@echo "-- style"
	@$(PY) -m ruff check --quiet
	@$(PY) -m ruff format --check --quiet
	@echo "-- types"
	@$(PY) -m mypy
	@echo "-- layers"
	@.venv/bin/lint-imports --no-logo

bench: .venv/.dev ## Measure the service beside a bare FastAPI app and write benchmarks/results.md
	@$(PY) -m benchmarks $(ARGS)

replay: .venv/.dev ## Send a real year of orders to the service at URL, as the staff member with API_KEY
	@$(PY) -m app.cli replay --url $(URL) --api-key $(or $(API_KEY),$(error Say whose key to use: make replay API_KEY=...)) $(ARGS)

faults: .venv/.dev ## Run the service under every fault, in full (hours; SEED and ARGS), and write docs/reliability.md
	@$(if $(ARGS),,rm -rf build/faults;) FAULTS=full $(PY) -m pytest -m faults -s tests/faults $(ARGS); \
		outcome=$$?; $(PY) -m tests.faults.report && exit $$outcome

faults-short: .venv/.dev ## The same in short (minutes)
	@$(PY) -m pytest -m faults -s tests/faults $(ARGS)

soak: .venv/.dev ## An hour of mixed load with kills (MINUTES, STORE=sqlite or mongodb, SEED)
	@$(PY) -m tests.faults.soak

lock: .venv/.dev ## Choose the versions anew and pin them by hash (on Python 3.11, the oldest that is supported)
	@$(PY) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11) and "Remove .venv, then: make lock PYTHON=python3.11")'
	@$(call lock,requirements.txt,)
	@$(call lock,requirements-dev.txt,--extra dev --constraint requirements.txt)

lock = echo "Choosing the versions for $(1) (minutes) ..." && CUSTOM_COMPILE_COMMAND="make lock" \
	$(PY) -m piptools compile --quiet --upgrade --allow-unsafe --generate-hashes --strip-extras \
	--no-emit-index-url --no-emit-trusted-host --no-emit-find-links $(2) --output-file $(1) pyproject.toml

.venv/.run: requirements.txt
	@$(call install,requirements.txt)

.venv/.dev: requirements-dev.txt
	@$(call install,requirements-dev.txt)

# The development requirements hold the same versions and more, so that both fit into one .venv.
install = $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=...")' \
	&& echo "Installing $(1) into .venv (once, about a minute) ..." \
	&& { [ -x .venv/bin/pip ] || $(PYTHON) -m venv --clear .venv; } \
	&& $(PY) -m pip install --quiet --require-hashes -r $(1) \
	&& touch $@
