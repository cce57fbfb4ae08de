#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# `make flamegraph` on a small capture: does the page come out with data in it?
set -eu
cd "$(dirname "$0")/.."

if ! perf record -q -e cpu-clock -o /dev/null -- true 2>/dev/null; then
	echo "SKIPPED: flame graph: perf may not sample here"
	exit 0
fi
REPEAT=5 make -s flamegraph
