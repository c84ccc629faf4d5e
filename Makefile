# `make promote RELEASE=release3 ENV=aws` and `make test` need nothing but Python 3.11 and git.
PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/.run.stamp
PIP := $(VENV)/bin/python -m pip --disable-pip-version-check --quiet install
DEV := $(VENV)/.dev.stamp

# What changes nothing.
.DEFAULT_GOAL := validate

.PHONY: promote validate test lint docs lock benchmark schemas clean

promote: $(RUN)
	$(if $(and $(RELEASE),$(ENV)),,$(error say which and where: make promote RELEASE=release3 ENV=aws))
	$(VENV)/bin/fleetops promote $(RELEASE) --env $(ENV)

validate: $(RUN)
	$(VENV)/bin/fleetops validate $(if $(FROM),--from $(FROM))

# The tests of one file share what they start; those that take longest come first. Most of the time
# something is waited for, so that there are more of them at once than cores.
test: lint
	$(VENV)/bin/pytest -n 3 --dist loadfile --no-loadscope-reorder

lint: $(DEV)
	$(VENV)/bin/ruff check
	$(VENV)/bin/ruff format --check
	$(VENV)/bin/mypy

# The documentation as a site in dist/docs; a link that leads nowhere fails it.
docs: $(DEV)
	$(VENV)/bin/python -m sphinx -qWn --keep-going -d $(VENV)/docs docs dist/docs

benchmark: $(DEV)
	$(VENV)/bin/python benchmarks/ratios.py
	$(VENV)/bin/python benchmarks/sizes.py
	$(VENV)/bin/python benchmarks/promotions.py
	$(VENV)/bin/python benchmarks/peers.py
	$(VENV)/bin/python benchmarks/cluster.py

$(RUN): requirements/run.txt pyproject.toml
	test -x $(VENV)/bin/python || $(PYTHON) -m venv $(VENV)
	$(PIP) --require-hashes -r requirements/run.txt
	$(PIP) --no-deps --no-build-isolation -e .
	touch $@

# The wheels are what a test installs fleetops with where it has no network.
$(DEV): $(RUN) requirements/dev.txt
	$(PIP) --require-hashes -r requirements/dev.txt
	$(VENV)/bin/python -m pip --disable-pip-version-check --quiet wheel --no-deps --require-hashes \
		-r requirements/run.txt --wheel-dir $(VENV)/wheels
	touch $@

# The schemas anew from their pinned sources; needs Go 1.27.
schemas: $(DEV)
	$(VENV)/bin/python scripts/schemas/generate.py

# Locks for every supported Python: names, versions and hashes.
lock: $(DEV)
	$(VENV)/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
		pyproject.toml requirements/build.in -o requirements/run.txt
	$(VENV)/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
		pyproject.toml requirements/build.in --group dev -o requirements/dev.txt

clean:
	rm -rf $(VENV)
