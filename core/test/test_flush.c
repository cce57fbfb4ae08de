/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What ends when an interface goes down or loses an address: the steps, and
 * what Linux had left in its table after each. */
#include <arpa/inet.h>

#include "pure/tuple.h"
#include "test/check.h"
#include "test/router.h"
#include "util.h"

static const char rules[] =
	"-A POSTROUTING -p icmp -o wan -j SNAT --to-source 198.51.100.1\n"
	"-A POSTROUTING -o lan -j ACCEPT\n"
	"-A POSTROUTING -j MASQUERADE\n";

static const struct {
	const char *in_if, *packet, *name;
} flow[] = {
	{"lan", "udp 10.0.0.2:1 > 192.0.2.1:53", "masqueraded at wan"},
	{"dmz", "udp 172.16.0.2:2 > 192.0.2.200:53", "masqueraded at wan2"},
	{"lan", "icmp 10.0.0.2 > 192.0.2.1 id 7", "translated at wan"},
	{"wan", "udp 192.0.2.9:3 > 10.0.0.9:53", "not translated"},
};

static const struct {
	const char *name, *dev, *addr;
	unsigned ends;
	bool left[ARRAY_LEN(flow)];
} step[] = {
	{"another address", "wan", "198.51.100.9", 0, {1, 1, 1, 1}},
	{"one that another has", "wan2", "198.51.100.1", 0, {1, 1, 1, 1}},
	{"an interface", "wan2", NULL, 1, {1, 0, 1, 1}},
	{"it once more", "wan2", NULL, 0, {1, 0, 1, 1}},
	{"the address", "wan", "198.51.100.1", 1, {0, 0, 1, 1}},
};

static const char *const line[] = {
	"*sport=1 *",
	"*sport=2 *",
	"icmp *",
	"*sport=3 *",
};

static uint64_t lose(struct router *r, const char *dev, const char *addr)
{
	struct nat_addr a = {{0}};
	int i = nat_topology_if_index(r->topology, dev);

	assert_true(i >= 0);
	if (addr)
		a = addr_v4(inet_addr(addr));
	return nat_worker_if_down(r->worker, r->now_ns, (uint16_t)i,
				  addr ? &a : NULL);
}

static void masqueraded_connections_end(void **state)
{
	struct router_config c = router_defaults(rules);
	struct router r;

	(void)state;
	router_open(&r, &c);
	for (size_t i = 0; i < ARRAY_LEN(flow); i++)
		router_send_text(&r, flow[i].in_if, flow[i].packet);
	for (size_t s = 0; s < ARRAY_LEN(step); s++) {
		uint64_t n = lose(&r, step[s].dev, step[s].addr);

		if (n != step[s].ends)
			fail_msg("%s: %u end", step[s].name, (unsigned)n);
		for (size_t i = 0; i < ARRAY_LEN(flow); i++)
			if (router_connections(&r, line[i]) != step[s].left[i])
				fail_msg("%s: what is %s", step[s].name,
					 flow[i].name);
	}
	router_expect(&r, "lan", "udp 10.0.0.2:1 > 192.0.2.1:53",
		      "wan udp 198.51.100.1:1 > 192.0.2.1:53");
	router_close(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(masqueraded_connections_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
