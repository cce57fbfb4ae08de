#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# What `make flamegraph` runs: profiles a replay of $PCAP, or of a generated
# capture, into build/flamegraph.html, a page that needs nothing else.
set -eu
cd "$(dirname "$0")/.."
top=$PWD

if [ -n "${PCAP-}" ] && [ ! -r "$PCAP" ]; then
	echo "flamegraph: $PCAP: cannot be read" >&2
	exit 2
fi
ci/compile.sh profile -t natbench
natbench=$top/build/profile/bench/natbench

# The page is d3-flame-graph's; version 5 of the package no longer has it.
page=$top/build/npm/node_modules/d3-flame-graph/dist/templates/d3-flamegraph-base.html
if [ ! -f "$page" ]; then
	mkdir -p build/npm
	npm install --prefix build/npm --no-audit --no-fund --ignore-scripts \
		--loglevel=error d3-flame-graph@4.1.3
fi

work=$top/build/flamegraph
mkdir -p "$work"
capture=${PCAP-}
if [ -z "$capture" ]; then
	capture=$work/generated.pcap
	[ -f "$capture" ] ||
		"$natbench" gen --flows 65536 --packets 1000000 -o "$capture"
fi
capture=$(realpath "$capture")
options=()
[ -z "${THREADS-}" ] || options+=(-t "$THREADS")
[ -z "${TOPOLOGY-}" ] || options+=(-T "$(realpath "$TOPOLOGY")")
[ -z "${RULES-}" ] || options+=(-r "$(realpath "$RULES")")

# cpu-clock: many virtual machines have no counters. perf wants its files here.
cd "$work"
perf record -q -e cpu-clock -F 2000 -g -o perf.data -- \
	"$natbench" replay --repeat "${REPEAT:-20}" "${options[@]}" "$capture"
perf script -i perf.data report flamegraph --template "$page" \
	-o "$top/build/flamegraph.html" 2>perf.log || {
	cat perf.log >&2
	exit 1
}

page=$top/build/flamegraph.html
grep -q nat_worker_run "$page" || {
	echo "flamegraph: no sample of the core in $page" >&2
	exit 1
}
echo "flamegraph: $page"
