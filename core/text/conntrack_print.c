/* SPDX-License-Identifier: BSD-2-Clause
 * A connection as a line of `conntrack -L` (spec 12.4). */
#include <arpa/inet.h>
#include <inttypes.h>

#include "natcore.h"
#include "pure/tuple.h"
#include "text/protocols.h"
#include "text/text.h"
#include "util.h"

static const char *tcp_state_name(uint8_t state)
{
	static const char *const name[] = {
		"NONE",     "SYN_SENT",   "SYN_RECV", "ESTABLISHED",
		"FIN_WAIT", "CLOSE_WAIT", "LAST_ACK", "TIME_WAIT",
		"CLOSE",    "SYN_SENT2",
	};
	return state < ARRAY_LEN(name) ? name[state] : "UNKNOWN";
}

enum id_style { IDS_NONE, IDS_PORTS, IDS_ICMP, IDS_GRE };

struct proto {
	uint8_t number;
	enum id_style ids;
	const char *name;
};

/* The protocols that the tool has names for. */
static const struct proto *proto_of(uint8_t number)
{
	static const struct proto known[] = {
		{PROTO_ICMP, IDS_ICMP, "icmp"},
		{PROTO_TCP, IDS_PORTS, "tcp"},
		{PROTO_UDP, IDS_PORTS, "udp"},
		{PROTO_DCCP, IDS_PORTS, "dccp"},
		{PROTO_GRE, IDS_GRE, "gre"},
		{PROTO_ICMPV6, IDS_ICMP, "icmpv6"},
		{PROTO_SCTP, IDS_PORTS, "sctp"},
		{PROTO_UDPLITE, IDS_PORTS, "udplite"},
	};
	static const struct proto unknown = {0, IDS_NONE, "unknown"};

	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (known[i].number == number)
			return &known[i];
	return &unknown;
}

static void print_ids(const struct nat_tuple *t, struct nat_sink out)
{
	unsigned src = ntohs(t->src_id), dst = ntohs(t->dst_id);

	switch (proto_of(t->proto)->ids) {
	case IDS_NONE:
		break;
	case IDS_PORTS:
		text_printf(out, "sport=%u dport=%u ", src, dst);
		break;
	case IDS_ICMP:
		text_printf(out, "type=%u code=%u id=%u ", dst >> 8, dst & 0xff,
			    src);
		break;
	case IDS_GRE:
		text_printf(out, "srckey=0x%x dstkey=0x%x ", src, dst);
		break;
	}
}

/* A zone that both directions share is printed at the end of the line. */
static bool zone_shared(const struct nat_conntrack *ct)
{
	return ct->tuple[NAT_ORIGINAL].zone == ct->tuple[NAT_REPLY].zone;
}

static void print_direction(const struct nat_conntrack *ct, enum nat_dir dir,
			    struct nat_sink out)
{
	const struct nat_tuple *t = &ct->tuple[dir];

	text_printf(out, "src=%s dst=%s ", text_addr(&t->src, t->family).s,
		    text_addr(&t->dst, t->family).s);
	print_ids(t, out);
	if (t->zone && !zone_shared(ct))
		text_printf(out, "zone-%s=%u ",
			    dir == NAT_ORIGINAL ? "orig" : "reply", t->zone);
	if (ct->acct)
		text_printf(out, "packets=%" PRIu64 " bytes=%" PRIu64 " ",
			    ct->packets[dir], ct->bytes[dir]);
}

void nat_conntrack_print(const struct nat_conntrack *ct, struct nat_sink out)
{
	uint8_t proto = ct->tuple[NAT_ORIGINAL].proto;

	text_printf(out, "%-8s %u %" PRIu32 " ", proto_of(proto)->name, proto,
		    ct->timeout_s);
	if (proto == PROTO_TCP)
		text_printf(out, "%s ", tcp_state_name(ct->tcp_state));
	print_direction(ct, NAT_ORIGINAL, out);
	if (!(ct->status & NAT_ST_SEEN_REPLY))
		text_puts(out, "[UNREPLIED] ");
	print_direction(ct, NAT_REPLY, out);
	if (ct->status & NAT_ST_ASSURED)
		text_puts(out, "[ASSURED] ");
	text_printf(out, "mark=%" PRIu32 " ", ct->mark);
	if (ct->tuple[NAT_ORIGINAL].zone && zone_shared(ct))
		text_printf(out, "zone=%u ", ct->tuple[NAT_ORIGINAL].zone);
	text_puts(out, "use=1\n");
}
