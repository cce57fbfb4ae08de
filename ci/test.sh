#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Builds a preset and runs its tests: ci/test.sh PRESET [CTEST OPTION...]
# Checks that could not run are named before ctest's own summary.
set -eu
cd "$(dirname "$0")/.."

preset=$1
shift
ci/compile.sh "$preset"
export ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1
export UBSAN_OPTIONS=print_stacktrace=1
export TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1
status=0
ctest --test-dir "build/$preset" --output-on-failure --no-tests=error -j "$(nproc)" "$@" \
	>"build/$preset/ctest.txt" 2>&1 || status=$?
log=build/$preset/Testing/Temporary/LastTest.log
if [ -f "$log" ]; then
	sed -n 's/^\[  SKIPPED \] \([a-z].*\)/SKIPPED: \1/p; s/^SKIPPED: /&/p' \
		"$log" | sort -u
fi
cat "build/$preset/ctest.txt"
exit $status
