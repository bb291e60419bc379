# Every target sets up first what is not set up yet; see packaging/install.py.
PYTHON ?= python3
ifeq ($(OS),Windows_NT)
BIN := .venv/Scripts
else
BIN := .venv/bin
endif

# pytest starts the virtual screen; these keep a desktop's own settings out of the tests.
TEST_ENVIRONMENT := QT_QPA_PLATFORMTHEME= QT_STYLE_OVERRIDE=

.PHONY: help setup demo run test slow bench nightly lint format models clean

help:
	@echo "make demo      render the first graph to demo.mp4"
	@echo "make run       open the first graph in the editor"
	@echo "make test      the tests; make slow: those that take long"
	@echo "make bench     the benchmarks, as a table with the ratio to each limit;"
	@echo "               BENCH='head speech' for some, BENCH='--minutes 20' to stop in time"
	@echo "make nightly   the slow tests and the benchmarks"
	@echo "make lint      style, types and import contracts; make format: tidy up"
	@echo "make models    fetch every model that can be fetched; asks about licences"
	@echo "make clean     remove the environment and everything that was made"

setup:
	@$(PYTHON) packaging/install.py --quiet

demo: setup
	$(BIN)/facewright render resources/graphs/first_face.graph -o demo.mp4

run: setup
	$(BIN)/facewright open resources/graphs/first_face.graph

test: setup
	$(TEST_ENVIRONMENT) $(BIN)/pytest -m "not slow"

slow: setup
	$(TEST_ENVIRONMENT) $(BIN)/pytest -m slow || [ $$? -eq 5 ] # 5: there are none

bench: setup
	$(BIN)/python -m tests.bench.run $(BENCH)

nightly: slow bench

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: setup
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

models: setup
	$(BIN)/facewright models fetch --all

clean:
	rm -rf .venv build dist *.egg-info bench-results demo.mp4
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find app nodes resources tests packaging -name __pycache__ -type d -exec rm -rf {} +
