/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Connections from first packet to last, as a caller sees them: timeouts, TCP
 * that opens again, ports taken from the dying, a full table. */
#include <stdio.h>

#include "test/check.h"
#include "test/script.h"
#include "util.h"

#define SNAT "-A POSTROUTING -o wan -j SNAT --to-source 198.51.100.7\n"
#define SNAT_TO(proto, to)                                                     \
	"-A POSTROUTING -o wan -p " proto " -j SNAT --to-source " to "\n"

#define HANDSHAKE                                                              \
	"> lan tcp 10.0.0.2:4000 > 192.0.2.1:80 S\n"                           \
	"< wan tcp 198.51.100.7:4000 > 192.0.2.1:80 S\n"                       \
	"> wan tcp 192.0.2.1:80 > 198.51.100.7:4000 SA ack 1\n"                \
	"< lan tcp 192.0.2.1:80 > 10.0.0.2:4000 SA ack 1\n"                    \
	"> lan tcp 10.0.0.2:4000 > 192.0.2.1:80 A seq 1 ack 1\n"               \
	"< wan tcp 198.51.100.7:4000 > 192.0.2.1:80 A seq 1 ack 1\n"
#define CLOSING                                                                \
	"> lan tcp 10.0.0.2:4000 > 192.0.2.1:80 FA seq 1 ack 1\n"              \
	"> wan tcp 192.0.2.1:80 > 198.51.100.7:4000 A seq 1 ack 2\n"           \
	"> wan tcp 192.0.2.1:80 > 198.51.100.7:4000 FA seq 1 ack 2\n"          \
	"> lan tcp 10.0.0.2:4000 > 192.0.2.1:80 A seq 2 ack 2\n"

static const struct script scripts[] = {
	{"UDP: unanswered, answered, a stream", SNAT,
	 "> lan udp 10.0.0.2:4000 > 192.0.2.1:53\n"
	 "ct 1 udp      17 30 *[UNREPLIED]*\n"
	 "wait 1\n"
	 "> wan udp 192.0.2.1:53 > 198.51.100.7:4000\n"
	 "ct 1 udp      17 30 *\n"
	 "ct 0 *[UNREPLIED]*\n"
	 "> lan udp 10.0.0.2:4000 > 192.0.2.1:53\n"
	 "ct 0 *[ASSURED]*\n"
	 "wait 2\n"
	 "> lan udp 10.0.0.2:4000 > 192.0.2.1:53\n"
	 "ct 1 udp      17 120 *[ASSURED]*\n"
	 "wait 119\n"
	 "ct 1 udp      17 1 *\n"
	 "wait 1.5\n"
	 "ct 0 *\n"
	 "> wan udp 192.0.2.1:53 > 198.51.100.7:4000\n"
	 "is NEW\n"
	 "stat expired 1\n"},
	{"ICMP and the rest", SNAT,
	 "> lan icmp 10.0.0.2 > 192.0.2.1 id 7\n"
	 "> lan proto 50 10.0.0.2 > 192.0.2.1\n"
	 "> lan udplite 10.0.0.2:1 > 192.0.2.1:2\n"
	 "ct 1 icmp     1 30 *\n"
	 "ct 1 unknown  50 600 *\n"
	 "ct 1 udplite  136 30 *\n"
	 "wait 29\n"
	 "> wan icmp 192.0.2.1 > 198.51.100.7 type 0 id 7\n"
	 "ct 1 icmp     1 30 *\n"
	 "wait 2\n"
	 "ct 0 udplite *\n"
	 "ct 2 *\n"},
	{"TCP from first to last", SNAT,
	 HANDSHAKE "ct 1 tcp      6 432000 ESTABLISHED *[ASSURED]*\n" CLOSING
		   "ct 1 tcp      6 120 TIME_WAIT *[ASSURED]*\n"
		   "wait 121\n"
		   "ct 0 *\n"},
	{"a SYN, a reset", SNAT,
	 "> lan tcp 10.0.0.2:4000 > 192.0.2.1:80 S\n"
	 "ct 1 tcp      6 120 SYN_SENT *[UNREPLIED]*\n"
	 "> wan tcp 192.0.2.1:80 > 198.51.100.7:4000 RA ack 1\n"
	 "< lan tcp 192.0.2.1:80 > 10.0.0.2:4000 RA ack 1\n"
	 "ct 0 *\n"
	 "stat entries 0\n"},
	{"opened again out of TIME_WAIT", SNAT,
	 HANDSHAKE CLOSING
	 "wait 10\n"
	 "> lan tcp 10.0.0.2:4000 > 192.0.2.1:80 S seq 100000\n"
	 "< wan tcp 198.51.100.7:4000 > 192.0.2.1:80 S seq 100000\n"
	 "is NEW\n"
	 "ct 1 *\n"
	 "ct 1 tcp      6 120 SYN_SENT *\n"
	 "stat created 2\n"
	 "stat deleted 1\n"
	 "count nat/POSTROUTING 1 2 80\n"},
	{"a port is taken from one that is nearly over",
	 SNAT_TO("tcp", "198.51.100.7:4000"),
	 HANDSHAKE CLOSING
	 "> lan tcp 10.0.0.3:5000 > 192.0.2.1:80 S seq 100000\n"
	 "< wan tcp 198.51.100.7:4000 > 192.0.2.1:80 S seq 100000\n"
	 "ct 1 *\n"
	 "ct 1 *SYN_SENT src=10.0.0.3 *\n"},
	{"but not with an earlier sequence number",
	 SNAT_TO("tcp", "198.51.100.7:4000-4001"),
	 HANDSHAKE CLOSING
	 "> lan tcp 10.0.0.3:4001 > 192.0.2.1:80 S seq 77\n"
	 "< wan tcp 198.51.100.7:4001 > 192.0.2.1:80 S seq 77\n"
	 "> lan tcp 10.0.0.4:5000 > 192.0.2.1:80 S seq 4294967000\n"
	 "< drop insert_failed\n"},
	{"nor while it lives", SNAT_TO("tcp", "198.51.100.7:4000"),
	 HANDSHAKE "> lan tcp 10.0.0.3:5000 > 192.0.2.1:80 S seq 100000\n"
		   "< drop insert_failed\n"
		   "ct 1 *ESTABLISHED*\n"},
	{"other timeouts", SNAT,
	 "sysctl udp_timeout 5\n"
	 "sysctl icmp_timeout 7\n"
	 "sysctl generic_timeout 9\n"
	 "sysctl tcp_timeout_syn_sent 11\n"
	 "> lan udp 10.0.0.2:4000 > 192.0.2.1:53\n"
	 "> lan icmp 10.0.0.2 > 192.0.2.1 id 7\n"
	 "> lan proto 50 10.0.0.2 > 192.0.2.1\n"
	 "> lan tcp 10.0.0.2:4000 > 192.0.2.1:80 S\n"
	 "ct 1 udp      17 5 *\n"
	 "ct 1 icmp     1 7 *\n"
	 "ct 1 unknown  50 9 *\n"
	 "ct 1 tcp      6 11 *\n"},
	{"accounting", SNAT,
	 "sysctl acct 1\n"
	 "> lan udp 10.0.0.2:4000 > 192.0.2.1:53 len 10\n"
	 "> lan udp 10.0.0.2:4000 > 192.0.2.1:53\n"
	 "> wan udp 192.0.2.1:53 > 198.51.100.7:4000 len 100\n"
	 "ct 1 *packets=2 bytes=66 * packets=1 bytes=128 *\n"},
	{"dropped before the end, it leaves no trace",
	 "*nat\n:POSTROUTING ACCEPT [0:0]\n" SNAT "COMMIT\n"
	 "*filter\n:FORWARD ACCEPT [0:0]\n"
	 "-A FORWARD -p udp -j DROP\nCOMMIT\n",
	 "> lan udp 10.0.0.2:4000 > 192.0.2.1:53\n"
	 "< drop rule\n"
	 "is NEW\n"
	 "stat entries 0\n"
	 "stat created 0\n"},
	{"a table of two", SNAT,
	 "sysctl max 2\n" HANDSHAKE "> lan tcp 10.0.0.2:4000 > 192.0.2.2:80 S\n"
	 "> wan tcp 192.0.2.2:80 > 198.51.100.7:4000 SA ack 1\n"
	 "> lan tcp 10.0.0.2:4000 > 192.0.2.2:80 A seq 1 ack 1\n"
	 "> lan udp 10.0.0.3:4000 > 192.0.2.1:53\n"
	 "< drop table_full\n"
	 "stat entries 2\n"
	 "stat early_drop 0\n"
	 "ct 2 *[ASSURED]*\n"},
};

