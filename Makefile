# digest: `make demo` shows it, `make test` proves it, `make help` lists the rest.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
JOBS ?= auto

.PHONY: run demo browser imap test check words clients soak bench bench-themes clean help
.DEFAULT_GOAL := help

$(STAMP): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("digest needs Python 3.11 or newer; name one with: make PYTHON=python3.12 ...") if sys.version_info < (3, 11) else None'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || { echo "no venv module: on Debian, apt-get install python3-venv"; exit 1; }
	@echo "installing into $(VENV) (once, about a minute)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	@touch $@

run: $(STAMP)  ## today's papers with config.yaml into the outbox; mails nobody as shipped
	$(BIN)/digest run

demo: $(STAMP)  ## recorded papers, a real SMTP conversation, letters to look at
	@$(BIN)/digest demo

# Letters are tested in a real browser: root on Debian gets it here, others are told how.
browser:
	@$(BIN)/python -m tests.support.browsing >/dev/null 2>&1 || { \
	  test "$$(id -u)" = 0 && command -v apt-get >/dev/null && echo "installing chromium for the tests" \
	  && apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null; } || { \
	  echo "the tests open letters in Chromium: sudo apt-get install chromium (or name one: CHROMIUM=/path make test)"; exit 1; }

# Bounces are read from a real IMAP server.
imap:
	@test -x /usr/sbin/dovecot -a -x /usr/lib/dovecot/imap || { \
	  test "$$(id -u)" = 0 && command -v apt-get >/dev/null && echo "installing dovecot for the tests" \
	  && apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends dovecot-core dovecot-imapd >/dev/null; } || { \
	  echo "the tests read mail from Dovecot: sudo apt-get install dovecot-core dovecot-imapd"; exit 1; }

test: $(STAMP) browser imap  ## every test but the long trials
	$(BIN)/python -m pytest -n $(JOBS) --dist worksteal -m 'not soak'

check: $(STAMP)  ## format, lint, types, import contracts, tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(MAKE) test

words: $(STAMP)  ## new words of templates and code into the catalogues, to be translated
	$(BIN)/python -m tests.tools.catalogues update

clients: $(STAMP)  ## pictures of the letter in real mail clients (see tests/clients/README.md)
	$(BIN)/python -m tests.clients var/clients

soak: $(STAMP)  ## the long trials
	HYPOTHESIS_PROFILE=search $(BIN)/python -m pytest -m soak
	HYPOTHESIS_PROFILE=search $(BIN)/python -m pytest -n $(JOBS) -m 'not soak' tests/unit

bench: $(STAMP)  ## what it costs, side by side with a peer
	$(BIN)/python -m tests.bench

bench-themes: $(STAMP)  ## how well themes agree with people's labels
	$(BIN)/python -m tests.bench.themes

clean:  ## remove what make and a run made, but not your lists
	rm -rf $(VENV) build dist var .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

help:  ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14
