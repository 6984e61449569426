# Everything starts here; `make help` lists it. The first call builds .venv from the hashed locks
# in requirements/, later ones find it ready. ARGS goes to the command that a target runs.

SHELL := /bin/sh
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

BIN := .venv/bin
ARGS ?=
# Test workers; `make test WORKERS=0` runs in one process.
WORKERS ?= auto
# Where long proofs are.
LONG := tests/verify tests/journeys tests/integration tests/upgrade
PEERS := backtesting backtrader nautilus

# Many processes are started here: none shall compile what another has compiled.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help
help: ## list what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' Makefile

# ---- use ----

.PHONY: run
run: .venv/.run ## start the platform with Envoy, sample data and a paper run; Ctrl-C drains
	@exec $(BIN)/trademesh up $(ARGS)

# ---- check ----

.PHONY: test test-fast lint verify oracles bench
test: lint ## what everyone runs: lint, and every test but the long proofs
	@exec $(BIN)/python -m pytest -q -n $(WORKERS) --dist loadgroup -m "not verify" $(ARGS)

test-fast: .venv/.dev ## the unit tests alone
	@exec $(BIN)/python -m pytest -q tests/unit $(ARGS)

lint: .venv/.dev ## style, types, import contracts, protos, generated code, Dockerfile
	$(BIN)/ruff check --quiet .
	$(BIN)/ruff format --check --quiet .
	$(BIN)/mypy --no-error-summary
	$(BIN)/lint-imports --no-logo --no-cache
	$(BIN)/buf lint
	$(BIN)/buf build --exclude-source-info -o .venv/api.binpb
	$(BIN)/buf breaking .venv/api.binpb --against protos/baseline.binpb
	$(BIN)/python protos/generate.py --check
	$(BIN)/hadolint deploy/Dockerfile

verify: .venv/.dev ## the long proofs, under 45 minutes
	@$(BIN)/python -m pytest -q --timeout=2700 -n $(WORKERS) --dist loadfile \
		-m "verify and not alone" $(LONG) $(ARGS)
	@exec $(BIN)/python -m pytest -q --timeout=2700 -m alone tests/verify $(ARGS)

oracles: .venv/.dev $(PEERS:%=.venvs/%/.ready) ## our figures against other libraries
	@exec $(BIN)/python -m pytest -q --timeout=900 tests/oracles $(ARGS)

bench: .venv/.dev $(PEERS:%=.venvs/%/.ready) ## our speed against the peers
	@exec $(BIN)/python -m tests.benchmarks $(ARGS)

# ---- make ----

.PHONY: protos baseline lock release-data
protos: .venv/.dev ## generate the code and descriptors of the protos
	$(BIN)/buf format -w
	$(BIN)/python protos/generate.py

baseline: .venv/.dev ## make today's API the one that later changes may not break; say why
	$(BIN)/buf build --exclude-source-info -o protos/baseline.binpb

release-data: .venv/.dev ## keep a data folder of this release for later ones to open
	@exec $(BIN)/python -m tests.upgrade.make $(ARGS)

# One version of a package for every Python: what runs on one is what was checked on another.
UV := requirements/uv.sh
COMPILE = $(UV) pip compile --quiet --universal --python-version 3.11 --fork-strategy fewest \
	--generate-hashes --custom-compile-command "make lock" $(ARGS)

lock: ## resolve the locks anew; ARGS=--upgrade takes newer versions
	$(COMPILE) pyproject.toml -o requirements/run.lock
	$(COMPILE) pyproject.toml -c requirements/run.lock --group dev -o requirements/dev.lock
	$(COMPILE) --group build -o requirements/build.lock
	$(COMPILE) --group uv -o requirements/installer.lock
	for peer in $(PEERS); do \
		$(COMPILE) --group peer-$$peer -o requirements/peers/$$peer.lock || exit 1; \
	done

# ---- environments; a stamp is written last, so an interrupted installation is taken up again ----

.venv/.run: pyproject.toml requirements/run.lock requirements/build.lock
	@requirements/install.sh .venv requirements/run.lock .
	@touch $@

.venv/.dev: .venv/.run requirements/dev.lock
	@requirements/install.sh .venv requirements/dev.lock
	@touch $@

.venvs/%/.ready: requirements/peers/%.lock
	@requirements/install.sh .venvs/$* $<
	@touch $@
