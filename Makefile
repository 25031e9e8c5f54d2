# Two commands matter: `make lab2` and `make test`.  Both make their own .venv here.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: help lab2 report test bench kills graphs histories fuzz mutants pytorch lint pictures docs docs-check docs-open types clean book test-oldest wheel

help:  ## list the targets
	@grep -E '^[a-z0-9-]+:.*##' Makefile | sed 's/:.*##/\t/' | expand -t 14

# One stamp an extra: a changed setup.cfg installs anew.
$(VENV)/.stamp-%: setup.cfg pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[$*]'
	@touch $@

$(VENV)/.stamp-run: setup.cfg pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

lab2: $(VENV)/.stamp-run  ## train Lab 2 on both data sets; then open lab2-output/index.html
	$(BIN)/python -m tinygraph lab2

report: $(VENV)/.stamp-run  ## run all experiments; the report goes to report/index.html
	$(BIN)/python -m tinygraph lab2 report

test: $(VENV)/.stamp-test  ## run every test
	$(BIN)/python -m pytest --numprocesses auto

test-oldest:  ## run the tests with the lowest versions that setup.cfg allows (Python 3.10 to 3.12)
	$(PYTHON) -m venv --clear .venv-oldest
	$(PYTHON) .ci/lowest.py > .venv-oldest/lowest.txt
	.venv-oldest/bin/python -m pip install --quiet --constraint .venv-oldest/lowest.txt --editable '.[test]'
	.venv-oldest/bin/python -m pytest --numprocesses auto -W default

wheel: $(VENV)/.stamp-run  ## build the wheel, install it elsewhere, and train Lab 2 with it there
	.ci/wheel

kills: $(VENV)/.stamp-test  ## kill a training run at 200 random moments; nothing may be lost
	cd tests && ../$(BIN)/python -m campaigns.kills

histories: $(VENV)/.stamp-test  ## train 2,000 random graphs on all engines: equal, or refused
	cd tests && ../$(BIN)/python -m campaigns.histories

graphs: $(VENV)/.stamp-test  ## compare 5,000 random graphs with HIPS autograd
	cd tests && ../$(BIN)/python -m campaigns.graphs

curvature: $(VENV)/.stamp-test  ## compare Hessian-vector products with HIPS autograd
	cd tests && ../$(BIN)/python -m campaigns.curvature

pytorch: $(VENV)/.stamp-test  ## compare every op and layer with PyTorch, if it is installed
	cd tests && ../$(BIN)/python -m campaigns.pytorch

fuzz: $(VENV)/.stamp-test  ## give the public API 100,000 bad inputs, and the command line 3,000
	cd tests && ../$(BIN)/python -m campaigns.fuzz

bench: $(VENV)/.stamp-test  ## measure it beside NumPy by hand, C and other frameworks (what is installed)
	$(BIN)/python -m benchmarks
	$(BIN)/python -m benchmarks.browser

mutants: $(VENV)/.stamp-mutants  ## change one thing in the core, thousands of times; the tests must notice
	cd tests && ../$(BIN)/python -m campaigns.mutants

lint: $(VENV)/.stamp-dev  ## check style and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

pictures: $(VENV)/.stamp-run  ## draw the README's pictures anew
	$(BIN)/python docs/readme_pictures.py

docs: $(VENV)/.stamp-docs  ## build the book in docs/_build/html; any warning fails
	$(BIN)/python -m sphinx -W --keep-going -q -d docs/_build/doctrees docs docs/_build/html

docs-check: docs $(VENV)/.stamp-test  ## look the built book over: spelling, links, and each page in Chromium
	$(BIN)/codespell README.md CHANGELOG.md CONTRIBUTING.md docs tutorials tinygraph
	$(BIN)/python docs/check.py

book: docs  ## pack the built book as dist/tinygraph-book.zip; it works from a USB stick
	mkdir -p dist
	$(BIN)/python .ci/pack.py docs/_build/html dist/tinygraph-book.zip

docs-open: docs  ## build the book and open it in the browser
	$(BIN)/python -m webbrowser -t "file://$(CURDIR)/docs/_build/html/index.html"

types: $(VENV)/.stamp-dev  ## check types
	$(BIN)/mypy

clean:  ## remove what the other targets made
	rm -rf $(VENV) .venv-oldest mutants lab2-output train-output tutorial-output report docs/_build docs/tutorials docs/derivations build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache
