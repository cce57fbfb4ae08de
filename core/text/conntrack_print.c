/* SPDX-License-Identifier: BSD-2-Clause
 * A connection as a line of `conntrack -L` (spec 12.4). */
#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>

#include "natcore.h"
#include "pure/sctp.h"
#include "pure/tcp_track.h"
#include "pure/tuple.h"
#include "text/protocols.h"
#include "text/text.h"
#include "util.h"

/* What stands behind the timeout, where there is a state to tell. */
static const char *state_of(const struct nat_conntrack *ct)
{
	switch (ct->tuple[NAT_ORIGINAL].proto) {
	case PROTO_TCP:
		return ct->tcp_state < TCP_N_STATES
			       ? tcp_state_name(ct->tcp_state)
			       : "UNKNOWN";
	case PROTO_SCTP:
		return ct->sctp_state < SCTP_N_STATES
			       ? sctp_state_name(ct->sctp_state)
			       : "UNKNOWN";
	default:
		return NULL;
	}
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

/* What of a connection a line tells: a listing all, an event less. */
enum part {
	PART_TIMEOUT = 1 << 0,
	PART_STATE = 1 << 1, /* of the protocol */
	PART_COUNTERS = 1 << 2,
	PART_MARK = 1 << 3,
	PART_AGE = 1 << 4,
};

static void print_direction(const struct nat_conntrack *ct, enum nat_dir dir,
			    unsigned parts, struct nat_sink out)
{
	const struct nat_tuple *t = &ct->tuple[dir];

	text_printf(out, "src=%s dst=%s ", text_addr(&t->src, t->family).s,
		    text_addr(&t->dst, t->family).s);
	print_ids(t, out);
	if (t->zone && !zone_shared(ct))
		text_printf(out, "zone-%s=%u ",
			    dir == NAT_ORIGINAL ? "orig" : "reply", t->zone);
	if (ct->acct && parts & PART_COUNTERS)
		text_printf(out, "packets=%" PRIu64 " bytes=%" PRIu64 " ",
			    ct->packets[dir], ct->bytes[dir]);
}

/* In whole seconds by the calendar, as the tool reckons. */
static uint64_t age(const struct nat_conntrack *ct)
{
	const uint64_t second = 1000000000;

	return ct->stop_ns / second - ct->start_ns / second;
}

static void print_tail(const struct nat_conntrack *ct, unsigned parts,
		       struct nat_sink out)
{
	if (ct->status & NAT_ST_ASSURED)
		text_puts(out, "[ASSURED] ");
	if (parts & PART_MARK)
		text_printf(out, "mark=%" PRIu32 " ", ct->mark);
	if (ct->tuple[NAT_ORIGINAL].zone && zone_shared(ct))
		text_printf(out, "zone=%u ", ct->tuple[NAT_ORIGINAL].zone);
	if (ct->start_ns && parts & PART_AGE)
		text_printf(out, "delta-time=%" PRIu64 " ", age(ct));
}

static void print_parts(const struct nat_conntrack *ct, unsigned parts,
			struct nat_sink out)
{
	uint8_t proto = ct->tuple[NAT_ORIGINAL].proto;
	const char *state = state_of(ct);

	text_printf(out, "%-8s %u ", proto_of(proto)->name, proto);
	if (parts & PART_TIMEOUT)
		text_printf(out, "%" PRIu32 " ", ct->timeout_s);
	if (state && parts & PART_STATE)
		text_printf(out, "%s ", state);
	print_direction(ct, NAT_ORIGINAL, parts, out);
	if (!(ct->status & NAT_ST_SEEN_REPLY))
		text_puts(out, "[UNREPLIED] ");
	print_direction(ct, NAT_REPLY, parts, out);
	print_tail(ct, parts, out);
}

/* By name and by number, that of its address family in Linux. */
static void print_version(const struct nat_conntrack *ct, struct nat_sink out)
{
	bool v4 = ct->tuple[NAT_ORIGINAL].family == 4;

	text_printf(out, "%-8s %u ", v4 ? "ipv4" : "ipv6", v4 ? 2u : 10u);
}

void nat_conntrack_print(const struct nat_conntrack *ct, bool extended,
			 struct nat_sink out)
{
	if (extended)
		print_version(ct, out);
	print_parts(ct,
		    PART_TIMEOUT | PART_STATE | PART_COUNTERS | PART_MARK |
			    PART_AGE,
		    out);
	text_puts(out, "use=1\n");
}

enum { CREATED = NAT_CT_NEW | NAT_CT_RELATED };

static const char *event_name(unsigned bits)
{
	if (bits & NAT_CT_DESTROY)
		return "DESTROY";
	return bits & CREATED ? "NEW" : "UPDATE";
}

/* The message of an end is about what was, of a change about what changed. */
static unsigned event_parts(const struct nat_conntrack_event *ev)
{
	unsigned parts = ev->ct->mark || ev->bits & NAT_CT_MARK ? PART_MARK : 0;

	if (ev->bits & NAT_CT_DESTROY)
		return parts | PART_STATE | PART_COUNTERS | PART_AGE |
		       (ev->ct->timeout_s ? PART_TIMEOUT : 0);
	if (ev->bits & (CREATED | NAT_CT_PROTOINFO))
		parts |= PART_STATE;
	return parts | PART_TIMEOUT;
}

/* What an event tells ends without the space that a part leaves. */
struct trimmed {
	struct nat_sink out;
	bool space;
};

static void put_trimmed(void *ctx, const char *text, size_t len)
{
	struct trimmed *t = ctx;

	if (!len)
		return;
	if (t->space)
		t->out.put(t->out.ctx, " ", 1);
	t->space = text[len - 1] == ' ';
	if (len > t->space)
		t->out.put(t->out.ctx, text, len - t->space);
}

void nat_conntrack_event_print(const struct nat_conntrack_event *ev,
			       bool timestamp, struct nat_sink out)
{
	enum { NS_PER_US = 1000, US_PER_S = 1000000 };
	uint64_t us = ev->time_ns / NS_PER_US;
	struct trimmed t = {out, false};
	struct nat_sink line = {put_trimmed, &t};
	char tag[16];

	if (timestamp)
		text_printf(out, "[%" PRIu64 ".%06" PRIu64 "]\t", us / US_PER_S,
			    us % US_PER_S);
	(void)snprintf(tag, sizeof(tag), "[%s]", event_name(ev->bits));
	text_printf(line, "%9s ", tag);
	print_parts(ev->ct, event_parts(ev), line);
	text_puts(out, "\n");
}
