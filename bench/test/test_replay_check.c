/* SPDX-License-Identifier: BSD-2-Clause
 *
 * --check finds what it is there for: good translations pass, and each way of
 * spoiling one is found under its own name. */
#include <string.h>

#include "replay/check.h"
#include "replay/wire.h"
#include "test/check.h"
#include "test/replay_util.h"

#define N_ROWS(a) (sizeof(a) / sizeof((a)[0]))

enum { SIZE = 2048, SRC = NAT_ST_SRC_NAT, DST = NAT_ST_DST_NAT };

#define IN     "tcp 10.0.0.5:1234 > 203.0.113.5:80 A len 10"
#define SYN    "tcp 10.0.0.5:1234 > 203.0.113.5:80 S"
#define OUT    "tcp 192.0.2.1:600 > 203.0.113.5:80 A len 10 ttl 63"
#define ANSWER "udp 203.0.113.5:53 > 10.0.0.5:1234 len 9"
#define SENT   "udp 203.0.113.5:53 > 192.0.2.1:600 len 9"
#define CAME   "udp 203.0.113.5:53 > 10.0.0.5:1234 len 9 ttl 63"
#define QUOTE                                                                  \
	"icmp 198.51.100.9 > 10.0.0.5 unreachable host (udp 10.0.0.5:9 > "     \
	"203.0.113.5:53 len 8)"
#define Q_SENT                                                                 \
	"icmp 198.51.100.9 > 192.0.2.1 unreachable host (udp 192.0.2.1:9 > "   \
	"203.0.113.5:53 len 8)"

/* clang-format off */
static const struct row {
	const char *name;
	const char *captured, *entered, *left;
	unsigned manip;
	uint8_t verdict, state, dir;
	unsigned at, flip; /* a byte of @left and what to spoil in it */
	unsigned want;     /* bits of enum check_kind */
} rows[] = {
	{ "translated", IN, NULL, OUT, SRC, NAT_FORWARD, NAT_STATE_NEW, NAT_ORIGINAL, 0, 0, 0 },
	{ "not translated, and says so", IN, NULL, IN " ttl 63", 0, NAT_FORWARD, NAT_STATE_NEW, NAT_ORIGINAL, 0, 0, 0 },
	{ "both ends translated", IN, NULL, "tcp 192.0.2.1:600 > 10.9.9.9:8080 A len 10 ttl 63", SRC | DST, NAT_FORWARD, NAT_STATE_NEW, NAT_ORIGINAL, 0, 0, 0 },
	{ "wrong checksum before and after", IN " sum 1", NULL, IN " sum 1 ttl 63", 0, NAT_FORWARD, NAT_STATE_INVALID, NAT_ORIGINAL, 0, 0, 0 },
	{ "dropped", IN, NULL, IN, 0, NAT_DROP, NAT_STATE_NEW, NAT_ORIGINAL, 40, 1, 0 },
	{ "TTL as it was", IN, NULL, "tcp 192.0.2.1:600 > 203.0.113.5:80 A len 10", SRC, NAT_FORWARD, NAT_STATE_NEW, NAT_ORIGINAL, 0, 0, 1 << CHECK_TTL },
	{ "IP checksum", IN, NULL, OUT, SRC, NAT_FORWARD, NAT_STATE_NEW, NAT_ORIGINAL, 10, 1, 1 << CHECK_IP_SUM },
	{ "TCP checksum", IN, NULL, OUT, SRC, NAT_FORWARD, NAT_STATE_NEW, NAT_ORIGINAL, 36, 1, 1 << CHECK_L4_SUM },
	{ "a byte of payload", IN, NULL, OUT, SRC, NAT_FORWARD, NAT_STATE_NEW, NAT_ORIGINAL, 49, 4, 1 << CHECK_CONTENT | 1 << CHECK_L4_SUM },
	{ "a sequence number", IN, NULL, OUT, SRC, NAT_FORWARD, NAT_STATE_NEW, NAT_ORIGINAL, 24, 4, 1 << CHECK_CONTENT | 1 << CHECK_L4_SUM },
	{ "shorter", IN, NULL, "tcp 192.0.2.1:600 > 203.0.113.5:80 A len 9 ttl 63", SRC, NAT_FORWARD, NAT_STATE_NEW, NAT_ORIGINAL, 0, 0, 1 << CHECK_LENGTH },
	{ "said SNAT, did nothing", IN, NULL, IN " ttl 63", SRC, NAT_FORWARD, NAT_STATE_NEW, NAT_ORIGINAL, 0, 0, 1 << CHECK_MANIP },
	{ "said nothing, did SNAT", IN, NULL, OUT, 0, NAT_FORWARD, NAT_STATE_NEW, NAT_ORIGINAL, 0, 0, 1 << CHECK_MANIP },
	{ "said SNAT, did DNAT", IN, NULL, "tcp 10.0.0.5:1234 > 10.9.9.9:80 A len 10 ttl 63", SRC, NAT_FORWARD, NAT_STATE_NEW, NAT_ORIGINAL, 0, 0, 1 << CHECK_MANIP },
	{ "translated an INVALID one", IN, NULL, OUT, 0, NAT_FORWARD, NAT_STATE_INVALID, NAT_ORIGINAL, 0, 0, 1 << CHECK_MANIP },
	{ "answer restored", ANSWER, SENT, CAME, SRC, NAT_FORWARD, NAT_STATE_ESTABLISHED, NAT_REPLY, 0, 0, 0 },
	{ "answer to another port", ANSWER, SENT, "udp 203.0.113.5:53 > 10.0.0.5:1235 len 9 ttl 63", SRC, NAT_FORWARD, NAT_STATE_ESTABLISHED, NAT_REPLY, 0, 0, 1 << CHECK_RESTORED },
	{ "answer to another host", ANSWER, SENT, "udp 203.0.113.5:53 > 10.0.0.6:1234 len 9 ttl 63", SRC, NAT_FORWARD, NAT_STATE_ESTABLISHED, NAT_REPLY, 0, 0, 1 << CHECK_RESTORED },
	{ "answer that nobody knows", ANSWER, SENT, SENT, 0, NAT_LOCAL, NAT_STATE_NEW, NAT_ORIGINAL, 0, 0, 1 << CHECK_LOST },
	{ "answer nobody knows, its checksum wrong", ANSWER " sum 1", SENT " sum 1", SENT " sum 1", 0, NAT_LOCAL, NAT_STATE_INVALID, NAT_ORIGINAL, 0, 0, 0 },
	{ "error restored, quote and all", QUOTE, Q_SENT, QUOTE " ttl 63", SRC, NAT_FORWARD, NAT_STATE_RELATED, NAT_REPLY, 0, 0, 0 },
	{ "its quote forgotten", QUOTE, Q_SENT, "icmp 198.51.100.9 > 10.0.0.5 unreachable host (udp 192.0.2.1:9 > 203.0.113.5:53 len 8) ttl 63", SRC, NAT_FORWARD, NAT_STATE_RELATED, NAT_REPLY, 0, 0, 1 << CHECK_RESTORED },
};
/* clang-format on */

