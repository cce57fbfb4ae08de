#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Installs the packages of ci/packages.txt that are missing, and says so.
set -eu
cd "$(dirname "$0")/.."

if ! command -v apt-get >/dev/null; then
	echo "setup: no apt-get here; see ci/packages.txt for what is needed" >&2
	exit 1
fi

missing=()
while read -r package _; do
	case $package in '' | '#'*) continue ;; esac
	command -v "$package" >/dev/null && continue
	state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) ||
		state=absent
	[ "$state" = installed ] || missing+=("$package")
done <ci/packages.txt

if [ ${#missing[@]} -eq 0 ]; then
	echo "setup: nothing to install"
	exit 0
fi

root=()
if [ "$(id -u)" -ne 0 ]; then
	command -v sudo >/dev/null || {
		echo "setup: run as root, or install: ${missing[*]}" >&2
		exit 1
	}
	root=(sudo)
fi
echo "setup: installing ${missing[*]}"
"${root[@]}" apt-get -q update
"${root[@]}" env DEBIAN_FRONTEND=noninteractive \
	apt-get -q install -y --no-install-recommends "${missing[@]}"
