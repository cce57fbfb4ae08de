# SPDX-License-Identifier: BSD-2-Clause
# A thin front of CMake; `make help` lists the targets.

PCAP ?=
THREADS ?=
RULES ?=
TOPOLOGY ?=
TARGET ?=
TIME ?= 60
ENGINE ?= libfuzzer
FILTER ?= .
REPEAT ?= 1
RUNS ?= 7
PREFIX ?= /usr/local

export PCAP THREADS RULES TOPOLOGY

.PHONY: build help setup bench test micro performance fuzz flamegraph format tidy install clean
.NOTPARALLEL:

build: ## build with optimisation, into build/release
	@ci/compile.sh release

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' Makefile | expand -t 20

setup: ## install what is missing, with apt
	@ci/setup.sh

bench: ## replay PCAP=FILE, or a default; THREADS= RULES= TOPOLOGY=
	@ci/compile.sh release -t natbench
	@bench/bench.sh build/release/bench/natbench

test: ## build and test under AddressSanitizer and UBSan
	@ci/test.sh asan

micro: ## the micro-benchmarks, as ratios to the floor; FILTER= REPEAT=
	@ci/compile.sh release -t natbench_micro
	@build/release/bench/micro/natbench_micro \
		--benchmark_out=build/micro.json \
		--benchmark_filter='^floor/|$(FILTER)' \
		--benchmark_repetitions=$(REPEAT) >/dev/null
	@bench/micro/ratios.py build/micro.json

performance: ## measure what docs/performance.md tells; RUNS=7
	@ci/compile.sh release -t natbench
	@ci/compile.sh release -t natbench_micro
	@bench/performance.py --runs $(RUNS) build/release

fuzz: ## fuzz TARGET= for TIME=60 seconds with ENGINE=libfuzzer or afl
	@ci/fuzz.sh -e $(ENGINE) -t $(TIME) $(TARGET)

flamegraph: ## profile a replay of PCAP= into build/flamegraph.html
	@bench/flamegraph.sh

format: ## format every C file in place
	@ci/format.sh -i

tidy: ## clang-tidy over every C file
	@ci/tidy.sh

install: ## install under PREFIX=/usr/local, for any machine of this kind
	@ci/compile.sh release -B build/install -DNATBENCH_NATIVE=OFF \
		-DNATBENCH_TESTS=OFF -DNATBENCH_MICRO=OFF \
		-DCMAKE_INSTALL_PREFIX=$(PREFIX)
	@cmake --install build/install

clean: ## remove everything that was built
	rm -rf build