static unsigned found(const struct check *k)
{
	unsigned kinds = 0;

	for (unsigned i = 0; i < CHECK_N_KINDS; i++)
		if (k->failures[i])
			kinds |= 1u << i;
	return kinds;
}

static void check_row(struct check *k, const struct row *r)
{
	const struct conv conv = {.tracked = 1};
	uint8_t captured[SIZE], entered[SIZE], left[SIZE];
	struct nat_packet out = {
		.data = left,
		.len = packet_of(r->left, left, sizeof(left)),
		.time_ns = 1000,
		.manip = (uint16_t)r->manip,
		.verdict = r->verdict,
		.state = r->state,
		.dir = r->dir,
	};
	const struct check_case c = {
		.captured = captured,
		.entered = entered,
		.out = &out,
		.conv = &conv,
		.len = packet_of(r->captured, captured, sizeof(captured)),
		.reply = r->entered != NULL,
	};

	packet_of(r->entered ? r->entered : r->captured, entered,
		  sizeof(entered));
	left[r->at] ^= (uint8_t)r->flip;
	check_packet(k, &c);
}

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_ROWS(rows); i++) {
		struct check k = {.packets = 0};

		check_row(&k, &rows[i]);
		assert_int_equal(k.packets, 1);
		if (found(&k) != rows[i].want)
			fail_msg("%s: found %#x, not %#x", rows[i].name,
				 found(&k), rows[i].want);
		region_free(&k.scratch);
	}
}

/* Every single bit of a good packet matters to some check, but for those that
 * the row of a bit flip cannot tell: none here. */
static void test_every_bit(void **state)
{
	(void)state;
	for (unsigned bit = 0; bit < 50 * 8; bit++) {
		struct check k = {.packets = 0};
		struct row r = rows[0];

		r.at = bit / 8;
		r.flip = 1u << bit % 8;
		check_row(&k, &r);
		if (!check_failures(&k))
			fail_msg("bit %u of byte %u", bit % 8, r.at);
		region_free(&k.scratch);
	}
}

/* What rules may do is none of them. Of a packet out of @entered. */
static const struct {
	const char *name;
	struct liberty may;
	const char *entered, *left;
	unsigned want;
} liberties[] = {
	{"TTL", {.hops = true}, IN, IN " ttl 7", 0},
	{"TOS", {.tos = true}, IN, IN " ttl 63 tos 8", 0},
	{"TOS, and not said",
	 {.hops = true},
	 IN,
	 IN " ttl 63 tos 8",
	 1 << CHECK_CONTENT},
	{"MSS",
	 {.mss = true},
	 SYN " opt 020405b4",
	 SYN " opt 02040500 ttl 63",
	 0},
	{"MSS, and not said",
	 {.tos = true},
	 SYN " opt 020405b4",
	 SYN " opt 02040500 ttl 63",
	 1 << CHECK_CONTENT},
	{"MSS where none was",
	 {.mss = true},
	 SYN,
	 SYN " opt 02040500 ttl 63",
	 0},
	{"grown",
	 {.tos = true},
	 SYN,
	 SYN " opt 02040500 ttl 63",
	 1 << CHECK_LENGTH},
	{"more than the MSS",
	 {.mss = true},
	 SYN " opt 020405b4",
	 SYN " opt 02040500 ttl 63 seq 9",
	 1 << CHECK_CONTENT},
};

static void test_liberties(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_ROWS(liberties); i++) {
		struct check k = {.may = liberties[i].may};
		const struct row r = {
			.captured = liberties[i].entered,
			.left = liberties[i].left,
			.verdict = NAT_FORWARD,
		};

		check_row(&k, &r);
		if (found(&k) != liberties[i].want)
			fail_msg("%s: found %#x", liberties[i].name, found(&k));
		region_free(&k.scratch);
	}
}

static void test_merge(void **state)
{
	struct check a = {.packets = 1}, b = {.packets = 2};

	(void)state;
	for (uint32_t i = 0; i < 2 * CHECK_EXAMPLES; i++)
		check_fail(i % 2 ? &a : &b, CHECK_TTL, i);
	check_merge(&a, &b);
	assert_int_equal(a.packets, 3);
	assert_int_equal(check_failures(&a), 2 * CHECK_EXAMPLES);
	assert_int_equal(a.n_examples, CHECK_EXAMPLES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_every_bit),
		cmocka_unit_test(test_liberties),
		cmocka_unit_test(test_merge),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
