#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Asks the real iptables what it makes of the rule sets here: loads each
# NAME.v4 into a network namespace of its own and keeps
#	NAME.save  iptables-legacy-save -c of each table that NAME.v4 names,
#	           without its comment lines
#	NAME.list  iptables-legacy -L and -S of the same tables, in several forms
#	NAME.nft   iptables-nft-save -c after iptables-nft-restore, where that
#	           back end takes the rules
# Services, hosts, networks and users have no names while it runs: natcore looks
# nothing up. Needs root, iptables 1.8.9 and Debian's /etc/protocols.
set -eu
cd "$(dirname "$0")"

# runs in fresh network and mount namespaces
record() {
	local name=$1 tables=() t form
	for t in raw mangle nat filter security; do
		if grep -qx "\*$t" "$name.v4"; then
			tables+=("$t")
		fi
	done
	iptables-legacy-restore -c <"$name.v4"
	for t in "${tables[@]}"; do
		iptables-legacy-save -c -t "$t" | grep -v '^#'
	done >"$name.save"
	for t in "${tables[@]}"; do
		for form in L nL vL vnL vnxL S vS; do
			echo "== $t $form"
			iptables-legacy -t "$t" "-$form"
		done
		echo "== $t vnL --line-numbers"
		iptables-legacy -t "$t" -vnL --line-numbers
	done >"$name.list"
}

record_nft() {
	rm -f "$1.nft"
	if ! iptables-nft-restore -c <"$1.v4" 2>/dev/null; then
		echo "$1: not for the nft back end"
		return
	fi
	iptables-nft-save -c | sed 's/^\(#.*\) on .*/\1/' >"$1.nft"
}

if [ "${1-}" = --inside ]; then
	for file in services hosts networks passwd group resolv.conf; do
		if [ -e "/etc/$file" ]; then
			mount --bind /dev/null "/etc/$file"
		fi
	done
	"$2" "$3"
	exit
fi
for input in *.v4; do
	for what in record record_nft; do
		unshare --net --mount "./${0##*/}" --inside "$what" \
			"${input%.v4}"
	done
	echo "$input"
done
