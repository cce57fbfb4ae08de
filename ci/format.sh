#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Fails when clang-format would change a file; with -i, lets it.
set -eu
cd "$(dirname "$0")/.."

mode=(--dry-run -Werror)
[ "${1-}" != -i ] || mode=(-i)
git ls-files -z --cached --others --exclude-standard '*.[ch]' '*.cc' |
	xargs -0 -n 16 -P "$(nproc)" clang-format "${mode[@]}"
