/* SPDX-License-Identifier: BSD-2-Clause
 *
 * --check of datagrams that come in fragments or leave in fragments: what they
 * carry is judged joined, whatever their order. */
#include <string.h>

#include "capture/inet_sum.h"
#include "replay/check.h"
#include "test/check.h"
#include "test/replay_util.h"

#define N_ROWS(a) (sizeof(a) / sizeof((a)[0]))

enum { SIZE = 2048, MOST = 64, ID = 7, IP6 = 40, EXTENSION = 8 };

#define IN      "udp 10.0.0.5:1234 > 203.0.113.5:53 len 900"
#define OUT     "udp 192.0.2.1:600 > 203.0.113.5:53 len 900 ttl 63"
#define SENT    "udp 203.0.113.5:53 > 192.0.2.1:600 len 900"
#define ANSWER  "udp 203.0.113.5:53 > 10.0.0.5:1234 len 900"
#define IN6     "udp [fd00::5]:1234 > [2001:db8::5]:53 len 900"
#define OUT6    "udp [2001:db8:1::1]:600 > [2001:db8::5]:53 len 900 ttl 63"
#define SENT6   "udp [2001:db8::5]:53 > [2001:db8:1::1]:600 len 900"
#define ANSWER6 "udp [2001:db8::5]:53 > [fd00::5]:1234 len 900"

enum { BACKWARDS = 1, TWICE = 2, GAP = 4, OVERLAP = 8, UNJOINED = 16 };

/* clang-format off */
static const struct row {
	const char *name;
	const char *captured, *entered, *left;
	unsigned in_step, out_step; /* payload of each fragment; 0: whole */
	unsigned how;
	unsigned piece, at, flip; /* a byte that is spoilt in a piece that left */
	unsigned want;            /* bits of enum check_kind */
} rows[] = {
	{ "IPv4", IN, NULL, OUT, 400, 400, 0, 0, 0, 0, 0 },
	{ "IPv6", IN6, NULL, OUT6, 400, 400, 0, 0, 0, 0, 0 },
	{ "other pieces left", IN, NULL, OUT, 80, 304, 0, 0, 0, 0, 0 },
	{ "last first", IN, NULL, OUT, 104, 400, BACKWARDS, 0, 0, 0, 0 },
	{ "last first, IPv6", IN6, NULL, OUT6, 104, 400, BACKWARDS, 0, 0, 0, 0 },
	{ "twice", IN, NULL, OUT, 104, 400, TWICE, 0, 0, 0, 0 },
	{ "a piece unknown", IN, NULL, OUT, 104, 400, GAP | UNJOINED, 0, 0, 0, 0 },
	{ "overlapping", IN6, NULL, OUT6, 104, 400, OVERLAP | UNJOINED, 0, 0, 0, 0 },
	{ "one that was cut", IN, NULL, OUT, 0, 400, 0, 0, 0, 0, 0 },
	{ "checksum of the second header", IN, NULL, OUT, 400, 400, 0, 1, 10, 1, 1 << CHECK_IP_SUM },
	{ "checksum of UDP", IN, NULL, OUT, 400, 400, 0, 0, 26, 1, 1 << CHECK_L4_SUM },
	{ "checksum of UDP, IPv6", IN6, NULL, OUT6, 400, 400, 0, 0, 54, 1, 1 << CHECK_L4_SUM },
	{ "payload of a later one", IN, NULL, OUT, 400, 400, 0, 2, 30, 4, 1 << CHECK_CONTENT | 1 << CHECK_L4_SUM },
	{ "payload of a later one, IPv6", IN6, NULL, OUT6, 400, 400, 0, 2, 60, 4, 1 << CHECK_CONTENT | 1 << CHECK_L4_SUM },
	{ "payload of one that was cut", IN, NULL, OUT, 0, 400, 0, 2, 30, 4, 1 << CHECK_CONTENT | 1 << CHECK_L4_SUM },
	{ "offset, IPv6", IN6, NULL, OUT6, 400, 400, 0, 1, 43, 8, 1 << CHECK_LENGTH },
	{ "shorter", IN, NULL, "udp 192.0.2.1:600 > 203.0.113.5:53 len 899 ttl 63", 400, 400, 0, 0, 0, 0, 1 << CHECK_LENGTH },
	{ "hop limit", IN6, NULL, "udp [2001:db8:1::1]:600 > [2001:db8::5]:53 len 900", 400, 400, 0, 0, 0, 0, 1 << CHECK_TTL },
	{ "answer restored", ANSWER, SENT, ANSWER " ttl 63", 400, 400, 0, 0, 0, 0, 0 },
	{ "answer restored, IPv6", ANSWER6, SENT6, ANSWER6 " ttl 63", 400, 400, 0, 0, 0, 0, 0 },
	{ "answer to another port", ANSWER, SENT, "udp 203.0.113.5:53 > 10.0.0.5:1235 len 900 ttl 63", 400, 400, 0, 0, 0, 0, 1 << CHECK_RESTORED },
	{ "answer to another host, IPv6", ANSWER6, SENT6, "udp [2001:db8::5]:53 > [fd00::6]:1234 len 900 ttl 63", 400, 400, 0, 0, 0, 0, 1 << CHECK_RESTORED },
};
/* clang-format on */

