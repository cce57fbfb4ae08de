#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Fails when clang-format would change a file; with -i, lets it. Fails, too, where
# a merge has left its marks.
set -eu
cd "$(dirname "$0")/.."

if git grep -nE '^(<{7}|>{7}|={7}$)' -- ':!*.rst'; then
	echo "format: marks of a merge" >&2
	exit 1
fi

mode=(--dry-run -Werror)
[ "${1-}" != -i ] || mode=(-i)
git ls-files -z --cached --others --exclude-standard '*.[ch]' '*.cc' |
	xargs -0 -n 16 -P "$(nproc)" clang-format "${mode[@]}"
