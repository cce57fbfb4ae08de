#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Warnings are errors, with both compilers, and the library both ways; the
# optimised programs pass the tests too.
set -eu
cd "$(dirname "$0")/.."

ci/compile.sh release -DNATBENCH_WERROR=ON
ci/test.sh release
ci/compile.sh clang -DNATBENCH_WERROR=ON
# Shared: only what natcore.h exports is there for the harness to link.
ci/compile.sh release -B build/shared -DNATBENCH_WERROR=ON \
	-DBUILD_SHARED_LIBS=ON -DNATBENCH_NATIVE=OFF -DNATBENCH_TESTS=OFF \
	-DNATBENCH_MICRO=OFF
