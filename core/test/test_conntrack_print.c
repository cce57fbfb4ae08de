/* SPDX-License-Identifier: BSD-2-Clause
 * Connections against the lines that conntrack 1.4.7 printed for them. */
#include <stdlib.h>
#include <string.h>

#include "natcore.h"
#include "pure/tuple.h"
#include "test/addr.h"
#include "test/check.h"
#include "text/text.h"
#include "util.h"

enum { REPLIED = NAT_ST_SEEN_REPLY, BOTH = REPLIED | NAT_ST_ASSURED };

struct end {
	const char *addr;
	unsigned id;
};

struct row {
	uint8_t proto, family, tcp_state, sctp_state;
	bool acct;
	uint16_t status, zone[NAT_N_DIRS];
	uint32_t timeout, mark;
	struct end src, dst, reply_src, reply_dst;
	uint64_t packets[NAT_N_DIRS], bytes[NAT_N_DIRS];
	const char *line;
};

/* clang-format off */
#define CLIENT(id) { "1.1.1.1", id }
#define SERVER(id) { "2.2.2.2", id }
#define LOCAL(id)  { "127.0.0.1", id }
#define PLAIN(p, s, d) .proto = (p), .family = 4, .timeout = 99,               \
	.src = CLIENT(s), .dst = SERVER(d), .reply_src = SERVER(d),            \
	.reply_dst = CLIENT(s)
#define ADDRESSES "src=1.1.1.1 dst=2.2.2.2 "
#define REVERSED  "src=2.2.2.2 dst=1.1.1.1 "