struct pieces {
	unsigned n;
	uint32_t len[MOST];
	uint8_t bytes[MOST][SIZE];
};

static void put16(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

/* Bytes [from, from + n) of what follows the header of @whole. */
static void cut_v4(uint8_t *to, const uint8_t *whole, uint32_t from, uint32_t n,
		   bool more)
{
	uint16_t sum;

	memcpy(to, whole, 20);
	memcpy(to + 20, whole + 20 + from, n);
	put16(to + 2, 20 + n);
	put16(to + 6, from / 8 | (more ? 0x2000u : 0));
	memset(to + 10, 0, 2);
	sum = inet_sum_finish(inet_sum(0, to, 20));
	memcpy(to + 10, &sum, 2);
}

static void cut_v6(uint8_t *to, const uint8_t *whole, uint32_t from, uint32_t n,
		   bool more)
{
	memcpy(to, whole, IP6);
	memset(to + IP6, 0, EXTENSION);
	memcpy(to + IP6 + EXTENSION, whole + IP6 + from, n);
	put16(to + 4, EXTENSION + n);
	to[IP6] = to[6];
	to[6] = 44;
	put16(to + IP6 + 2, from | more);
	to[IP6 + 7] = ID;
}

static void cut(struct pieces *p, const char *text, unsigned step)
{
	uint8_t whole[SIZE];
	uint32_t len = packet_of(text, whole, sizeof(whole)), n;
	bool v6 = whole[0] >> 4 == 6;
	uint32_t header = v6 ? IP6 : 20;

	p->n = 0;
	if (!step) {
		memcpy(p->bytes[0], whole, len);
		p->len[p->n++] = len;
		return;
	}
	for (uint32_t at = 0; at < len - header; at += n, p->n++) {
		uint32_t left = len - header - at;

		n = left < step ? left : step;
		(v6 ? cut_v6 : cut_v4)(p->bytes[p->n], whole, at, n, left > n);
		p->len[p->n] = header + (v6 ? EXTENSION : 0) + n;
	}
}

/* One that begins in the middle of the second. */
static void check_overlapping(struct check *k, const struct check_case *c,
			      const char *text)
{
	struct nat_packet held = {.verdict = NAT_HOLD};
	uint8_t whole[SIZE], piece[SIZE];
	struct check_case extra = *c;

	packet_of(text, whole, sizeof(whole));
	cut_v6(piece, whole, 128, 8, true);
	extra.captured = extra.entered = piece;
	extra.len = IP6 + EXTENSION + 8;
	extra.out = &held;
	check_packet(k, &extra);
}

/* All but the last that comes are held; it has the datagram's verdict. */
static void enter(struct check *k, const struct row *r,
		  const struct pieces *captured, const struct pieces *entered,
		  struct check_case *c)
{
	static const struct nat_packet held = {.verdict = NAT_HOLD};
	const struct nat_packet *out = c->out;

	for (unsigned i = 0; i < entered->n; i++) {
		unsigned at = r->how & BACKWARDS ? entered->n - 1 - i : i;

		c->captured = captured->bytes[at];
		c->entered = entered->bytes[at];
		c->len = entered->len[at];
		c->out = &held;
		if (r->how & GAP && i == 1)
			continue;
		if (r->how & OVERLAP && i == 2)
			check_overlapping(k, c, r->captured);
		if (r->how & TWICE && i + 1 < entered->n)
			check_packet(k, c);
		if (i + 1 == entered->n)
			c->out = out;
		check_packet(k, c);
	}
}

static void check_row(struct check *k, const struct row *r)
{
	static struct pieces captured, entered, left;
	const struct conv conv = {.tracked = 1};
	struct nat_packet sent[MOST] = {0};
	struct nat_packet out = {
		.manip = NAT_ST_SRC_NAT,
		.verdict = NAT_FORWARD,
		.state = r->entered ? NAT_STATE_ESTABLISHED : NAT_STATE_NEW,
		.dir = r->entered ? NAT_REPLY : NAT_ORIGINAL,
		.time_ns = 1000,
	};
	struct check_case c = {
		.out = &out,
		.sent = sent,
		.conv = &conv,
		.reply = r->entered != NULL,
	};

	cut(&captured, r->captured, r->in_step);
	cut(&entered, r->entered ? r->entered : r->captured, r->in_step);
	cut(&left, r->left, r->out_step);
	left.bytes[r->piece][r->at] ^= (uint8_t)r->flip;
	for (unsigned i = 0; i < left.n; i++)
		sent[i] = (struct nat_packet){.data = left.bytes[i],
					      .len = left.len[i]};
	c.n_sent = left.n;
	if (!r->in_step) { /* the packet has become its own first fragment */
		out.data = left.bytes[0];
		out.len = left.len[0];
		c.sent++;
		c.n_sent--;
	}
	enter(k, r, &captured, &entered, &c);
}

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_ROWS(rows); i++) {
		bool joined = rows[i].in_step && !(rows[i].how & UNJOINED);
		struct check k = {.packets = 0};
		unsigned found = 0;

		check_row(&k, &rows[i]);
		for (unsigned j = 0; j < CHECK_N_KINDS; j++)
			found |= k.failures[j] ? 1u << j : 0;
		if (found != rows[i].want || k.joined != joined ||
		    k.unjoined != !!(rows[i].how & UNJOINED))
			fail_msg("%s: found %#x, not %#x; joined %d, not %d",
				 rows[i].name, found, rows[i].want,
				 (int)k.joined, (int)k.unjoined);
		check_free(&k);
	}
}

/* More at a time than there is room for: the longest unused is forgotten, and
 * its completion tells. */
static void test_many(void **state)
{
	static struct pieces p;
	const struct nat_packet held = {.verdict = NAT_HOLD};
	const struct nat_packet local = {.verdict = NAT_LOCAL};
	const struct conv conv = {.tracked = 0};
	struct check k = {.packets = 0};

	(void)state;
	cut(&p, IN, 600);
	for (unsigned last = 0; last < 2; last++)
		for (unsigned id = 0; id <= JOINS; id++) {
			const struct check_case c = {
				.captured = p.bytes[last],
				.entered = p.bytes[last],
				.len = p.len[last],
				.out = last ? &local : &held,
				.conv = &conv,
			};

			p.bytes[last][5] = (uint8_t)id;
			check_packet(&k, &c);
		}
	assert_int_equal(k.packets, 2 * (JOINS + 1));
	assert_int_equal(k.joined + k.unjoined, JOINS + 1);
	assert_true(k.unjoined);
	check_free(&k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
