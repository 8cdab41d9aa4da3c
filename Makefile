# What a person can do with this course. `make help` lists the targets.
VENV ?= .venv
# The first Python here that every dependency has wheels for (TensorFlow: to 3.13).
SUITS := import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))
PYTHON ?= $(shell for python in python3.11 python3.12 python3.13 python3 python; do \
	$$python -c '$(SUITS)' 2>/dev/null && echo $$python && break; done)
PORT ?= 8000
BIN := $(VENV)/bin
READY := $(VENV)/ready
COMPILE := $(BIN)/uv pip compile --quiet --system-certs $(if $(UPGRADE),--upgrade) \
	--universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	--no-emit-index-url --no-emit-find-links
# What a container that serves a trained model needs, and nothing else.
SERVED := fastapi numpy pandas scipy uvicorn

# The folders that modules are imported from; deptry looks for what nothing declares.
IMPORTS := recsys_helpers benchmarks book book/_ext classroom notebooks \
	tests tests/helpers tests/site

# Where several processes share the cores, as in book/run_chapters.py.
ONE_THREAD := OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 VECLIB_MAXIMUM_THREADS=1 \
	TF_NUM_INTRAOP_THREADS=1 TF_NUM_INTEROP_THREADS=1

.DEFAULT_GOAL := help
.PHONY: help book serve quick test test-all test-package test-notebooks test-site test-book \
	pairs sync renumber lab lint lock editions results bench bench-compare mutation coverage clean \
	assignments grade bundle

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sort | \
	  awk -F ':.*## ' '{printf "  make %-16s %s\n", $$1, $$2}'

# Set-up is done once for each state of the lock files.
$(READY): requirements.lock requirements-dev.lock requirements-uv.lock pyproject.toml
	@test -n "$(PYTHON)" && $(PYTHON) -c '$(SUITS)' || { echo "This needs Python 3.11," \
	  "3.12 or 3.13, and found none. Say where one is: make PYTHON=/path/to/python"; \
	  exit 1; }
	@echo "Setting up the environment in $(VENV), once (a minute or a few)."
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --require-hashes -r requirements-uv.lock
	@$(BIN)/uv pip sync --quiet --python $(BIN)/python --system-certs \
	  --require-hashes --compile-bytecode requirements.lock requirements-dev.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps \
	  --no-build-isolation --editable .
	@touch $@

book: pairs ## Run the notebooks and build the site into _build/html
	@$(BIN)/python book/build_site.py

serve: book ## Build the site and serve it on http://localhost:8000 (PORT=...)
	@$(BIN)/python -m http.server $(PORT) --bind 127.0.0.1 --directory _build/html

# What `make test` leaves out: see the marker in pyproject.toml.
SLOW := and not slow

test: lint test-package test-notebooks test-site ## Run all tests but the slow ones

test-all: SLOW :=
test-all: test test-book ## Run the slow tests too, and open each page that is published

quick: lint pairs ## Check style, types, pairs, and test what changed since main: a minute
	@$(ONE_THREAD) $(BIN)/python tests/quick.py --seconds 40

lint: $(READY) ## Check style, types, and that each import is declared
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/deptry $(IMPORTS)

test-package: $(READY) ## Test the package, the pairs and the repository
	@$(ONE_THREAD) $(BIN)/pytest -q -n 2 --dist worksteal --durations=10 \
	  --untouched -m "not site $(SLOW)"

coverage: $(READY) ## Test the package, and say which lines and branches no test runs
	@$(BIN)/pytest -q -n 2 --dist worksteal -m "not site" --cov \
	  --cov-report=term-missing:skip-covered --cov-fail-under=95

