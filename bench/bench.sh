#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# What `make bench` runs: bench/bench.sh NATBENCH, with PCAP, THREADS, RULES
# and TOPOLOGY from the environment. Without PCAP: each capture of pcaps/, then
# a generated one of a million packets in 65,536 flows.
set -eu
cd "$(dirname "$0")/.."

natbench=$1
options=()
[ -z "${THREADS-}" ] || options+=(-t "$THREADS")
[ -z "${TOPOLOGY-}" ] || options+=(-T "$TOPOLOGY")
[ -z "${RULES-}" ] || options+=(-r "$RULES")

run() {
	echo "+ $*"
	"$@"
	echo
}

if [ -n "${PCAP-}" ]; then
	run "$natbench" replay "${options[@]}" "$PCAP"
	exit
fi
for capture in pcaps/*.pcap*; do
	[ ! -f "$capture" ] || run "$natbench" replay "${options[@]}" "$capture"
done
generated=build/generated.pcap
[ -f $generated ] ||
	run "$natbench" gen --flows 65536 --packets 1000000 -o $generated
# The first pass makes the connections; the figures are about the others.
run "$natbench" replay "${options[@]}" --repeat 10 $generated
