# Two commands matter: `make demo` runs it, `make test` checks it. Both set up what they need on a fresh Debian
# machine with Rust and Node 20.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

NODE_STAMP := frontends/node_modules/.package-lock.json
PEERS_STAMP := tests/peers/node_modules/.package-lock.json
DIST := frontends/dist/jira-panel/index.html
FRONTEND_SOURCES := $(shell find frontends -path '*/node_modules' -prune -o -path frontends/dist -prune -o -type f -print 2>/dev/null | grep -Ev '/(test-results|shared/gql)/')

.PHONY: help
help: ## Show this.
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

.PHONY: setup
setup: ## Install what Debian has to give: a linker, PostgreSQL, NATS and HAProxy for the tests, Chromium for the browser tests.
	@scripts/setup

$(NODE_STAMP): frontends/package.json frontends/package-lock.json
	@# Not `npm ci`: it fails where a registry lacks a tool built for another platform. The lock file decides all the same.
	cd frontends && npm install --no-save --no-audit --no-fund

$(PEERS_STAMP): tests/peers/package.json tests/peers/package-lock.json
	cd tests/peers && npm ci --no-audit --no-fund

$(DIST): $(NODE_STAMP) $(FRONTEND_SOURCES) schema.graphql
	cd frontends && npm run gen && npm run build

.PHONY: addins
addins: $(DIST) ## Build the add-ins into frontends/dist, which the gateway carries.

.PHONY: demo
demo: setup $(DIST) ## Run the gateway beside fakes of all vendors, with people and issues to try. Ctrl-C ends it.
	@touch src/http/assets.rs
	cargo build --workspace --bins $(if $(findstring --release,$(DEMO_ARGS)),--release)
	@# Its two gateways, the panel's and that of the pages like Outlook and Teams, tell each other over a NATS of their own.
	scripts/with-nats bash -c 'exec target/$(if $(findstring --release,$(DEMO_ARGS)),release,debug)/demo \
		--events "$$TREFOIL_TEST_EVENTS" $(DEMO_ARGS)'

.PHONY: cluster
cluster: setup $(DIST) ## The same as three gateways behind a balancer, on PostgreSQL and NATS.
	@touch src/http/assets.rs
	cargo build --workspace --bins $(if $(findstring --release,$(CLUSTER_ARGS)),--release)
	@scripts/cluster $(CLUSTER_ARGS)

.PHONY: test
test: setup $(DIST) $(PEERS_STAMP) ## Run every check.
	@scripts/check

.PHONY: check
check: ## Formatting, lints and unit tests of the Rust code, for between edits.
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings
	cargo test --workspace --lib

.PHONY: schema
schema: ## Write schema.graphql and docs/STORED.md anew from the code.
	UPDATE=1 cargo test --test it -- schema stored

.PHONY: bench
bench: setup ## Measure the hot pieces, and the panel's query beside a hand-written join.
	@scripts/bench

.PHONY: bench-transfer
bench-transfer: setup ## Kill the gateway while it attaches recordings, then attach very large ones.
	cargo bench --quiet --bench transfer -- $(BENCH_ARGS)

.PHONY: bench-live
bench-live: setup ## Measure subscriptions under load: delivery, a slow reader, lost connections, memory, webhooks.
	cargo bench --quiet --bench live -- $(BENCH_ARGS)

.PHONY: fmt
fmt: ## Format everything.
	cargo fmt --all
	if [ -d frontends/node_modules ]; then cd frontends && npx biome check --write .; fi