static const struct row row[] = {
	{ PLAIN(PROTO_TCP, 1, 2), .tcp_state = 3, .status = BOTH, .line =
	  "tcp      6 99 ESTABLISHED " ADDRESSES "sport=1 dport=2 "
	  REVERSED "sport=2 dport=1 [ASSURED] mark=0 use=1\n" },
	{ PLAIN(PROTO_TCP, 2, 2), .tcp_state = 7, .line =
	  "tcp      6 99 TIME_WAIT " ADDRESSES "sport=2 dport=2 "
	  "[UNREPLIED] " REVERSED "sport=2 dport=2 mark=0 use=1\n" },
	{ PLAIN(PROTO_TCP, 91, 2), .tcp_state = 0, .mark = 5, .acct = true, .line =
	  "tcp      6 99 NONE " ADDRESSES "sport=91 dport=2 packets=0 bytes=0 "
	  "[UNREPLIED] " REVERSED "sport=2 dport=91 packets=0 bytes=0 mark=5 use=1\n" },
	{ PLAIN(PROTO_TCP, 1, 2), .tcp_state = 1, .line =
	  "tcp      6 99 SYN_SENT " ADDRESSES "sport=1 dport=2 "
	  "[UNREPLIED] " REVERSED "sport=2 dport=1 mark=0 use=1\n" },
	{ PLAIN(PROTO_TCP, 1, 2), .tcp_state = 9, .line =
	  "tcp      6 99 SYN_SENT2 " ADDRESSES "sport=1 dport=2 "
	  "[UNREPLIED] " REVERSED "sport=2 dport=1 mark=0 use=1\n" },
	{ .proto = PROTO_UDP, .family = 4, .timeout = 29, .acct = true,
	  .src = LOCAL(39054), .dst = LOCAL(99), .reply_src = LOCAL(99),
	  .reply_dst = LOCAL(39054), .packets = { 1 }, .bytes = { 31 }, .line =
	  "udp      17 29 src=127.0.0.1 dst=127.0.0.1 sport=39054 dport=99 packets=1 bytes=31 "
	  "[UNREPLIED] src=127.0.0.1 dst=127.0.0.1 sport=99 dport=39054 packets=0 bytes=0 mark=0 use=1\n" },
	{ PLAIN(PROTO_UDPLITE, 1, 2), .line =
	  "udplite  136 99 " ADDRESSES "sport=1 dport=2 "
	  "[UNREPLIED] " REVERSED "sport=2 dport=1 mark=0 use=1\n" },
	{ PLAIN(PROTO_UDP, 911, 2), .mark = UINT32_MAX, .acct = true, .zone = { 5, 5 }, .line =
	  "udp      17 99 " ADDRESSES "sport=911 dport=2 packets=0 bytes=0 "
	  "[UNREPLIED] " REVERSED "sport=2 dport=911 packets=0 bytes=0 mark=4294967295 zone=5 use=1\n" },
	{ PLAIN(PROTO_UDP, 1011, 2), .mark = UINT32_MAX, .acct = true, .zone = { 5, 0 }, .line =
	  "udp      17 99 " ADDRESSES "sport=1011 dport=2 zone-orig=5 packets=0 bytes=0 "
	  "[UNREPLIED] " REVERSED "sport=2 dport=1011 packets=0 bytes=0 mark=4294967295 use=1\n" },
	{ .proto = PROTO_ICMP, .family = 4, .timeout = 29, .acct = true, .status = REPLIED,
	  .src = LOCAL(18260), .dst = LOCAL(0x0800), .reply_src = LOCAL(18260),
	  .reply_dst = LOCAL(0), .packets = { 1, 1 }, .bytes = { 84, 84 }, .line =
	  "icmp     1 29 src=127.0.0.1 dst=127.0.0.1 type=8 code=0 id=18260 packets=1 bytes=84 "
	  "src=127.0.0.1 dst=127.0.0.1 type=0 code=0 id=18260 packets=1 bytes=84 mark=0 use=1\n" },
	{ .proto = PROTO_ICMPV6, .family = 6, .timeout = 30, .status = REPLIED,
	  .src = { "2001:db8:1::10", 19669 }, .dst = { "2001:db8:2::80", 0x8000 },
	  .reply_src = { "2001:db8:2::80", 19669 },
	  .reply_dst = { "2001:db8:2::1", 0x8100 }, .line =
	  "icmpv6   58 30 src=2001:db8:1::10 dst=2001:db8:2::80 type=128 code=0 id=19669 "
	  "src=2001:db8:2::80 dst=2001:db8:2::1 type=129 code=0 id=19669 mark=0 use=1\n" },
	{ PLAIN(PROTO_GRE, 1, 2), .line =
	  "gre      47 99 " ADDRESSES "srckey=0x1 dstkey=0x2 "
	  "[UNREPLIED] " REVERSED "srckey=0x2 dstkey=0x1 mark=0 use=1\n" },
	{ PLAIN(PROTO_SCTP, 1, 2), .sctp_state = 4, .status = BOTH, .line =
	  "sctp     132 99 ESTABLISHED " ADDRESSES "sport=1 dport=2 "
	  REVERSED "sport=2 dport=1 [ASSURED] mark=0 use=1\n" },
	{ PLAIN(PROTO_SCTP, 1, 2), .sctp_state = 8, .line =
	  "sctp     132 99 HEARTBEAT_SENT " ADDRESSES "sport=1 dport=2 "
	  "[UNREPLIED] " REVERSED "sport=2 dport=1 mark=0 use=1\n" },
	{ PLAIN(33, 0, 0), .line =
	  "dccp     33 99 " ADDRESSES "sport=0 dport=0 "
	  "[UNREPLIED] " REVERSED "sport=0 dport=0 mark=0 use=1\n" },
	{ PLAIN(50, 0, 0), .line =
	  "unknown  50 99 " ADDRESSES "[UNREPLIED] " REVERSED "mark=0 use=1\n" },
	{ PLAIN(255, 0, 0), .line =
	  "unknown  255 99 " ADDRESSES "[UNREPLIED] " REVERSED "mark=0 use=1\n" },
};
/* clang-format on */

static struct nat_tuple tuple(const struct row *r, enum nat_dir dir)
{
	const struct end *src = dir == NAT_ORIGINAL ? &r->src : &r->reply_src;
	const struct end *dst = dir == NAT_ORIGINAL ? &r->dst : &r->reply_dst;
	/* an ICMP tuple has its identifier first, either way */
	return (struct nat_tuple){
		.src = addr_of(src->addr),
		.dst = addr_of(dst->addr),
		.src_id = htons((uint16_t)src->id),
		.dst_id = htons((uint16_t)dst->id),
		.proto = r->proto,
		.family = r->family,
		.zone = r->zone[dir],
	};
}

