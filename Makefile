# The daily work on hpxpy. `make dev` first; then `make test`. Settings, with their defaults, on the
# command line: VENV=.venv  JOBS=<cores>  PRESET=dev  PYTEST="-k name"  FAULTS="--seed 17"  SINCE=<commit> (for tidy)
# ARRAY_API=array_api_tests/test_linalg.py (for array-api)
# FUZZ_SECONDS=120 (of random calls under the sanitizers)  PROGRAMS="--seed 17".
# SPDX-License-Identifier: BSL-1.0
VENV ?= .venv
JOBS ?= $(shell nproc)
PRESET ?= dev
BUILD_TYPE ?= RelWithDebInfo
PYTEST ?=
FAULTS ?=
SINCE ?=
ARRAY_API ?=
FUZZ_SECONDS ?= 120
PROGRAMS ?=

BIN := $(VENV)/bin
PY := $(BIN)/python
READY := $(VENV)/.requirements
BENCH_READY := $(VENV)/.bench-requirements
export PATH := $(abspath $(BIN)):$(PATH)
export CMAKE_BUILD_PARALLEL_LEVEL ?= $(JOBS)
export CTEST_PARALLEL_LEVEL ?= 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# One name for the compiler, make's own unless told: CMake and scikit-build-core would each choose
# another (c++, g++), and ccache keeps them apart.
export CXX
# Ninja where it is found, make where not; a generator named outside stays.
export CMAKE_GENERATOR ?= $(if $(shell PATH="$(PATH)" command -v ninja),Ninja,Unix Makefiles)

CPP_FILES = $(shell git ls-files '*.cpp' '*.hpp')
TIDY_FILES = $(filter src/%.cpp,$(if $(SINCE),$(shell git diff --name-only --diff-filter=d $(SINCE)),$(CPP_FILES)))
PIP_INSTALL = $(PY) -m pip install --quiet --no-build-isolation --no-deps
# So many tests at a time, each in a process of its own (pytest-xdist).
SIDE_BY_SIDE = -n $(JOBS) --dist worksteal
# What -fsanitize=address needs under a Python that was built without it.
UNDER_ASAN = LD_PRELOAD="$$(g++ -print-file-name=libasan.so) $$(g++ -print-file-name=libstdc++.so)" \
    ASAN_OPTIONS=detect_leaks=0:allocator_may_return_null=1 UBSAN_OPTIONS=print_stacktrace=1 PYTHONMALLOC=malloc

.PHONY: help dev install-with-tests test test-cpp test-python test-multi test-2 test-3 test-grids test-hpx faults array-api programs bench \
        reference environment scaling format \
        check check-format tidy check-asan check-tsan ci clean

help:
	@echo "make dev       build, install editable, rebuild on import"
	@echo "make test      C++ and Python      make test-2, make test-3    the Python tests on 2, 3 processes"
	@echo "make test-hpx  both on engine hpx"
	@echo "make test-grids  maps on grids of 4 and 6 localities"
	@echo "make faults    200 seeded faults in programs of 3 localities; FAULTS=--seed 17 for one"
	@echo "make array-api  the public suite of the array API on distributed arrays; needs ARRAY_API_TESTS_GIT, ARRAY_API_GIT"
	@echo "make programs  10,000 random programs on 3 localities against NumPy, 2,000 of which one locality differs;"
	@echo "               PROGRAMS=--seed 17 or 'PROGRAMS=--seed 17 --divergent' for one"
	@echo "make bench     benchmarks          make format   clang-format, ruff"
	@echo "make scaling   docs/scaling.md, by hpxpy plan"
	@echo "make reference docs/reference.md, from the operations table and the docstrings"
	@echo "make environment docs/environment.md, the variables of the environment"
	@echo "make check     all that must pass  make ci       everything, in an environment of its own"

# Everything that building and testing take from PyPI; cmake and ninja only where the system has none.
$(READY): pyproject.toml cmake/requirements.py
	test -x $(PY) || python3 -m venv $(VENV)
	$(PY) cmake/requirements.py test examples dev > $(VENV)/requirements.txt
	cmake --version 2>/dev/null | grep -qE 'version (3\.(2[2-9]|[3-9][0-9])|[4-9])' || echo cmake >> $(VENV)/requirements.txt
	ninja --version >/dev/null 2>&1 || echo ninja >> $(VENV)/requirements.txt
	$(PY) -m pip install --quiet --requirement $(VENV)/requirements.txt
	touch $@

# The peers of the benchmarks: large, so only where they are asked for.
$(BENCH_READY): $(READY)
	$(PY) cmake/requirements.py bench > $(VENV)/bench-requirements.txt
	$(PY) -m pip install --quiet --requirement $(VENV)/bench-requirements.txt
	touch $@

dev: $(READY)
	$(PIP_INSTALL) --config-settings=editable.rebuild=true --config-settings=cmake.build-type=$(BUILD_TYPE) \
	    --config-settings=cmake.define.HPXPY_WERROR=ON -e .

# The package as a user gets it, and the C++ tests, from one tree: each file is compiled once.
install-with-tests: $(READY)
	$(PIP_INSTALL) --force-reinstall --config-settings=build-dir=build/with-tests \
	    --config-settings=cmake.define.HPXPY_WERROR=ON --config-settings=cmake.define.HPXPY_TESTS=ON .
	ctest --test-dir build/with-tests --output-on-failure --no-tests=error

test: test-cpp test-python test-multi

test-cpp: $(READY)
	cmake --preset $(PRESET) -DPython_EXECUTABLE=$(abspath $(PY))
	cmake --build --preset $(PRESET)
	ctest --preset $(PRESET)

