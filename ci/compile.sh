#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Configures and builds a preset:
#	ci/compile.sh PRESET [-B DIR] [-t TARGET] [-D...]
set -eu
cd "$(dirname "$0")/.."

preset=$1
shift
dir=build/$preset
target=all
OPTIND=1
settings=()
while getopts B:t:D: option; do
	case $option in
	B) dir=$OPTARG ;;
	t) target=$OPTARG ;;
	D) settings+=(-D "$OPTARG") ;;
	*) exit 2 ;;
	esac
done
cmake --preset "$preset" -B "$dir" "${settings[@]}" >/dev/null
cmake --build "$dir" -j "$(nproc)" --target "$target"
