/* SPDX-License-Identifier: BSD-2-Clause
 *
 * How answers are readdressed, and how copies are shifted: packets as text,
 * whose checksums are right unless they say otherwise. */
#include <string.h>

#include "replay/conv.h"
#include "replay/copies.h"
#include "test/check.h"
#include "test/replay_util.h"

#define N_ROWS(a) (sizeof(a) / sizeof((a)[0]))

enum { SIZE = 2048 };

/* clang-format off */
/* What the client's packet became; what the far end sent in the capture; what
 * it sends now. */
static const struct {
	const char *name, *left, *captured, *now;
} answers[] = {
	{ "TCP, source translated",
	  "tcp 192.0.2.1:40000 > 203.0.113.5:80 S",
	  "tcp 203.0.113.5:80 > 10.0.0.5:1234 SA seq 7 ack 1001 opt 020405b4",
	  "tcp 203.0.113.5:80 > 192.0.2.1:40000 SA seq 7 ack 1001 opt 020405b4" },
	{ "TCP, both translated",
	  "tcp 192.0.2.1:40000 > 10.9.9.9:8080 S",
	  "tcp 203.0.113.5:80 > 10.0.0.5:1234 A len 33",
	  "tcp 10.9.9.9:8080 > 192.0.2.1:40000 A len 33" },
	{ "TCP behind IP options",
	  "tcp 192.0.2.1:40000 > 203.0.113.5:80 S",
	  "tcp 203.0.113.5:80 > 10.0.0.5:1234 A ipopt 94040000 len 5",
	  "tcp 203.0.113.5:80 > 192.0.2.1:40000 A ipopt 94040000 len 5" },
	{ "nothing translated",
	  "udp 10.0.0.5:1234 > 203.0.113.5:53 len 4",
	  "udp 203.0.113.5:53 > 10.0.0.5:1234 len 9",
	  "udp 203.0.113.5:53 > 10.0.0.5:1234 len 9" },
	{ "UDP, odd length",
	  "udp 192.0.2.1:600 > 203.0.113.5:53",
	  "udp 203.0.113.5:53 > 10.0.0.5:1234 len 9",
	  "udp 203.0.113.5:53 > 192.0.2.1:600 len 9" },
	{ "UDP without a checksum",
	  "udp 192.0.2.1:600 > 203.0.113.5:53",
	  "udp 203.0.113.5:53 > 10.0.0.5:1234 sum 0 len 9",
	  "udp 203.0.113.5:53 > 192.0.2.1:600 sum 0 len 9" },
	{ "UDP's checksum becomes 0, so 0xffff",
	  "udp 192.0.2.2:53 > 192.0.2.1:31653",
	  "udp 192.0.2.1:31653 > 10.0.0.5:1234",
	  "udp 192.0.2.1:31653 > 192.0.2.2:53" },
	{ "ping, other identifier",
	  "icmp 192.0.2.1 > 203.0.113.5 echo-request id 99",
	  "icmp 203.0.113.5 > 10.0.0.5 echo-reply id 7 seq 3 len 11",
	  "icmp 203.0.113.5 > 192.0.2.1 echo-reply id 99 seq 3 len 11" },
	{ "a protocol without ports",
	  "proto 50 192.0.2.1 > 203.0.113.5 len 8",
	  "proto 50 203.0.113.5 > 10.0.0.5 len 24",
	  "proto 50 203.0.113.5 > 192.0.2.1 len 24" },
	{ "first fragment has the ports",
	  "udp 192.0.2.1:600 > 203.0.113.5:53",
	  "udp 203.0.113.5:53 > 10.0.0.5:1234 mf ulen 40 sum 0 len 16",
	  "udp 203.0.113.5:53 > 192.0.2.1:600 mf ulen 40 sum 0 len 16" },
	{ "later fragment has none",
	  "udp 192.0.2.1:600 > 203.0.113.5:53",
	  "proto 17 203.0.113.5 > 10.0.0.5 offset 24 len 16",
	  "proto 17 203.0.113.5 > 192.0.2.1 offset 24 len 16" },
	{ "error from a router on the way",
	  "udp 192.0.2.1:600 > 203.0.113.5:53",
	  "icmp 198.51.100.9 > 10.0.0.5 time-exceeded transit (udp 10.0.0.5:1234 > 203.0.113.5:53 len 31)",
	  "icmp 198.51.100.9 > 192.0.2.1 time-exceeded transit (udp 192.0.2.1:600 > 203.0.113.5:53 len 31)" },
	{ "error from the far end itself",
	  "tcp 192.0.2.1:600 > 10.9.9.9:8080 S",
	  "icmp 203.0.113.5 > 10.0.0.5 unreachable port (tcp 10.0.0.5:1234 > 203.0.113.5:80 S cut 28)",
	  "icmp 10.9.9.9 > 192.0.2.1 unreachable port (tcp 192.0.2.1:600 > 10.9.9.9:8080 S cut 28)" },
	{ "error about a ping",
	  "icmp 192.0.2.1 > 203.0.113.5 echo-request id 99",
	  "icmp 198.51.100.9 > 10.0.0.5 unreachable host (icmp 10.0.0.5 > 203.0.113.5 echo-request id 7 len 20)",
	  "icmp 198.51.100.9 > 192.0.2.1 unreachable host (icmp 192.0.2.1 > 203.0.113.5 echo-request id 99 len 20)" },
};

