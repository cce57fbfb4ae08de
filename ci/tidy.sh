#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# clang-tidy over every C file of the clang build, in parallel: ci/tidy.sh
# [FILE...]. What passed once is remembered in build/tidy/ until the file, any
# header or the settings change.
set -eu
cd "$(dirname "$0")/.."

cmake --preset clang >/dev/null
cmake --build build/clang --target build_info bench/embedded.c >/dev/null
mkdir -p build/tidy

files() {
	git ls-files --cached --others --exclude-standard -- "$@" |
		while read -r file; do [ ! -e "$file" ] || echo "$file"; done
}

TIDY_COMMON=$(files '*.h' .clang-tidy cmake/compiler.cmake | xargs sha256sum |
	sha256sum)
export TIDY_COMMON

tidy_one() {
	local file=$1 key
	key=build/tidy/$( (echo "$TIDY_COMMON" && cat "$file") |
		sha256sum | cut -c1-32)
	[ ! -e "$key" ] || return 0
	if clang-tidy --quiet -p build/clang "$file" >"$key.out" 2>/dev/null; then
		mv "$key.out" "$key"
	else
		cat "$key.out"
		rm "$key.out"
		return 1
	fi
}
export -f tidy_one

if [ $# -gt 0 ]; then
	printf '%s\n' "$@"
else
	files '*.c' ':!ci'
fi | xargs -P "$(nproc)" -I{} bash -c 'tidy_one "$1"' tidy {}
