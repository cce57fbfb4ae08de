#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Core against kernel, every scenario: with $FUZZ [20000] packets made up, with
# our own captures, then with those of ../shared/pcaps, where that folder exists,
# the smallest first. No run begins when $TIME [120] seconds are over.
# Legacy and nft rules take turns; what is made up meets legacy ones, to which
# packets cut short are what they are to the core (docs/differences.md).
set -eu
cd "$(dirname "$0")/.."

ci/compile.sh release -t natbench
natbench=$PWD/build/release/bench/natbench
limit=${TIME:-120}
shopt -s nullglob
shared=$(ls -rS ../shared/pcaps/*.pcap ../shared/pcaps/*.pcapng 2>/dev/null || true)
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
runs=0 skipped=0 failed=()

# The first divergence by name, then what is known of it.
tell() {
	failed+=("$1: $(grep -m 1 -E '^(packet|conntrack|rules|natbench): ' \
		"$out/log" || echo 'see above')")
	echo "FAILED: ${failed[-1]}"
	head -n 60 "$out/log" | cut -c -200
}

# verify SCENARIO WHAT...: a capture, or options that do without
verify() {
	local s=scenarios/$1 kind=legacy status=0 options=()
	shift
	[ $SECONDS -lt "$limit" ] || {
		skipped=$((skipped + 1))
		return 0
	}
	[ $((runs % 2)) -eq 0 ] || [ "$1" = --fuzz ] || kind=nft
	[ ! -f "$s/rules.v4" ] || options+=(-r "$s/rules.v4")
	[ ! -f "$s/rules.v6" ] || options+=(-6 "$s/rules.v6")
	timeout 60 "$natbench" verify -T "$s/topology.ip" "${options[@]}" \
		--iptables "$kind" -o "$out" "$@" >"$out/log" 2>&1 || status=$?
	if [ $status -eq 2 ] && grep -q 'missing: ' "$out/log"; then
		echo "SKIPPED: $(cat "$out/log")"
		exit 0
	fi
	runs=$((runs + 1))
	[ $status -eq 0 ] || tell "${s#*/} $* ($kind, exit status $status)"
}

# each WHAT...: in all scenarios
each() {
	local s
	for s in scenarios/*/; do
		verify "$(basename "$s")" "$@"
	done
}

each --fuzz "${FUZZ:-20000}" --seed 20 --kinds all,-clock
for capture in pcaps/*.pcap*; do
	each "$capture"
done
for capture in $shared; do
	each "$capture"
done

[ $skipped -eq 0 ] ||
	echo "SKIPPED: $skipped runs with larger captures: $limit s are over"
echo "$runs runs, ${#failed[@]} with divergences"
[ ${#failed[@]} -eq 0 ] || {
	printf '%s\n' "${failed[@]}"
	exit 1
}