static const struct {
	const char *name, *packet, *copy1, *copy3;
} shifts[] = {
	{ "private and test networks keep their prefix",
	  "tcp 10.0.0.5:1 > 198.18.0.1:2 S",
	  "tcp 10.128.0.5:1 > 198.19.0.1:2 S",
	  "tcp 10.192.0.5:1 > 198.19.128.1:2 S" },
	{ "172.16/12 and 192.168/16",
	  "udp 172.16.0.1:1 > 192.168.1.2:2 len 3",
	  "udp 172.24.0.1:1 > 192.168.129.2:2 len 3",
	  "udp 172.28.0.1:1 > 192.168.193.2:2 len 3" },
	{ "others their /8; multicast all",
	  "udp 8.8.8.8:53 > 224.0.0.251:5353",
	  "udp 8.136.8.8:53 > 224.0.0.251:5353",
	  "udp 8.200.8.8:53 > 224.0.0.251:5353" },
	{ "quoted packets move too",
	  "icmp 203.0.113.9 > 10.0.0.5 unreachable port (udp 10.0.0.5:9 > 203.0.113.5:53 len 5)",
	  "icmp 203.128.113.9 > 10.128.0.5 unreachable port (udp 10.128.0.5:9 > 203.128.113.5:53 len 5)",
	  "icmp 203.192.113.9 > 10.192.0.5 unreachable port (udp 10.192.0.5:9 > 203.192.113.5:53 len 5)" },
};
/* clang-format on */

static struct conv learned(const char *text)
{
	struct conv c = {.out_if = NAT_NO_IF};
	uint8_t p[SIZE];
	struct wire w;

	assert_true(wire_parse(&w, p, packet_of(text, p, sizeof(p))));
	conv_learn(&c, &w.shape, p, 3);
	assert_int_equal(c.out_if, 3);
	return c;
}

static uint32_t readdress(const char *left, const char *captured, uint8_t *p,
			  unsigned fault)
{
	struct conv c = learned(left);
	uint32_t len = packet_of(captured, p, SIZE), sum;
	struct wire w;

	assert_true(wire_parse(&w, p, len));
	sum = wire_sum_at(&w.shape);
	if (sum)
		p[sum + 1] ^= (uint8_t)fault;
	conv_readdress(&c, &w.shape, p, len);
	return len;
}

static void test_answers(void **state)
{
	uint8_t p[SIZE];

	(void)state;
	for (size_t i = 0; i < N_ROWS(answers); i++) {
		uint32_t len =
			readdress(answers[i].left, answers[i].captured, p, 0);

		assert_packet(answers[i].name, p, len, answers[i].now);
	}
}

/* A wrong checksum is as wrong afterwards. */
static void test_wrong_stays_wrong(void **state)
{
	uint8_t p[SIZE];

	(void)state;
	for (size_t i = 0; i < N_ROWS(answers); i++) {
		uint32_t len = readdress(answers[i].left, answers[i].captured,
					 p, 0x55);
		struct wire w;

		assert_true(wire_parse(&w, p, len));
		if (w.fragment != WIRE_WHOLE || !wire_sum_at(&w.shape) ||
		    strstr(answers[i].captured, " sum 0"))
			continue;
		if (wire_l4_sum_ok(p, &w) || !wire_ip_sum_ok(p, &w))
			fail_msg("%s: is %s", answers[i].name,
				 text_of_packet(p, len));
	}
}

static void test_nothing_learned(void **state)
{
	const char *error = "icmp 10.0.0.5 > 203.0.113.5 unreachable port "
			    "(udp 203.0.113.5:53 > 10.0.0.5:9 len 2)";
	struct conv c = {.out_if = NAT_NO_IF};
	uint8_t p[SIZE];
	struct wire w;

	(void)state;
	assert_true(wire_parse(&w, p, packet_of(error, p, sizeof(p))));
	conv_learn(&c, &w.shape, p, 3);
	assert_int_equal(c.out_if, NAT_NO_IF);
}

static void test_copies(void **state)
{
	uint8_t p[SIZE];

	(void)state;
	for (size_t i = 0; i < N_ROWS(shifts); i++) {
		uint32_t len = packet_of(shifts[i].packet, p, sizeof(p));

		copies_shift(p, len, 1);
		assert_packet(shifts[i].name, p, len, shifts[i].copy1);
		copies_shift(p, len, 1);
		assert_packet(shifts[i].name, p, len, shifts[i].packet);
		copies_shift(p, len, 3);
		assert_packet(shifts[i].name, p, len, shifts[i].copy3);
	}
}

static void test_copies_in_a_store(void **state)
{
	static const struct {
		uint64_t time_ns;
		const char *text;
	} row[] = {
		{5, "udp 10.0.0.1:1 > 198.18.0.1:2 len 3"},
		{9, "udp 198.18.0.1:2 > 10.0.0.1:1 len 4"},
	};
	struct store to = {.ip_bytes = 0};
	const struct store_entry *e;

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		uint8_t bytes[256];
		const struct capture_record rec = {
			.data = bytes,
			.len = packet_of(row[i].text, bytes, sizeof(bytes)),
			.time_ns = row[i].time_ns,
			.frame = i + 1,
		};

		assert_int_equal(copies_append(&to, &rec, 0, 3), 0);
	}
	assert_int_equal(store_count(&to), 6);
	e = store_entries(&to);
	assert_int_equal(e[2].time_ns, 5);
	assert_int_equal(e[2].frame, 1);
	assert_packet("third copy", store_bytes(&to, &e[2]), e[2].len,
		      "udp 10.64.0.1:1 > 198.18.128.1:2 len 3");
	assert_packet("its answer", store_bytes(&to, &e[5]), e[5].len,
		      "udp 198.18.128.1:2 > 10.64.0.1:1 len 4");
	store_free(&to);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_wrong_stays_wrong),
		cmocka_unit_test(test_nothing_learned),
		cmocka_unit_test(test_copies),
		cmocka_unit_test(test_copies_in_a_store),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