test-python:
	$(PY) -m pytest $(SIDE_BY_SIDE) tests/python $(PYTEST)

test-multi:
	$(PY) -m pytest $(SIDE_BY_SIDE) tests/multi $(PYTEST)

test-2 test-3: test-%:
	$(BIN)/hpxpy run -n $* -m pytest tests/python $(PYTEST)

# All tests of maps on grids of localities, on more localities than CI takes.
test-grids:
	for n in 4 6; do $(BIN)/hpxpy run -n $$n -m pytest tests/python/test_grids.py $(PYTEST) || exit 1; done

# $(call overlay,name,pip settings): the package in build/<name>/venv, an environment that reads
# everything else from $(VENV), so the editable install there stays as it is.
define overlay
	rm -rf build/$(1)/venv
	$(PY) -m venv --without-pip build/$(1)/venv
	$(PY) -c "import sysconfig; print(sysconfig.get_path('purelib'))" \
	    > "$$(build/$(1)/venv/bin/python -c "import sysconfig; print(sysconfig.get_path('purelib'))")/base.pth"
	$(PY) -m pip --python build/$(1)/venv/bin/python install --quiet --no-build-isolation --no-deps \
	    --ignore-installed --config-settings=build-dir=build/$(1)-module \
	    --config-settings=cmake.define.HPXPY_EXTRA_RUNPATH=$(abspath $(VENV))/lib $(2) .
endef

# All tests that start several processes, on engine hpx; says so where hpxpy was built without it.
# Compositions of what the other tests run on this engine, too; those of linear algebra take long.
SAME_ON_ENGINES = $(addprefix --ignore=tests/python/test_,distributed_linalg.py krylov.py made_variates.py \
    numpy_names.py rest.py distributed_operands.py blocks.py files.py ufunc_methods.py array_attributes.py)

test-hpx:
	@if $(PY) -c "import os, sys, hpxpy._core as c; sys.exit(not os.path.exists(os.path.dirname(c.__file__) + '/_engine_hpx.so'))"; then \
	    export HPXPY_ENGINE=hpx; \
	    $(MAKE) test-multi && $(MAKE) test-2 test-3 PYTEST="$(SAME_ON_ENGINES) $(PYTEST)"; \
	else \
	    echo "Engine hpx: skipped, hpxpy was built where CMake found no HPX"; \
	fi

# Each failing seed is printed, and can be run alone.
faults:
	$(PY) tests/multi/faults.py $(FAULTS)

# The array API's public suite with arrays dealt out by default. Several localities refuse to export them by DLPack.
array-api:
	@set -e; for form in "block 1" "block 2" "block 3" "cyclic 2"; do \
	    set -- $$form; runner=; excused=/dev/null; \
	    if [ $$2 -gt 1 ]; then runner="$(abspath $(BIN))/mpiexec -n $$2"; excused=tools/array_api_xfails.txt; fi; \
	    echo "$$1 on $$2"; \
	    RUNNER="$$runner" XFAILS=$$excused JOBS=1 tools/run_array_api.sh $(PY) \
	        "exec('import hpxpy; hpxpy.set_default_distribution(\"$$1\"); xp = hpxpy')" $(ARRAY_API); \
	done
# Each failing program is printed, cut down, with its seed, and can be run alone. Who waits too long ends it.
programs: export HPXPY_STALL_ENDS = 1
programs:
	$(BIN)/hpxpy run -n 3 tests/python/programs.py $(PROGRAMS)
ifeq ($(PROGRAMS),)
	$(BIN)/hpxpy run -n 3 tests/python/programs.py --divergent
endif

bench: $(BENCH_READY)
	cmake --preset release -DPython_EXECUTABLE=$(abspath $(PY))
	cmake --build --preset release
	$(call overlay,bench,-C cmake.define.HPXPY_WERROR=ON)
	OPENBLAS_THREAD_TIMEOUT=16 HPXPY_BENCHMARKS=build/release build/bench/venv/bin/python benchmarks/python/run.py $(BENCH)

# Every public function; not committed, as each change of a docstring changes it.
reference: $(READY)
	$(PY) tools/reference.py docs/reference.md

# The HPXPY_* variables; a test holds the page to it.
environment: $(READY)
	$(PY) tools/environment.py docs/environment.md

# Programs planned on up to 4096 localities; a minute and a half.
scaling: $(READY)
	$(PY) tools/scaling.py

format: $(READY)
	clang-format -i $(CPP_FILES)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

check: check-format
	$(MAKE) dev
	$(MAKE) test test-2 test-3 test-hpx tidy check-asan check-tsan

check-format: $(READY)
	clang-format --dry-run --Werror $(CPP_FILES)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

# Reads the compile commands of the editable build, the only tree that compiles every file of src.
tidy:
	printf '%s\n' $(TIDY_FILES) | xargs -r -n 1 -P $(JOBS) \
	    clang-tidy --quiet -p build/editable-$$($(PY) -c "import sys; print(sys.implementation.cache_tag)")

check-asan: $(READY)
	$(MAKE) test-cpp PRESET=asan
	$(call overlay,asan,-C cmake.build-type=RelWithDebInfo --config-settings=cmake.define.HPXPY_SANITIZE=address$(comma)undefined)
	HPXPY_FUZZ_SECONDS=$(FUZZ_SECONDS) $(UNDER_ASAN) build/asan/venv/bin/python -m pytest tests/python $(PYTEST)

check-tsan: $(READY)
	$(MAKE) test-cpp PRESET=tsan

ci:
	sh tests/run

clean:
	rm -rf build

comma := ,
