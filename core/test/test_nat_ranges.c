/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Ports and addresses by the hundred: ranges until they are exhausted, classes
 * of ports, pools of addresses. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pure/packet.h"
#include "test/address_choice.h"
#include "test/check.h"
#include "test/router.h"
#include "util.h"

/* The outside port of a client's packet to the one server; 0: dropped for want
 * of any. */
static unsigned outside_port(struct router *r, const char *proto,
			     unsigned client, unsigned port)
{
	char text[FRAME_TEXT];

	(void)snprintf(text, sizeof(text), "%s 10.1.%u.%u:%u > 192.0.2.1:53%s",
		       proto, client >> 8, client & 255, port,
		       !strcmp(proto, "tcp") ? " S" : "");
	router_send_text(r, "lan", text);
	if (r->pkt.verdict == NAT_DROP) {
		assert_int_equal(r->pkt.reason, NAT_DROP_INSERT_FAILED);
		return 0;
	}
	assert_int_equal(r->pkt.verdict, NAT_FORWARD);
	return load16_host(r->pkt.data + IPV4_HEADER + PORT_SRC);
}

/* ---------------------------------------------------------------- exhaustion
 */

static const struct exhaustion {
	const char *name, *proto, *flags;
	unsigned size;  /* of the range, from 2000 on */
	unsigned least; /* so many clients are served, of twice as many */
} exhaustions[] = {
	{"one", "udp", "", 1, 1},
	{"two", "udp", "", 2, 2},
	{"two of tcp", "tcp", "", 2, 2},
	{"as many as may be robbed", "tcp", "", 32, 32},
	{"as many as are tried", "udp", "", 128, 128},
	{"as many as are tried, at random", "udp", " --random", 128, 128},
	{"fully at random", "tcp", " --random-fully", 64, 64},
	{"more than are tried", "udp", "", 200, 150},
	{"more than are tried, at random", "tcp", " --random", 200, 150},
	{"far more", "udp", "", 600, 450},
};

static void exhaust(const struct exhaustion *e)
{
	char rules[256] = "";
	struct router_config c = router_defaults(rules);
	struct router r;
	bool used[1000] = {false};
	unsigned served = 0;

	(void)snprintf(rules, sizeof(rules),
		       "-A POSTROUTING -p %s -j SNAT --to-source "
		       "198.51.100.7:2000-%u%s\n",
		       e->proto, 2000 + e->size - 1, e->flags);
	router_open(&r, &c);
	for (unsigned i = 0; i < 2 * e->size; i++) {
		unsigned port = outside_port(&r, e->proto, i, 5000);

		if (!port)
			continue;
		served++;
		if (port < 2000 || port >= 2000 + e->size || used[port - 2000])
			fail_msg("%s: port %u", e->name, port);
		used[port - 2000] = true;
	}
	if (served < e->least || served > e->size)
		fail_msg("%s: %u served", e->name, served);
	assert_int_equal(router_entries(&r), served);
	router_close(&r);
}

static void exhaustion(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(exhaustions); i++)
		exhaust(&exhaustions[i]);
}

/* ------------------------------------------------------------------- classes
 */

static const struct class_case {
	unsigned port, min, max; /* whose class is that */
} classes[] = {
	{1, 1, 511},         {80, 1, 511},        {511, 1, 511},
	{512, 600, 1023},    {700, 600, 1023},    {1023, 600, 1023},
	{1024, 1024, 65535}, {4000, 1024, 65535}, {65535, 1024, 65535},
};

static void port_classes(void **state)
{
	enum { CLIENTS = 150 };
	static const char *const flags[] = {"", " --random"};

	(void)state;
	for (size_t i = 0; i < 2 * ARRAY_LEN(classes); i++) {
		const struct class_case *c = &classes[i / 2];
		char rules[128] = "";
		struct router_config cfg = router_defaults(rules);
		struct router r;
		static bool used[65536];

		memset(used, 0, sizeof(used));
		(void)snprintf(rules, sizeof(rules),
			       "-A POSTROUTING -j SNAT --to-source "
			       "198.51.100.7%s\n",
			       flags[i % 2]);
		router_open(&r, &cfg);
		for (unsigned k = 0; k < CLIENTS; k++) {
			unsigned port = outside_port(&r, "udp", k, c->port);

			if (!k && i % 2 == 0)
				assert_int_equal(port, c->port);
			else if (port < c->min || port > c->max)
				fail_msg("%u became %u", c->port, port);
			assert_false(used[port]);
			used[port] = true;
		}
		router_close(&r);
	}
}

