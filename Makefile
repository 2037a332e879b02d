# Needs Python 3.11 or later, make and the package registries; nothing else. `make` alone lists the targets.

PYTHON ?= python3
BIN := .venv/bin
DEBIAN := clamav-daemon tesseract-ocr tesseract-ocr-vie chromium fonts-liberation softhsm2 age zstd
# The lock's hashes name the files of one platform; elsewhere the same versions are installed without them.
HASHED := cp311-linux-x86_64
# Processes that the tests run in; each starts engines of its own and takes whole files.
WORKERS ?= $(if $(filter 1,$(shell nproc 2>/dev/null || echo 1)),1,2)

.DEFAULT_GOAL := help
.PHONY: help setup run test check soak lock clean

help: ## list the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 16

setup: .venv/system.stamp .venv/packages.stamp ## install what is missing: .venv and, where allowed, the Debian packages

run: setup ## the demo: engines, sample data, service; prints the address and the accounts
	$(BIN)/tangthu demo

test: setup ## everything that must hold: checks, then all tests on real engines
	@$(MAKE) --no-print-directory check
	$(BIN)/python -m pytest $(if $(filter-out 1,$(WORKERS)),-n $(WORKERS) --dist loadfile --no-loadscope-reorder)

check: setup ## format, lint, types and the import contract
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

soak: setup ## the long tests: kill -9 at random points, large files
	$(BIN)/python -m pytest -m soak --timeout 3600

lock: .venv/packages.stamp ## write requirements.lock anew from pyproject.toml (newest versions that fit)
	$(BIN)/python -m pip install --quiet --dry-run --ignore-installed --report .venv/lock.json \
	    --editable '.[local,dev]' 'setuptools>=77'
	$(BIN)/python ops/deploy/lock.py .venv/lock.json > requirements.lock.new
	mv requirements.lock.new requirements.lock

clean: ## remove what tools made; .venv and data stay
	rm -rf build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find . -path ./.venv -prune -o -name __pycache__ -type d -exec rm -rf {} +

.venv/packages.stamp: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed, this is %s" % sys.version)'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@if [ "$$($(BIN)/python -c 'import sys, platform; print("cp%d%d-%s-%s" % (*sys.version_info[:2], sys.platform, platform.machine()))')" = $(HASHED) ]; \
	then cp requirements.lock .venv/requirements.txt; \
	else sed -E -e 's/ *\\$$//' -e '/^ *--hash/d' requirements.lock > .venv/requirements.txt; fi
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement .venv/requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

# Never a reason to fail: what is missing is said, the program says it again, and the tests that need it fail by name.
.venv/system.stamp: Makefile
	@mkdir -p .venv; missing=''; \
	for name in $(DEBIAN); do \
	    dpkg-query -W -f='$${Status}' $$name 2>/dev/null | grep -q 'ok installed' || missing="$$missing $$name"; \
	done; \
	[ -z "$$missing" ] && { touch $@; exit 0; }; \
	if [ "$$(id -u)" = 0 ]; then as=; else as='sudo -n'; fi; \
	if command -v apt-get >/dev/null && $$as true 2>/dev/null; then \
	    echo "Installing:$$missing"; \
	    $$as apt-get update -qq && $$as env DEBIAN_FRONTEND=noninteractive \
	        apt-get install -y -qq --no-install-recommends $$missing && { touch $@; exit 0; }; \
	fi; \
	echo "Missing on this system:$$missing"; \
	echo "  without clamav-daemon nothing can be issued (files stay 'not scanned'); without tesseract scans are not read;"; \
	echo "  chromium and the fonts are for the browser tests. On Debian: apt-get install$$missing"