static void prints_as_the_tool(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		const struct row *r = &row[i];
		const char *version =
			r->family == 6 ? "ipv6     10 " : "ipv4     2 ";
		struct text_buffer got = {.s = NULL};
		struct nat_conntrack ct = {
			.tuple = {tuple(r, NAT_ORIGINAL), tuple(r, NAT_REPLY)},
			.status = r->status,
			.tcp_state = r->tcp_state,
			.sctp_state = r->sctp_state,
			.acct = r->acct,
			.timeout_s = r->timeout,
			.mark = r->mark,
		};

		memcpy(ct.packets, r->packets, sizeof(ct.packets));
		memcpy(ct.bytes, r->bytes, sizeof(ct.bytes));
		nat_conntrack_print(&ct, false, text_buffer_sink(&got));
		assert_string_equal(got.s, r->line);
		free(got.s);
		got = (struct text_buffer){.s = NULL};
		nat_conntrack_print(&ct, true, text_buffer_sink(&got));
		assert_memory_equal(got.s, version, strlen(version));
		assert_string_equal(got.s + strlen(version), r->line);
		free(got.s);
	}
}

/* clang-format off */
static const struct {
	unsigned bits;
	bool timestamp;
	uint32_t timeout, mark;
	uint64_t start_ns;
	const char *line;
} event_row[] = {
	{ NAT_CT_NEW, false, 120, 5, 0,
	  "    [NEW] tcp      6 120 SYN_SENT " ADDRESSES "sport=1 dport=2 "
	  "[UNREPLIED] " REVERSED "sport=2 dport=1 mark=5\n" },
	{ NAT_CT_RELATED, true, 120, 0, 1,
	  "[1795385151.175187]\t    [NEW] tcp      6 120 SYN_SENT " ADDRESSES
	  "sport=1 dport=2 [UNREPLIED] " REVERSED "sport=2 dport=1\n" },
	{ NAT_CT_ASSURED, false, 300, 0, 0,
	  " [UPDATE] tcp      6 300 " ADDRESSES "sport=1 dport=2 "
	  "[UNREPLIED] " REVERSED "sport=2 dport=1\n" },
	{ NAT_CT_PROTOINFO | NAT_CT_REPLY, false, 0, 0, 0,
	  " [UPDATE] tcp      6 0 SYN_SENT " ADDRESSES "sport=1 dport=2 "
	  "[UNREPLIED] " REVERSED "sport=2 dport=1\n" },
	{ NAT_CT_MARK, false, 9, 0, 0,
	  " [UPDATE] tcp      6 9 " ADDRESSES "sport=1 dport=2 "
	  "[UNREPLIED] " REVERSED "sport=2 dport=1 mark=0\n" },
	{ NAT_CT_DESTROY, false, 119, 5, UINT64_C(1795385150990558000),
	  "[DESTROY] tcp      6 119 SYN_SENT " ADDRESSES "sport=1 dport=2 "
	  "packets=1 bytes=40 [UNREPLIED] " REVERSED
	  "sport=2 dport=1 packets=0 bytes=0 mark=5 delta-time=1\n" },
	{ NAT_CT_DESTROY, false, 0, 0, 0,
	  "[DESTROY] tcp      6 SYN_SENT " ADDRESSES "sport=1 dport=2 "
	  "packets=1 bytes=40 [UNREPLIED] " REVERSED
	  "sport=2 dport=1 packets=0 bytes=0\n" },
};
/* clang-format on */

static void prints_events_as_the_tool(void **state)
{
	const uint64_t now_ns = UINT64_C(1795385151175187999);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(event_row); i++) {
		static const struct row tcp = {PLAIN(PROTO_TCP, 1, 2)};
		struct text_buffer got = {.s = NULL};
		struct nat_conntrack ct = {
			.tuple = {tuple(&tcp, NAT_ORIGINAL),
				  tuple(&tcp, NAT_REPLY)},
			.tcp_state = 1,
			.acct = true,
			.timeout_s = event_row[i].timeout,
			.mark = event_row[i].mark,
			.packets = {1},
			.bytes = {40},
			.start_ns = event_row[i].start_ns,
			.stop_ns = now_ns,
		};
		struct nat_conntrack_event ev = {now_ns, event_row[i].bits,
						 &ct};

		nat_conntrack_event_print(&ev, event_row[i].timestamp,
					  text_buffer_sink(&got));
		assert_string_equal(got.s, event_row[i].line);
		free(got.s);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(prints_as_the_tool),
		cmocka_unit_test(prints_events_as_the_tool),
	};

	return cmocka_run_group_tests_name("conntrack -L", tests, NULL, NULL);
}
