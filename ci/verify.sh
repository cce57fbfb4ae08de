#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Core against kernel: every scenario with our own captures, then with those of
# ../shared/pcaps, where that folder exists, the smallest first, for as many
# seconds as $TIME says [120]. Legacy and nft rules take turns.
set -eu
cd "$(dirname "$0")/.."

ci/compile.sh release -t natbench
natbench=$PWD/build/release/bench/natbench
limit=${TIME:-120}
here=(pcaps/*.pcap*)
shopt -s nullglob
shared=$(ls -rS ../shared/pcaps/*.pcap ../shared/pcaps/*.pcapng 2>/dev/null || true)
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
runs=0 failed=0

# verify SCENARIO CAPTURE
verify() {
	local s=scenarios/$1 kind=legacy status=0 options=()
	[ $((runs % 2)) -eq 0 ] || kind=nft
	[ ! -f "$s/rules.v4" ] || options+=(-r "$s/rules.v4")
	"$natbench" verify -T "$s/topology.ip" "${options[@]}" \
		--iptables "$kind" -o "$out" "$2" >"$out/log" 2>&1 || status=$?
	if [ $status -eq 2 ] && grep -q 'missing: ' "$out/log"; then
		echo "SKIPPED: $(cat "$out/log")"
		exit 0
	fi
	runs=$((runs + 1))
	[ $status -eq 0 ] || {
		failed=$((failed + 1))
		echo "$1, $2, $kind: exit status $status"
		tail -n +6 "$out/log"
	}
}

for capture in "${here[@]}" $shared; do
	[ $SECONDS -lt "$limit" ] || {
		echo "SKIPPED: verify of $capture and larger ones: $limit s are over"
		break
	}
	for s in scenarios/*/; do
		verify "$(basename "$s")" "$capture"
	done
done
echo "$runs runs, $failed with divergences"
[ "$failed" -eq 0 ]