/* ------------------------------------------------------------------ addresses
 */

static void pool_rules(const struct address_pool *p, char *out, size_t size)
{
	(void)snprintf(out, size, "-A %s -j %s %s-%s%s\n",
		       p->dnat ? "PREROUTING" : "POSTROUTING",
		       p->dnat ? "DNAT --to-destination" : "SNAT --to-source",
		       p->first, p->last, p->persistent ? " --persistent" : "");
}

static void choices_of(unsigned pool)
{
	const struct address_pool *p = &address_pool[pool];
	char rules[128] = "", text[FRAME_TEXT], want[FRAME_TEXT];
	struct router_config c = router_defaults(rules);
	struct router r;

	pool_rules(p, rules, sizeof(rules));
	router_open(&r, &c);
	for (size_t i = 0; i < ARRAY_LEN(address_choice); i++) {
		const char *src = address_choice[i].src;
		const char *dst = address_choice[i].dst;
		const char *chosen = address_choice[i].chosen;

		if (address_choice[i].pool != pool)
			continue;
		(void)snprintf(text, sizeof(text), "udp %s:4000 > %s:53", src,
			       dst);
		(void)snprintf(want, sizeof(want), "wan udp %s:4000 > %s:53",
			       p->dnat ? src : chosen, p->dnat ? chosen : dst);
		router_expect(&r, "lan", text, want);
	}
	router_close(&r);
}

static void address_choices(void **state)
{
	(void)state;
	for (unsigned i = 0; i < ARRAY_LEN(address_pool); i++)
		choices_of(i);
}

/* A client that talks to many: one address, or any. */
static void persistence(void **state)
{
	enum { SERVERS = 64 };

	(void)state;
	for (int persistent = 0; persistent < 2; persistent++) {
		const struct address_pool p = {"198.51.100.16", "198.51.100.31",
					       persistent, false};
		char rules[128] = "", text[FRAME_TEXT];
		struct router_config c = router_defaults(rules);
		struct router r;
		uint32_t seen = 0;

		pool_rules(&p, rules, sizeof(rules));
		router_open(&r, &c);
		for (unsigned i = 0; i < SERVERS; i++) {
			/* from ports of their own, or reuse comes first */
			(void)snprintf(text, sizeof(text),
				       "udp 10.0.0.2:%u > 192.0.2.%u:53",
				       4000 + i, i);
			router_send_text(&r, "lan", text);
			seen |= 1u << (r.pkt.data[IPV4_SRC + 3] & 15);
		}
		if (persistent)
			assert_int_equal(__builtin_popcount(seen), 1);
		else
			assert_true(__builtin_popcount(seen) > 8);
		router_close(&r);
	}
}

/* --------------------------------------------------------------- determinism
 */

/* The same seed, the same ports; another, others. */
static void seeds(void **state)
{
	enum { CLIENTS = 20 };
	static const uint64_t seed[] = {1, 1, 2};
	unsigned port[ARRAY_LEN(seed)][CLIENTS];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(seed); i++) {
		struct router_config c = router_defaults(
			"-A POSTROUTING -j SNAT --to-source 198.51.100.7\n");
		struct router r;

		c.seed = seed[i];
		router_open(&r, &c);
		for (unsigned k = 0; k < CLIENTS; k++)
			port[i][k] = outside_port(&r, "udp", k, 4000);
		router_close(&r);
	}
	assert_memory_equal(port[0], port[1], sizeof(port[0]));
	assert_memory_not_equal(port[0], port[2], sizeof(port[0]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(exhaustion),
		cmocka_unit_test(port_classes),
		cmocka_unit_test(address_choices),
		cmocka_unit_test(persistence),
		cmocka_unit_test(seeds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
