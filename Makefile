# make demo and make test are all a new machine needs, after
#   apt-get install gcc make python3-dev python3-venv
# The other targets are for those who change segpy; CONTRIBUTING.md says when to run which.

PYTHON ?= python3
VENV ?= .venv
FUZZ_SECONDS ?= 10
RUN = $(VENV)/bin/python
C_TESTS = $(RUN) tests/c/build.py
BUILT = build/installed
SOURCES = setup.py pyproject.toml $(wildcard csrc/*/*.c csrc/*/*.h)
# Sanitizers that need addresses where they expect them: newer kernels spread them too far for TSan.
FIXED = $(shell setarch $$(uname -m) -R true 2>/dev/null && echo setarch $$(uname -m) -R)

# The sanitizers must be there before Python is; its own allocator would hide what they look for.
SANITIZED = LD_PRELOAD="$$(gcc -print-file-name=libasan.so) $$(gcc -print-file-name=libubsan.so)" \
  PYTHONMALLOC=malloc ASAN_OPTIONS=detect_leaks=0 \
  UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1

.PHONY: demo test lint sanitize fuzz cross bench clean tools

demo: $(BUILT)/run
	$(RUN) -m segpy demo

test: $(BUILT)/test
	$(RUN) -m pytest -n auto

# Each line: what to look for, and the package that brings it.
tools:
	@missing=""; \
	command -v gcc >/dev/null 2>&1 || command -v "$${CC:-cc}" >/dev/null 2>&1 || missing="$$missing gcc"; \
	if command -v $(PYTHON) >/dev/null 2>&1; then \
	  $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	    || { echo "segpy needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) -V 2>&1)." \
	      "Name another: make PYTHON=python3.12 ..."; exit 1; }; \
	  $(PYTHON) -c 'import sysconfig, os, sys; sys.exit(not os.path.exists(os.path.join(sysconfig.get_path("include"), "Python.h")))' \
	    || missing="$$missing python3-dev"; \
	  $(PYTHON) -c 'import venv, ensurepip' >/dev/null 2>&1 || missing="$$missing python3-venv"; \
	else missing="$$missing python3 python3-dev python3-venv"; fi; \
	[ -z "$$missing" ] || { echo "Missing:$$missing. On Debian or Ubuntu: apt-get install$$missing"; exit 1; }

$(VENV)/bin/python: | tools
	$(PYTHON) -m venv $(VENV)

# The package is installed in place, so a change of a .py file needs no new build.
$(BUILT)/run: $(SOURCES) | $(VENV)/bin/python
	$(RUN) -m pip install --quiet --editable .
	@mkdir -p $(BUILT) && touch $@

$(BUILT)/test: $(SOURCES) | $(VENV)/bin/python
	$(RUN) -m pip install --quiet --editable ".[test,compat]"
	@mkdir -p $(BUILT) && touch $@ $(BUILT)/run

$(BUILT)/lint: $(BUILT)/test
	$(RUN) -m pip install --quiet --editable ".[lint]"
	@touch $@

$(BUILT)/bench: $(BUILT)/test
	$(RUN) -m pip install --quiet --editable ".[bench]"
	@touch $@

lint: $(BUILT)/lint
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(RUN) -m mypy
	$(RUN) -m mypy.stubtest segpy._core --mypy-config-file pyproject.toml
	$(VENV)/bin/clang-format --dry-run --Werror csrc/*/*.[ch] tests/c/*.[ch] tests/fuzz/*.[ch]
	$(C_TESTS) --lint

# The C tests under ASan and UBSan, those of kernels with a team under TSan, then what of the Python
# suite calls C against an extension built with ASan and UBSan: a copy of the tree, so that no build
# is mixed. ASan takes terabytes of addresses, so tests that limit or measure memory stay out, and so
# do those that hold a call to a fifth of a second or repeat one kernel a thousand times.
SLOW = not test_no_memory and not fifth_of_a_second and not ctrl_c and not mall_customers \
  and not little_memory and not large_data
sanitize: $(BUILT)/test
	$(C_TESTS) --out build/c/asan --sanitize address,undefined
	$(C_TESTS) --out build/c/tsan --sanitize thread --under "$(FIXED)" \
	  --only $$(basename -s .c $$(grep -l seg_team.h csrc/*/*.c) | paste -sd,)
	rm -rf build/sanitized && mkdir -p build/sanitized
	cp -r setup.py pyproject.toml README.md LICENSE csrc segpy tests build/sanitized
	rm -f build/sanitized/segpy/_core.*
	cd build/sanitized && SEGPY_SANITIZE=address,undefined $(abspath $(RUN)) setup.py -q build_ext --inplace
	cd build/sanitized && $(SANITIZED) $(abspath $(RUN)) -c \
	  'import segpy._core as c; assert "sanitized" in c.__file__, c.__file__'
	cd build/sanitized && $(SANITIZED) $(abspath $(RUN)) -m pytest -q -n auto -p no:cacheprovider \
	  -k "$(SLOW)" $$(grep -lE '\b_core\b' tests/unit/*.py tests/property/*.py)

fuzz: $(BUILT)/test
	$(C_TESTS) --out build/c/fuzz --sanitize address,undefined --fuzz $(FUZZ_SECONDS)

# The same results, digest by digest, on another processor, another C library and a processor
# without AVX; Windows compiles and links.
cross: $(BUILT)/test
	$(C_TESTS) --out build/c/native --digests build/c/native.txt
	$(C_TESTS) --out build/c/arm64 --cc aarch64-linux-gnu-gcc --machine aarch64 --flags=-static \
	  --under qemu-aarch64 --digests build/c/arm64.txt
	diff build/c/native.txt build/c/arm64.txt
	$(C_TESTS) --out build/c/musl --cc musl-gcc --flags=-static --digests build/c/musl.txt
	diff build/c/native.txt build/c/musl.txt
	$(C_TESTS) --out build/c/native --under "qemu-x86_64 -cpu Nehalem" --digests build/c/old.txt
	diff build/c/native.txt build/c/old.txt
	$(C_TESTS) --out build/c/windows --cc x86_64-w64-mingw32-gcc --machine win-amd64 --no-run

# Every file but what they share; each says what was asked and what it reached. With CHECK=--check the
# first that misses a ratio ends it.
bench: $(BUILT)/bench
	@for file in $(filter-out benchmarks/machine.py,$(wildcard benchmarks/*.py)); do \
	  echo; echo "==== $$file"; $(RUN) $$file $(CHECK) || exit 1; done

clean:
	rm -rf build dist *.egg-info .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis report.html
	find segpy tests benchmarks -name __pycache__ -prune -exec rm -rf {} +
	rm -f segpy/_core.*.so segpy/_core.*.pyd
