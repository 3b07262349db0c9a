# make run    build what is older than its sources and serve the demo school
# make test   install what the tests need and run all of them
# make check  formatting, linting, types
# make fuzz   run every native parser on bent input, a minute each
# make bench  measure beside the peers (two idle cores, about an hour)
SHELL := /bin/bash
PORT ?= 8080
PYTHON ?= python3
BIN := .venv/bin
RUST := $(shell find sfu/native/src sfu/native/Cargo.toml sfu/native/Cargo.lock -type f 2>/dev/null)
CLIENT := $(shell find web/client -path web/client/node_modules -prune -o -type f -print 2>/dev/null)
# what a build made stays fast: a stamp is newer than everything it was made from
VENV := .venv/.made
TOOLS := .venv/.made-tests
NATIVE := sfu/native/target/.made
STATIC := web/static/index.html
MODULES := web/client/node_modules/.package-lock.json

.DELETE_ON_ERROR:

run: build
	@exec $(BIN)/kreide serve --demo --port $(PORT)

build: $(NATIVE) $(STATIC)

define need
	@command -v $(1) >/dev/null || { echo "$(1) is missing: $(2)" >&2; exit 1; }
endef

$(VENV): requirements.lock
	$(call need,$(PYTHON),install Python 3.11 or newer (Debian: apt install python3 python3-venv))
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "python3-venv is missing: apt install python3-venv" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $@

$(TOOLS): tests/requirements.lock $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r tests/requirements.lock
	@touch $@

