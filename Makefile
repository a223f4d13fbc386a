# Everything runs in .venv, made on first use: of requirements-local.lock what `demo` and `run` need, of requirements-dev.lock
# what tests and checks add. Servers and their data lie in .pointsman.
# POINTSMAN_DATABASE_URL names a PostgreSQL to use instead of the embedded one.
.DEFAULT_GOAL := help
.PHONY: help demo run examples tiers test test-deep test-davical test-browser check fix bench lock zones wheels clean

# The suite starts some eighty processes, and each would compile every module anew.
unexport PYTHONDONTWRITEBYTECODE

PY := .venv/bin/python
SDK := integrations/pointsman_sdk
READY := .venv/ready
INSTALLED := .venv/installed
CHROMIUM ?= chromium
AXE := tests/browser/node_modules/.package-lock.json
needed = command -v $(1) >/dev/null || { echo "make $@ needs $(2) ($(4)). Get it: apt-get install $(3)" >&2; exit 1; }

help: ## Say what there is.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(READY) ## Run the main job on example leads, show what became of them, keep serving. DEMO= takes options.
	@.venv/bin/pointsman demo $(DEMO)

run: $(READY) ## Serve API and worker on 127.0.0.1:8000, without demo data. RUN= takes options.
	@.venv/bin/pointsman run $(RUN)

tiers: $(INSTALLED) ## Have the conformance kit write anew what it finds of our connectors into their packages.
	@$(PY) -m pytest -q -p pointsman_sdk.testing.grade --write-tier tests/contract/test_memory.py tests/contract/caldav/test_conformance.py tests/contract/microsoft/test_conformance.py tests/contract/google/test_conformance.py tests/contract/hubspot/test_conformance.py tests/contract/smtp/test_conformance.py

examples: $(INSTALLED) ## Record anew what the console shows as answers, from the demo's floor.
	@RECORD_EXAMPLES=1 $(PY) -m pytest -q tests/e2e/test_console_examples.py

# One process more than there are cores: some tests wait for what processes and servers do.
WORKERS := $(shell echo $$(( $$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2) + 1 )))
EVERYTHING := -m pytest -n $(WORKERS) --maxprocesses 8 --dist worksteal

test: $(INSTALLED) ## Run every test, on a real PostgreSQL. TEST= takes pytest's options.
	@$(PY) $(EVERYTHING) $(TEST)

test-deep: $(INSTALLED) ## The same with up to twelve times as many examples where Hypothesis draws them, and a minute of fuzzing for each reader (FUZZ_SECONDS=600: ten). TEST= takes pytest's options.
	@$(PY) $(EVERYTHING) --hypothesis-profile=deep $(TEST)

test-davical: $(INSTALLED) ## Hold the CalDAV connector against DAViCal, where Debian's package is installed. TEST= takes pytest's options.
	@$(PY) -m pytest -n 2 tests/davical $(TEST)

test-browser: $(INSTALLED) ## Try the booking page in Chromium; pictures go to build/browser. TEST= takes pytest's options.
	@$(call needed,$(CHROMIUM),Chromium,chromium,CHROMIUM=/path/to/it names another)
	@$(call needed,npm,npm and node,npm,they fetch the accessibility checker)
	@$(MAKE) --no-print-directory --silent $(AXE)
	@rm -rf build/browser
	@CHROMIUM=$(CHROMIUM) $(PY) -m pytest -n 2 tests/browser $(TEST)

check: $(INSTALLED) ## Lint, formatting, types, import directions, and that migrations and tables agree.
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m mypy
	@.venv/bin/lint-imports --no-cache
	@$(PY) -m pytest -q tests/architecture/test_migrations.py

fix: $(INSTALLED) ## Mend what ruff can mend.
	@$(PY) -m ruff check --fix .
	@$(PY) -m ruff format .

bench: $(INSTALLED) ## Measure this machine and the service on it, side by side. BENCH= takes options.
	@$(PY) benchmarks/run.py $(BENCH)

COMPILE := UV_CUSTOM_COMPILE_COMMAND="make lock" $(PY) -m uv pip compile --quiet --universal --python-version 3.11 \
  --generate-hashes --no-emit-index-url --no-emit-find-links --no-emit-package pointsman-sdk

lock: $(INSTALLED) ## Resolve the dependencies anew, with hashes. LOCK=--upgrade takes newer versions.
	@$(COMPILE) $(LOCK) pyproject.toml -o requirements.lock
	@$(COMPILE) $(LOCK) --group build -o requirements-build.lock
	@$(COMPILE) $(LOCK) pyproject.toml --extra local --group build -o requirements-local.lock
	@$(COMPILE) $(LOCK) pyproject.toml --extra local --group dev -o requirements-dev.lock

zones: $(INSTALLED) ## Write the table of CLDR's time zones anew, when a test says that it is old.
	@$(call needed,npm,npm,npm,it fetches CLDR's data)
	@rm -rf build/cldr && mkdir -p build/cldr
	@cd build/cldr && npm pack --silent cldr-core >/dev/null && tar xzf cldr-core-*.tgz
	@$(PY) tests/support/write_metazones.py build/cldr/package integrations/pointsman_caldav/metazones.py

wheels: $(READY) ## Build the wheels of the service and of the SDK for authors of connectors into dist.
	@$(PY) -m hatchling build -t wheel -d dist
	@cd $(SDK) && $(abspath $(PY)) -m hatchling build -t wheel -d $(abspath dist)

clean: ## Stop the embedded servers and delete their data, the environment and what the checks left. A floor of your own goes with FLOOR=delete alone.
	@if [ -d .pointsman ] && ! [ -x $(PY) ]; then \
	  echo "The servers in .pointsman are stopped with .venv, which is gone. Make it first: make .venv/ready clean" >&2; exit 1; fi
	@if [ -d .pointsman ]; then $(PY) -m pointsman.cli.service.clean .pointsman $(if $(filter delete,$(FLOOR)),--own-floor); fi
	@rm -rf tests/browser/node_modules .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache dist build
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# -- the environment

# What `demo` and `run` need: the service, its embedded database and its calendar server.
$(READY): .venv/local pyproject.toml $(SDK)/pyproject.toml
	@$(PY) -m pip install --quiet --no-deps --no-build-isolation --editable $(SDK) --editable .
	@touch $@

# All that tests, checks and benchmarks need.
$(INSTALLED): $(READY) .venv/dependencies
	@touch $@

$(AXE): tests/browser/package-lock.json
	@npm ci --prefix tests/browser --ignore-scripts --silent
	@touch $@

.venv/local: requirements-local.lock
	@sh .ci/make-venv $< "the service and its servers"
	@touch $@

.venv/dependencies: requirements-dev.lock | $(READY)
	@sh .ci/make-venv $< "what tests and checks need"
	@-$(PY) -m compileall -q -j 0 .venv/lib >/dev/null 2>&1
	@touch $@
