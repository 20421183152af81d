# Each command sets up what it needs: .venv/ from the lock files, and where it may the Docker engine and a browser.
.POSIX:
.PHONY: help run test check bench clean
PYTHON = .venv/bin/python

help: ## list these commands
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1	\2/p' Makefile | expand -t 16

run: ## set up and run: portal, workers, every contest with its sample entries; Ctrl-C stops all of it
	@sh docker/setup.sh run
	@.venv/bin/podium demo

test: ## set up and run all tests
	@sh docker/setup.sh test
	@$(PYTHON) -m pytest $(ARGS)

check: ## lint, formatting and types
	@sh docker/setup.sh check
	@$(PYTHON) -m ruff check .
	@$(PYTHON) -m ruff format --check .
	@$(PYTHON) -m mypy

bench: ## speed, each figure beside its control in the same run
	@sh docker/setup.sh bench
	@$(PYTHON) -m tests.bench $(ARGS)

clean: ## remove the environment and caches, never the data folder
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage build podium.egg-info