static void test_scripts(void **state)
{
	(void)state;
	script_run_all(scripts, ARRAY_LEN(scripts));
}

/* What nobody has answered makes room for more. */
static void early_drop(void **state)
{
	enum { MAX = 20000, MORE = 2000 };
	struct router_config c = router_defaults(SNAT);
	struct router r;
	struct nat_stats s;
	char text[FRAME_TEXT];

	(void)state;
	c.sysctl.max = MAX;
	router_open(&r, &c);
	for (unsigned i = 0; i < MAX + MORE; i++) {
		(void)snprintf(text, sizeof(text),
			       "udp 10.1.%u.%u:4000 > 192.0.2.1:53", i >> 8,
			       i & 255);
		router_send_text(&r, "lan", text);
		assert_int_equal(r.pkt.verdict, NAT_FORWARD);
		assert_true(router_entries(&r) <= MAX);
	}
	nat_engine_stats(r.engine, &s);
	assert_true(s.early_drop > 0);
	assert_int_equal(s.created - s.deleted, router_entries(&r));
	router_close(&r);
}

/* Nobody looks at them, they go all the same. */
static void swept(void **state)
{
	struct router_config c = router_defaults(SNAT);
	struct router r;
	char text[FRAME_TEXT];

	(void)state;
	router_open(&r, &c);
	for (unsigned i = 0; i < 1000; i++) {
		(void)snprintf(text, sizeof(text),
			       "udp 10.0.0.2:%u > 192.0.2.1:53", 1024 + i);
		router_send_text(&r, "lan", text);
	}
	assert_int_equal(router_entries(&r), 1000);
	for (unsigned i = 0; i < 120000 && router_entries(&r) > 1; i++) {
		r.now_ns += 1000000;
		router_send_text(&r, "lan", "udp 10.0.0.3:1 > 192.0.2.9:53");
	}
	assert_int_equal(router_entries(&r), 1);
	router_close(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_scripts),
		cmocka_unit_test(early_drop),
		cmocka_unit_test(swept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
