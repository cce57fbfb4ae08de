/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Timeouts of UDP, UDP-Lite and GRE, and who may open a connection with ICMP:
 * each row is a connection from its first packet on. */
#include <string.h>

#include "pure/proto.h"
#include "pure/tuple.h"
#include "test/check.h"

enum { MOST = 6 };

/* One packet: when it comes, what the status says then, what is to follow. */
struct seen {
	uint32_t at_ms;
	uint16_t status;
	uint32_t timeout_s; /* 0: the row is over */
	bool assured;
};

enum {
	NEW = 0,
	LIVE = NAT_ST_CONFIRMED,
	REPLIED = NAT_ST_CONFIRMED | NAT_ST_SEEN_REPLY,
	STREAM = REPLIED | NAT_ST_ASSURED,
	CLASH = REPLIED | NAT_ST_NAT_CLASH,
};

/* clang-format off */
static const struct {
	const char *name;
	struct seen packet[MOST];
} udp[] = {
	{"asks and asks", {
		{0, NEW, 30, false}, {1000, LIVE, 30, false},
		{9000, LIVE, 30, false}}},
	{"the first answer counts as if there were none yet", {
		{0, NEW, 30, false}, {9000, LIVE, 30, false},
		{9001, REPLIED, 120, true}}},
	{"within two seconds it is no stream", {
		{0, NEW, 30, false}, {10, LIVE, 30, false},
		{1900, REPLIED, 30, false}, {2000, REPLIED, 30, false},
		{2004, REPLIED, 120, true}, {2008, STREAM, 120, true}}},
	{"retries of one never confirmed count anew", {
		{0, NEW, 30, false}, {1500, NEW, 30, false},
		{3000, REPLIED, 30, false}, {3500, REPLIED, 30, false},
		{3504, REPLIED, 120, true}}},
	{"a clash entry is never assured", {
		{0, NEW, 30, false}, {5000, CLASH, 120, false}}},
};
/* clang-format on */

static uint32_t ms(uint64_t t)
{
	return ticks_of_ns(t * 1000000);
}

static void udp_timeouts(void **state)
{
	struct nat_sysctl sysctl;

	(void)state;
	nat_sysctl_defaults(&sysctl);
	/* the clock may wrap at any time */
	for (size_t i = 0; i < ARRAY_LEN(udp); i++)
		for (uint32_t base = 0; base < 2; base++) {
			struct udp_track t = {0};

			for (size_t k = 0; k < MOST; k++) {
				const struct seen *s = &udp[i].packet[k];
				struct proto_context c = {
					&sysctl,
					ms(s->at_ms) - base * 300,
					s->status,
				};
				struct proto_result r;

				if (!s->timeout_s)
					break;
				r = udp_packet(&t, &c);
				if (r.timeout != ticks_of_s(s->timeout_s) ||
				    r.assured != s->assured)
					fail_msg("%s: packet %zu: %u%s",
						 udp[i].name, k,
						 r.timeout / TICKS_PER_S,
						 r.assured ? ", assured" : "");
			}
		}
}

static void settings(void **state)
{
	struct nat_sysctl sysctl = {.udp_timeout = 7, .udp_timeout_stream = 70};
	struct proto_context c = {&sysctl, 100, NEW};
	struct udp_track t = {0};

	(void)state;
	assert_int_equal(udp_packet(&t, &c).timeout, ticks_of_s(7));
	c.now += 3 * TICKS_PER_S;
	c.status = REPLIED;
	assert_int_equal(udp_packet(&t, &c).timeout, ticks_of_s(70));
}

/* Those that wait for nothing but an answer. */
static const struct {
	const char *name;
	struct proto_result (*fn)(const struct proto_context *c);
	struct seen packet;
} answered[] = {
	{"UDP-Lite, new", udplite_packet, {0, NEW, 30, false}},
	{"UDP-Lite, again", udplite_packet, {0, LIVE, 30, false}},
	{"UDP-Lite, answered", udplite_packet, {0, REPLIED, 120, true}},
	{"UDP-Lite, later", udplite_packet, {0, STREAM, 120, true}},
	{"GRE, new", gre_packet, {0, NEW, 30, false}},
	{"GRE, again", gre_packet, {0, LIVE, 30, false}},
	{"GRE, answered", gre_packet, {0, REPLIED, 180, true}},
	{"GRE, later", gre_packet, {0, STREAM, 180, true}},
};

static void once_answered(void **state)
{
	struct nat_sysctl sysctl;

	(void)state;
	nat_sysctl_defaults(&sysctl);
	for (size_t i = 0; i < ARRAY_LEN(answered); i++) {
		const struct seen *s = &answered[i].packet;
		struct proto_context c = {&sysctl, 1, s->status};
		struct proto_result r = answered[i].fn(&c);

		if (r.timeout != ticks_of_s(s->timeout_s) ||
		    r.assured != s->assured)
			fail_msg("%s", answered[i].name);
	}
}

static void icmp_openers(void **state)
{
	static const struct {
		uint8_t proto, opener[4];
	} rows[] = {
		{PROTO_ICMP, {8, 13, 15, 17}},
		{PROTO_ICMPV6, {128, 139, 128, 139}},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		for (unsigned type = 0; type < 256; type++)
			assert_int_equal(
				icmp_may_open(rows[i].proto, (uint8_t)type),
				memchr(rows[i].opener, (int)type,
				       sizeof(rows[i].opener)) != NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(udp_timeouts),
		cmocka_unit_test(settings),
		cmocka_unit_test(once_answered),
		cmocka_unit_test(icmp_openers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
