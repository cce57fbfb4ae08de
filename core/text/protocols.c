/* SPDX-License-Identifier: BSD-2-Clause
 * Names of IP protocols: the IANA keywords in the spelling of Debian's
 * /etc/protocols, which is what iptables prints, and its aliases. */
#include "text/protocols.h"

#include <stdio.h>

#include "text/scan.h"

/* clang-format off */
static const struct scan_name by_name[] = {
	/* The first name of a number is the one printed. */
	{ "all", 0 }, { "icmp", 1 }, { "igmp", 2 }, { "ggp", 3 },
	{ "ipencap", 4 }, { "st", 5 }, { "tcp", 6 }, { "egp", 8 },
	{ "igp", 9 }, { "pup", 12 }, { "udp", 17 }, { "hmp", 20 },
	{ "xns-idp", 22 }, { "rdp", 27 }, { "iso-tp4", 29 }, { "dccp", 33 },
	{ "xtp", 36 }, { "ddp", 37 }, { "idpr-cmtp", 38 }, { "ipv6", 41 },
	{ "ipv6-route", 43 }, { "ipv6-frag", 44 }, { "idrp", 45 },
	{ "rsvp", 46 }, { "gre", 47 }, { "esp", 50 }, { "ah", 51 },
	{ "skip", 57 }, { "ipv6-icmp", 58 }, { "ipv6-nonxt", 59 },
	{ "ipv6-opts", 60 }, { "rspf", 73 }, { "vmtp", 81 }, { "eigrp", 88 },
	{ "ospf", 89 }, { "ax.25", 93 }, { "ipip", 94 }, { "etherip", 97 },
	{ "encap", 98 }, { "pim", 103 }, { "ipcomp", 108 }, { "vrrp", 112 },
	{ "l2tp", 115 }, { "isis", 124 }, { "sctp", 132 }, { "fc", 133 },
	{ "mobility-header", 135 }, { "udplite", 136 }, { "mpls-in-ip", 137 },
	{ "manet", 138 }, { "hip", 139 }, { "shim6", 140 }, { "wesp", 141 },
	{ "rohc", 142 }, { "ethernet", 143 },
	/* and what else is understood */
	{ "ip", 0 }, { "ip-encap", 4 }, { "ipsec-esp", 50 },
	{ "ipsec-ah", 51 }, { "cphb", 73 }, { "ospfigp", 89 },
	{ "icmpv6", 58 }, { "mh", 135 },
	{ NULL, 0 },
};
/* clang-format on */

bool proto_scan(const char *s, uint16_t *proto)
{
	uint32_t value = 0;
	uint64_t number = 0;

	if (scan_name(by_name, s, &value))
		number = value;
	else if (!scan_u64(s, 0, UINT8_MAX, &number))
		return false;
	*proto = (uint16_t)number;
	return true;
}

struct proto_text proto_text(uint16_t proto)
{
	struct proto_text t;

	for (const struct scan_name *p = by_name; p->name; p++) {
		if (p->value == proto) {
			snprintf(t.s, sizeof(t.s), "%s", p->name);
			return t;
		}
	}
	snprintf(t.s, sizeof(t.s), "%u", proto);
	return t;
}
