# Every target makes its own environment in .venv first; the stamps make that quick the second time.
# The tests start commands hundreds of times: keep compiled modules, whatever the environment says.
unexport PYTHONDONTWRITEBYTECODE
PYTHON ?= $(firstword $(foreach p,python3 python3.13 python3.12 python3.11 python,\
	$(shell $(p) -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && echo $(p))))
BIN := .venv/bin
BUILD := .venv/.installed-build
RUN := .venv/.installed
DEV := .venv/.installed-dev
DOCS := .venv/.installed-docs
PIP := $(BIN)/python -m pip install --quiet --quiet --disable-pip-version-check --constraint constraints.txt
PYTEST_ARGS ?= -q -n auto --dist worksteal
PICTURES ?= ../shared/pictures

.PHONY: setup demo check test test-browser test-latex fix figures-random fuzz fuzz-networks bench check-all clean editors test-editors \
  small mutate fresh warnings transfer diff-changes diff-history import-table import-beside playground \
  test-playground docs
.DEFAULT_GOAL := setup

setup: $(DEV)  ## everything that developing archc needs

.venv/bin/python:
	@test -n "$(PYTHON)" || { echo "archc needs Python 3.11 or newer" >&2; exit 2; }
	$(PYTHON) -m venv .venv

$(BUILD): pyproject.toml constraints.txt | .venv/bin/python
	$(PIP) hatchling lark
	@touch $@

$(RUN): $(BUILD)
	$(PIP) --no-build-isolation --editable '.[demo]'
	@touch $@

$(DEV): $(RUN)
	$(PIP) --no-build-isolation --editable '.[dev]'
	@touch $@

$(DOCS): $(BUILD)
	$(PIP) --no-build-isolation --editable '.[docs]'
	@touch $@

demo: $(RUN)  ## compile every shipped network into demo/, and fine-tune one for a minute
	@$(BIN)/archc zoo -o demo
	@$(BIN)/python -m benchmarks.demo demo/finetune

test: $(DEV)  ## all tests
	@OMP_NUM_THREADS=1 $(BIN)/python -m pytest $(PYTEST_ARGS)

test-browser: $(DEV)  ## the tests that need a browser; without one they are skipped, and it says so
	@$(BIN)/python -m pytest -q -rs tests/browser

small: $(DEV)  ## that archc without extras is under 30 MB, and checks, counts, compiles and draws
	@$(BIN)/python -m tests.small_install

editors:  ## the VS Code extension, editors/vscode/archc.vsix; needs node 20 and npm
	@cd editors/vscode && npm install --ignore-scripts --silent && npm test --silent && npm run --silent package

test-editors: $(DEV) editors  ## the extension in a real VS Code: code-server, which is installed into build/, and Chromium
	@sh tests/vscode/install.sh build/code-server
	@$(BIN)/python -m pytest -q -rs tests/vscode

playground: $(BUILD)  ## the playground, a folder for any static server: playground/dist; needs node 20 and npm
	@rm -rf playground/build
	@$(BIN)/python -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir playground/build .
	@cd playground && npm install --ignore-scripts --silent && npm run --silent check && npm run --silent build

test-playground: playground $(DEV)  ## that all shipped specs are the same in it, and ten minutes of a new user in Chromium
	@ARCHC_ALL=1 OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q -rs tests/playground

docs: $(DOCS) playground  ## the documentation as a site, with gallery and playground: build/site; strict, links checked
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet
	@$(BIN)/archc zoo --no-prove -o build/site/networks
	@cp -r playground/dist build/site/play

test-latex: $(DEV)  ## that TikZ and tables compile; without pdflatex each is skipped, and it says so
	@$(BIN)/python -m pytest -q -rs tests/draw/test_paper.py tests/draw/test_table.py

check: $(DEV)  ## lint, format, types, import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

fix: $(DEV)  ## what ruff can mend by itself
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

fuzz: $(DEV)  ## an hour of texts that nobody would write; FUZZ_ARGS='--seconds 60' for a minute
	$(BIN)/python -m fuzz $(FUZZ_ARGS)

figures-random: $(DEV)  ## that figures of 2,000 random networks, and of 2,000 tangled ones, say what is so; it goes on with FIGURES_ARGS='--first 700'
	@OMP_NUM_THREADS=1 $(BIN)/python -m tests.draw.many $(FIGURES_ARGS)

fuzz-networks: $(DEV)  ## random networks and edits, by archc and by a reference written from the docs; FUZZ_ARGS='--seed 1'
	@OMP_NUM_THREADS=1 $(BIN)/python -m tests.reference --networks 10000 --edits 5000 --dense 10000 --processes 2 $(FUZZ_ARGS)

fresh: $(DEV)  ## the classes of all blocks at arguments that no network uses; FRESH_ARGS='--seed 1'
	@OMP_NUM_THREADS=1 $(BIN)/python -m tests.reference.fresh --processes 2 $(FRESH_ARGS)

warnings: $(DEV)  ## that no warning is given for a thousand random networks
	@ARCHC_ALL=1 OMP_NUM_THREADS=1 $(BIN)/python -m pytest $(PYTEST_ARGS) tests/lint/test_meant.py

mutate: $(DEV)  ## 300 small changes of the compiler, and which of them the tests miss; MUTATE_ARGS='--sample 60 --seed 7'
	@OMP_NUM_THREADS=1 $(BIN)/python -m tests.mutation $(MUTATE_ARGS)

transfer: $(DEV)  ## the table of docs/transfer.md, an hour or more; PICTURES=DIR has train/ and test/; stopped, it goes on
	@OMP_NUM_THREADS=1 $(BIN)/python -m benchmarks.transfer_pictures demo/transfer "$(PICTURES)"

diff-changes: $(DEV)  ## the table of docs/diff.md: single changes of all shipped specs, and the edits that a diff tells
	@OMP_NUM_THREADS=1 $(BIN)/python -m tests.diffing.test_single

diff-history: $(DEV)  ## diffs over the history of the shipped specs; HISTORY_ARGS=-v tells them; it goes on with HISTORY_ARGS='--first 40'
	@OMP_NUM_THREADS=1 $(BIN)/python -m tests.diffing.history $(HISTORY_ARGS)

import-beside: $(DEV)  ## docs/import-beside.md: the best and the worst families of imports as texts
	@OMP_NUM_THREADS=1 $(BIN)/python -m benchmarks.import_table --beside

import-table: $(DEV)  ## the table of docs/import.md, two hours or less; stopped, it goes on
	@OMP_NUM_THREADS=1 $(BIN)/python -m benchmarks.import_table $(IMPORTS)

bench: $(DEV)  ## speed, beside torchvision and fvcore
	$(BIN)/python -m benchmarks

check-all: export ARCHC_ALL = 1
check-all: check test demo  ## all tests on all of the zoo, where one network a family is enough day by day

clean:
	rm -rf .venv demo
