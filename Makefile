# Every target that builds links the prebuilt DuckDB, fetched once with npm: minutes. Where there is none to be had
# they build the default feature `bundled` instead, which compiles DuckDB from source: the best part of an hour.

# The library. The `duckdb` crate 1.10506.x in Cargo.toml binds DuckDB 1.5.6: move these together.
DUCKDB_VERSION := 1.5.6-r.1
PREBUILT.x86_64-unknown-linux-gnu := linux-x64
PREBUILT.aarch64-unknown-linux-gnu := linux-arm64
# Of libduckdb.so itself. npm verifies the archive it came in, on every platform.
SHA256.linux-x64 := 3f4962cdd266eab2b479a5b5a4a6d063d279b2954ae814ed00385d553b747633

PLATFORM := $(PREBUILT.$(shell rustc -vV 2>/dev/null | sed -n 's/^host: //p'))
PACKAGE := @duckdb/node-bindings-$(PLATFORM)@$(DUCKDB_VERSION)

# libduckdb-sys reads it, but not when it builds `bundled`.
export DUCKDB_LIB_DIR := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/rca/duckdb-$(DUCKDB_VERSION)
export CARGO_TARGET_DIR ?= target

LIBRARY := $(DUCKDB_LIB_DIR)/libduckdb.so
# Looked at when a recipe runs, which is after `duckdb` fetched the library or could not.
FEATURES = $(shell test -e '$(LIBRARY)' && echo --no-default-features)
RELEASE := $(CARGO_TARGET_DIR)/release

CASE := examples/laptop-anomaly
SERIAL ?= SN240836

FUZZ_SECONDS ?= 60

# bash runs an EXIT trap on Ctrl-C too.
SHELL := bash

PYTHON ?= python3

.PHONY: help demo build test differential bench fuzz lint completions install duckdb

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: build ## build rca and solve the worked case (SERIAL=... follows another unit)
	$(call rca,sources -C $(CASE))
	$(call rca,missing -C $(CASE))
	$(call rca,errors -C $(CASE))
	$(call rca,errors --audit -C $(CASE))
	$(call rca,timeline --entity $(SERIAL) -C $(CASE) --limit 20)
	$(call rca,report -C $(CASE) -o $(RELEASE)/report.html)

define rca
@printf '\n$$ rca %s\n' '$(1)'
@PATH='$(RELEASE)':"$$PATH" rca $(1)
endef

build: duckdb ## build the release binary
	cargo build --release $(FEATURES)

test: duckdb ## run all tests
	cargo test $(FEATURES)

# 77 is a script that lacks what it compares with, and says so.
differential: build ## compare every reader with an independent one over random evidence
	@export RCA="$$(realpath '$(RELEASE)/rca')"; failed=; \
	for script in access delimited logs objects packed parquet postgres sheets sqlite; do \
	    $(PYTHON) tests/differential/$$script.py; code=$$?; \
	    test $$code -eq 0 -o $$code -eq 77 || failed="$$failed $$script"; \
	done; \
	test -z "$$failed" || { echo "unlike:$$failed" >&2; exit 1; }

bench: build ## time rca against other tools, then its own parts
	python3 benches/against.py --rca "$$(realpath '$(RELEASE)/rca')"
	cargo bench $(FEATURES)

fuzz: duckdb ## fuzz every reader and parser (FUZZ_SECONDS=60 for each; FUZZ='csv json' for some)
	sh tests/fuzz/seeds.sh
	LD_LIBRARY_PATH='$(DUCKDB_LIB_DIR)' sh tests/fuzz/run.sh $(FUZZ_SECONDS) $(FUZZ)

lint: duckdb ## check the formatting and let clippy deny every warning
	cargo fmt --check
	cargo clippy --all-targets $(FEATURES) -- -D warnings

completions: build ## regenerate the shell completions
	@mkdir -p completions
	'$(RELEASE)/rca' completions bash >completions/rca.bash
	'$(RELEASE)/rca' completions zsh >completions/_rca
	'$(RELEASE)/rca' completions fish >completions/rca.fish
	'$(RELEASE)/rca' completions powershell >completions/_rca.ps1
	'$(RELEASE)/rca' completions elvish >completions/rca.elv

install: ## install one self-contained binary with cargo (compiles DuckDB)
	@echo 'Compiling DuckDB into the binary: this can take an hour the first time.'
	cargo install --path . --locked

# Fetches the library if it is not there yet, whole or not at all, and puts it where the rpath of what cargo builds
# looks for it (src/build.rs): beside the binary, and in deps/ for tests and benches.
duckdb:
	@test -e '$(LIBRARY)' && exit; \
	compile() { echo "DuckDB will be compiled from source, which can take an hour, because $$1." >&2; exit 0; }; \
	test -n '$(PLATFORM)' || compile 'no prebuilt library is known for this platform'; \
	command -v npm >/dev/null || compile 'npm, which would fetch it prebuilt, is not installed'; \
	echo 'Fetching $(PACKAGE)'; \
	mkdir -p '$(DUCKDB_LIB_DIR)' && \
	tmp=$$(mktemp -d '$(DUCKDB_LIB_DIR)/fetch.XXXXXX') && trap 'rm -rf "$$tmp"' EXIT && \
	npm pack --silent --pack-destination "$$tmp" '$(PACKAGE)' >/dev/null && \
	tar -xzf "$$tmp"/*.tgz -C "$$tmp" --strip-components=1 package/libduckdb.so || \
	    compile '$(PACKAGE) could not be fetched with npm'; \
	test -z '$(SHA256.$(PLATFORM))' || sha256sum --check --status <<<"$(SHA256.$(PLATFORM))  $$tmp/libduckdb.so" || \
	    compile 'the library in $(PACKAGE) is not the one the Makefile names'; \
	mv "$$tmp/libduckdb.so" '$(LIBRARY)'
	@test -e '$(LIBRARY)' || exit 0; \
	for copy in '$(CARGO_TARGET_DIR)'/{debug,release}/{,deps/}libduckdb.so; do \
	    mkdir -p "$${copy%/*}" && { cmp -s '$(LIBRARY)' "$$copy" || \
	        ln -f '$(LIBRARY)' "$$copy" 2>/dev/null || cp --remove-destination '$(LIBRARY)' "$$copy"; } || exit; \
	done
