#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# The include order. core/ORDER lists the core's modules, bottom-up: a module
# includes only itself and what stands above it. bench/ sees natcore.h alone of
# the core, but for bench/micro/; tests of the core and fuzz targets see all.
set -eu
cd "$(dirname "$0")/.."

sources() {
	git ls-files --cached --others --exclude-standard -- "$@" |
		grep '\.[ch]$' | while read -r file; do
		[ ! -e "$file" ] || echo "$file"
	done
}

status=0
# shellcheck disable=SC2016
sources core ':!core/test' | xargs awk '
	FILENAME == "core/ORDER" {
		for (i = 1; i <= NF && $1 !~ /^#/; i++)
			if (sub(/\*$/, "", $i))
				family[$i] = FNR
			else
				rank[$i] = FNR
		next
	}
	# The line of ORDER that a module stands on: by its own name, or by the
	# longest NAME* that it begins with. Zero: on none.
	function place(module,    prefix, longest) {
		if (!(module in rank)) {
			rank[module] = 0
			for (prefix in family)
				if (index(module, prefix) == 1 &&
				    length(prefix) > length(longest)) {
					longest = prefix
					rank[module] = family[prefix]
				}
		}
		return rank[module]
	}
	FNR == 1 {
		self = substr(FILENAME, length("core/") + 1)
		sub(/\.[ch]$/, "", self)
		if (!place(self)) {
			print FILENAME ": not in core/ORDER"
			bad = 1
			nextfile
		}
	}
	match($0, /^#[ \t]*include[ \t]+"[^"]+"/) {
		split($0, part, "\"")
		module = part[2]
		sub(/\.[ch]$/, "", module)
		if (!place(module) || place(module) > place(self)) {
			print FILENAME ":" FNR ": " self " may not include " part[2]
			bad = 1
		}
	}
	END { exit bad }
' core/ORDER || status=1

inner=$(sed -n 's/^\([a-z]*\/\).*/\1/p' core/ORDER | sort -u | paste -sd '|')
sources bench ':!bench/micro' |
	xargs grep -nE "^#[[:space:]]*include \"($inner|util\.h|clock\.h)" /dev/null |
	sed 's/$/: only natcore.h of the core may be included here/' |
	grep . && status=1
exit $status
