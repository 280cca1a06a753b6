# Targets make their own environment in .venv; a Python of 3.11 or newer, pip and make are all they need.
PYTHON ?= python3
WORKERS ?= 2
BIN := .venv/bin
MODELS := mixture,silence,noise-matched,oracle-irm,oracle-ibm,oracle-wiener,template,nmf

BENCHMARKS := overhead throughput memory planning cost_curve metrics second_system audiosep ray_against_local

.PHONY: demo test test-slow test-browser docs bench lint format verify clean

# Install without torch, score every weightless model on the demo suite, write a page and print where it is.
demo: .venv/.installed-baselines,report
	$(BIN)/sepbench run --models $(MODELS) --suite demo --workers $(WORKERS) --out results/runs/demo
	$(BIN)/sepbench report results/runs/demo --output reports/demo.html

# Each of the tests' processes has a core of its own: threads of theirs would wait for each other.
test test-slow: export OMP_NUM_THREADS = 1
test test-slow: export OPENBLAS_NUM_THREADS = 1

test: lint
	$(BIN)/pytest -n $(WORKERS)

# Every extra is installed first, some of them with a C++ compiler: Ray, S3, ViSQOL and PESQ are tested for real.
test-slow: .venv/.installed-slow
	$(BIN)/pytest -n $(WORKERS) -m slow

# The page in a real browser: Debian's Chromium, installed where this is Debian and root; else one that is here already.
test-browser: .venv/.installed-browser
	command -v chromedriver >/dev/null || { apt-get update && apt-get install -y --no-install-recommends chromium chromium-driver; } || true
	$(BIN)/pytest -n 0 -m browser -rs tests/browser

# The documentation as a site in build/site. Its pages about metrics are made from the code; PESQ and ViSQOL are drawn where
# they can be installed, which takes a C compiler. The variable silences the theme's word on another program's future.
docs: .venv/.installed-docs
	-$(MAKE) --no-print-directory .venv/.installed-pesq,visqol
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

# Figures of benchmarks/*.md, measured on this machine; nothing else should run beside. The libraries that ours is measured
# against are installed first.
bench: .venv/.installed-bench
	for name in $(BENCHMARKS); do $(BIN)/python -m benchmarks.$$name || exit 1; done

lint: .venv/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: .venv/.installed-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# Every committed list: hashes, files, a sample rendered again.
verify: .venv/.installed-baselines
	$(BIN)/sepbench manifest verify $$(find manifests -name '*.jsonl' | sort)

.venv/.installed-%: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[$*]'
	touch $@

clean:
	rm -rf .venv build results/runs reports/demo.html .pytest_cache .mypy_cache .ruff_cache