$(NATIVE): $(RUST) pyproject.toml $(VENV)
	$(call need,cargo,install Rust from https://rustup.rs or with your package manager)
	$(call need,cc,install a C compiler (Debian: apt install build-essential))
	@echo "building the media plane (a minute or two the first time)"
	@PIP_QUIET=1 $(BIN)/maturin develop --quiet --release --locked
	@touch $@

$(MODULES): web/client/package-lock.json
	$(call need,npm,install Node.js 20.19 or newer with npm)
	cd web/client && npm ci --silent --no-audit --no-fund
	@touch $@

$(STATIC): $(CLIENT) $(MODULES)
	cd web/client && npx --no-install vite build --logLevel warn
	@find web/static/assets -type f -mtime +14 -delete
	@find web/static -type f \( -name '*.js' -o -name '*.css' -o -name '*.svg' -o -name '*.html' \) -exec gzip -kf9 {} +
	@touch $@

# redis-server, PostgreSQL, Chromium, Firefox and Pango (for PDF): installed when root may, named when not; a closed network, a small disk and a look at system calls take root;
# without HAProxy, clamd and Valkey (Debian 12 has it in its backports, asked this once) only what is told of them is not tested
test-services:
	@missing=""; \
	command -v redis-server >/dev/null || missing="$$missing redis-server"; \
	ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing="$$missing postgresql"; \
	command -v chromium >/dev/null || missing="$$missing chromium"; \
	command -v firefox-esr >/dev/null || missing="$$missing firefox-esr"; \
	$(PYTHON) -c 'import ctypes.util as c; exit(not c.find_library("pangoft2-1.0"))' || missing="$$missing libpango-1.0-0 libpangoft2-1.0-0 fonts-dejavu-core"; \
	if [ "$$(id -u)" = 0 ]; then for pair in strace=strace turnserver=coturn ip=iproute2 iptables=iptables; do \
	  command -v $${pair%=*} >/dev/null || missing="$$missing $${pair#*=}"; done; fi; \
	if [ -n "$$missing" ]; then \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing >/dev/null; \
	  else echo "The tests need:$$missing (Debian: apt install$$missing)" >&2; exit 1; fi; fi
	@wanted=""; \
	for pair in haproxy=haproxy clamd=clamav-daemon valkey-server=valkey-server; do PATH="$$PATH:/usr/sbin" command -v $${pair%=*} >/dev/null || wanted="$$wanted $${pair#*=}"; done; \
	if [ -n "$$wanted" ] && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  sources="$$(mktemp)"; cat /etc/apt/sources.list 2>/dev/null >"$$sources"; . /etc/os-release; \
	  test "$$ID" != debian || echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian $$VERSION_CODENAME-backports main" >>"$$sources"; \
	  chmod 644 "$$sources"; apt-get -o Dir::Etc::SourceList="$$sources" update -qq; missing="$$wanted"; wanted=""; for package in $$missing; do \
	    DEBIAN_FRONTEND=noninteractive apt-get -o Dir::Etc::SourceList="$$sources" install -y -qq --no-install-recommends $$package >/dev/null || wanted="$$wanted $$package"; \
	  done; rm "$$sources"; fi; \
	test -z "$$wanted" || echo "Not tested without:$$wanted" >&2

test: test-services build $(TOOLS)
	cd sfu/native && nice cargo test --quiet --locked --no-default-features
	cd benchmarks/media_load && CARGO_TARGET_DIR=../../sfu/native/target nice cargo test --quiet --locked
	cd web/client && npx --no-install vitest run --silent
	$(BIN)/python -m pytest -n 2 --dist worksteal --ignore tests/e2e
	$(BIN)/python -m pytest -n 2 --dist loadfile tests/e2e

# A night's worth of sudden deaths: of the whole server, of one worker or Redis, of PostgreSQL, on each store as often; a minute without Redis, ten of flood, and long fuzzing.
soak: test-services build $(TOOLS)
	KREIDE_KILL_ROUNDS=1000 $(BIN)/python -m pytest -s tests/edge/test_kill.py tests/edge/test_kill_worker.py tests/edge/test_kill_postgres.py
	KREIDE_HISTORIES=50 $(BIN)/python -m pytest -s tests/edge/test_histories.py
	KREIDE_STILL_SECONDS=60 $(BIN)/python -m pytest -s tests/edge/test_redis_still.py
	KREIDE_FLOOD_SECONDS=600 $(BIN)/python -m pytest -s tests/edge/test_flood.py
	KREIDE_FUZZ_ROUNDS=10000000 $(BIN)/python -m pytest --timeout 0 tests/fuzz

# libFuzzer over every native parser, FUZZ_SECONDS a target; it takes no nightly compiler, only that the stable one is told to be one.
FUZZ_SECONDS ?= 60
FUZZ := $(basename $(notdir $(wildcard sfu/native/fuzz/targets/*.rs)))
FUZZ_TRIPLE = $(shell rustc -vV | sed -n 's/^host: //p')
fuzz:
	cd sfu/native/fuzz && RUSTC_BOOTSTRAP=1 RUSTFLAGS="-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
	  -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
	  -Cllvm-args=-sanitizer-coverage-trace-compares --cfg fuzzing -Zsanitizer=address" \
	  nice cargo build --quiet --release --locked --target $(FUZZ_TRIPLE)
	@cd sfu/native/fuzz && for target in $(FUZZ); do mkdir -p target/found/$$target; echo "$$target"; \
	  nice target/$(FUZZ_TRIPLE)/release/$$target -max_total_time=$(FUZZ_SECONDS) -timeout=5 -rss_limit_mb=1024 \
	    -artifact_prefix=target/found/ -print_final_stats=1 target/found/$$target corpus/$$target 2>&1 \
	    | grep -E "number_of_executed|ERROR|panicked|Test unit" || true; done; \
	  if ls target/found/crash-* target/found/oom-* target/found/timeout-* 2>/dev/null; then exit 1; fi

check: build $(TOOLS)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m web.messages --check
	cd sfu/native && cargo fmt --check && cargo clippy --quiet --locked -- -D warnings && cargo clippy --quiet --locked --all-targets --no-default-features -- -D warnings
	cd benchmarks/media_load && cargo fmt --check && CARGO_TARGET_DIR=../../sfu/native/target cargo clippy --quiet --locked --all-targets -- -D warnings
	cd web/client && npx --no-install svelte-check --fail-on-warnings && npm run --silent size

bench: build $(TOOLS)
	$(BIN)/python -m benchmarks.media
	$(BIN)/python -m benchmarks.documents
	$(BIN)/python -m benchmarks.rooms
	$(BIN)/python -m benchmarks.joins --write
	$(BIN)/python -m benchmarks.conference --write
	$(BIN)/python -m benchmarks.freezes
	$(BIN)/python -m benchmarks.tiles
	$(BIN)/python -m benchmarks.convergence
	$(BIN)/python -m benchmarks.forward --write

clean:
	rm -rf .venv sfu/native/target web/static web/client/node_modules