test-notebooks: pairs ## Run every notebook on the reduced data and compare outputs
	@CI=true RECSYS_DATASET=sample $(ONE_THREAD) $(BIN)/pytest -q -o addopts= \
	  --nbval-lax --nbval-current-env -n 2 --dist loadfile notebooks/*.ipynb

OPEN_PAGES := $(BIN)/pytest -q -rs -n 2 --dist worksteal --durations=10 -m site tests

test-site: pairs ## Build pages from the stored outputs and open each in a browser
	@$(BIN)/python book/build_site.py --stored
	@$(OPEN_PAGES)

test-book: book ## Build the site that is published and open every page in a browser
	@RECSYS_SITE=_build/html $(OPEN_PAGES)

pairs: $(READY) ## Check that every .ipynb is what its .py says
	@$(BIN)/python book/sync_notebooks.py --check

sync: $(READY) ## Make every .ipynb from its .py, run on the reduced data (ALL=1: all)
	@$(BIN)/python book/sync_notebooks.py $(if $(ALL),--all)

renumber: $(READY) ## Number the chapters as book/_toc.yml has them, wherever they are named
	@$(BIN)/python book/renumber.py

editions: pairs ## Run the chapters on what RECSYS_DATA_DIR holds (EDITIONS="100k 1m")
	@$(BIN)/python book/run_editions.py $(EDITIONS)

lab: $(READY) ## Open the notebooks in JupyterLab
	@$(BIN)/jupyter lab --notebook-dir=notebooks

assignments: $(READY) ## Make the student, solution and instructor versions
	@$(BIN)/python classroom/make_assignments.py

grade: ## Grade submissions: DIR=folder/with/a/folder/for/each/student (or COUNT=1)
	@test -n "$(DIR)$(COUNT)" || { echo "Say where they are: make grade DIR=..."; exit 1; }
	@$(MAKE) --no-print-directory $(if $(COUNT),$(READY),assignments)
	@$(BIN)/python classroom/grade.py $(if $(COUNT),--count,"$(DIR)") $(if $(FEEDBACK),--feedback)

bundle: $(READY) ## Pack all that a lab without a network needs (about 1 GB)
	@$(BIN)/python classroom/bundle.py

# A name stands in one of the first two only.
lock: ## Pin what pyproject.toml asks for (UPGRADE=1: in the newest allowed versions)
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet uv
	@$(COMPILE) pyproject.toml --extra course --output-file requirements.lock
	@$(COMPILE) pyproject.toml --all-extras \
	  --constraints requirements.lock --output-file requirements-dev.lock
	@awk 'NR == FNR {if (/^[^ ]/) pinned[$$1]; next} /^[^ ]/ {keep = !($$1 in pinned)} keep' \
	  requirements.lock requirements-dev.lock > requirements-dev.lock.new
	@mv requirements-dev.lock.new requirements-dev.lock
	@awk '/^[^ ]/ {keep = /^uv==/} keep' requirements-dev.lock > requirements-uv.lock
	@printf '%s\n' $(SERVED) | $(COMPILE) \
	  --constraints requirements.lock - --output-file requirements-serve.lock

results: $(READY) ## Choose settings and measure all methods anew for chapter 9 (two hours)
	@$(BIN)/python benchmarks/trials.py
	@$(BIN)/python benchmarks/five_methods.py
	@$(BIN)/python book/readme_table.py

bench: $(READY) ## Repeat the measurements in benchmarks/ (takes long)
	@for script in $(filter-out %/compare_results.py,$(wildcard benchmarks/*.py)); do \
	  echo "== $$script"; \
	  $(BIN)/python $$script || exit 1; done

mutation: $(READY) ## Change lines of metrics and splits: which changes does no test notice?
	@$(BIN)/uv pip install --quiet --system-certs --python $(BIN)/python \
	  --target _build/mutmut 'mutmut>=3.8,<4'
	@PYTHONPATH=_build/mutmut $(BIN)/python -m mutmut run --max-children 2
	@PYTHONPATH=_build/mutmut $(BIN)/python -m mutmut results

bench-compare: $(READY) ## Say what moved in results, and what fell: A=old.json B=new.json, or HEAD
	@$(BIN)/python benchmarks/compare_results.py $(A) $(B)

clean: ## Remove what was built and the environment, but no grades
	@test ! -e _build/grades || { echo "_build/grades holds marks: move it to grades/"; exit 1; }
	rm -rf $(VENV) _build mutants .pytest_cache .ruff_cache .hypothesis *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
