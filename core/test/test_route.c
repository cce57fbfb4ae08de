/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Routing: every question of decide/route.h on small topologies, and some
 * thousand questions put to the running kernel as well. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "addr.h"
#include "check.h"
#include "decide/route.h"
#include "kernel_route.h"
#include "text/text.h"
#include "util.h"

/* ------------------------------------------------------------- topologies */

static const char one_router[] = "addr add 192.168.1.1/24 dev lan0\n"
				 "addr add 198.51.100.1/24 dev wan0\n"
				 "addr add 198.51.100.7/24 dev wan0\n"
				 "route add default via 198.51.100.254\n";

static const char home_router[] = "addr add 192.168.1.1/24 dev lan0\n"
				  "addr add 198.51.100.1/24 dev wan0\n"
				  "rule add iif lan0 lookup 100\n"
				  "rule add iif wan0 lookup 101\n"
				  "route add default dev wan0 table 100\n"
				  "route add default dev lan0 table 101\n";

/* prefixes of every size and kind, one inside the other */
static const char many_routes[] =
	"addr add 10.0.0.1/8 dev e0\n"
	"addr add 10.1.0.1/16 dev e1\n"
	"addr add 10.1.2.1/31 dev e1\n"
	"addr add 10.2.0.1/30 brd 10.2.0.77 dev e1\n"
	"addr add 10.3.0.1/32 dev e2\n"
	"addr add 10.3.1.0/24 dev e2 noprefixroute\n"
	"addr add 10.4.0.1/24 scope link dev e2\n"
	"addr add 10.5.0.1/24 scope host dev e3\n"
	"addr add 10.6.0.1/24 dev lo\n"
	"addr add 0.1.2.3/8 dev e3\n"
	"route add 0.0.0.0/1 via 10.0.0.9\n"
	"route add 128.0.0.0/1 via 10.1.0.9\n"
	"route add 172.16.0.0/12 dev e2\n"
	"route add blackhole 172.16.1.0/24\n"
	"route add unreachable 172.16.2.0/24\n"
	"route add prohibit 172.16.3.0/24\n"
	"route add throw 172.16.4.0/24\n"
	"route add 172.17.0.0/16 dev e1 metric 20\n"
	"route add 172.17.0.0/16 dev e0 metric 10\n"
	"route add 172.18.0.0/16 dev e1 src 10.1.2.1\n"
	"route add 172.18.255.255/32 dev e3 onlink via 9.9.9.9\n"
	"route add 255.0.0.0/8 dev e3\n"
	"route add 240.0.0.0/4 dev e2\n"
	"route add 224.0.0.0/4 dev e2\n"
	"route add 5.0.0.0/8 via 10.3.0.1\n";

/* only what is connected: no default */
static const char no_default[] = "addr add 10.9.0.1/24 dev a0\n"
				 "addr add 10.9.0.2/24 dev a0\n"
				 "addr add 10.9.1.1/25 dev b0\n"
				 "addr add 10.9.0.1/24 dev b0\n"
				 "route add local 10.50.0.0/16 dev lo\n"
				 "route add 10.50.1.0/24 dev b0\n"
				 "route add broadcast 10.60.0.9 dev a0\n"
				 "route add 10.60.0.9 dev b0\n"
				 "route add 10.61.0.0/16 dev b0\n"
				 "route add local 10.61.0.0/16 dev lo\n"
				 "route add local 10.62.0.0/16 dev lo\n"
				 "route add throw 10.62.1.0/24\n";

/* rules by source, destination, interface and preference */
static const char policies[] =
	"rule add iif in0 from 10.1.0.0/16 pref 50 lookup 1001\n"
	"rule add from 10.1.2.0/24 pref 60 lookup 1002\n"
	"rule add to 203.0.113.0/24 pref 40 lookup 1003\n"
	"rule add iif lo pref 45 lookup 1004\n"
	"rule add iif in1 lookup 1005\n"
	"rule add iif in1 lookup 1001\n"
	"rule add from 10.1.2.128/25 to 8.0.0.0/8 lookup 1006\n"
	"rule add pref 40000 lookup 1007\n"
	"rule add from 192.0.2.1 pref 0 lookup 1005\n"
	"addr add 10.1.0.1/16 dev in0\n"
	"addr add 10.2.0.1/16 dev in1\n"
	"addr add 198.51.100.1/24 dev out0\n"
	"addr add 203.0.113.1/28 dev out1\n"
	"route add default dev out0 table 1001\n"
	"route add throw 8.8.0.0/16 table 1001\n"
	"route add default dev out1 table 1002\n"
	"route add 203.0.113.128/25 via 10.2.0.7 table 1003\n"
	"route add prohibit 203.0.113.64/27 table 1003\n"
	"route add 8.0.0.0/8 via 198.51.100.77 table 1004\n"
	"route add 8.8.0.0/16 dev in0 table 1005\n"
	"route add unreachable 9.0.0.0/8 table 1005\n"
	"route add 8.8.8.0/24 dev in1 table 1006\n"
	"route add unreachable default table 1007\n"
	"route add 10.77.0.0/16 dev out0 table 1005\n"
	"route add broadcast 10.78.0.1 dev out0 table 1005\n";

static const char six[] = "addr add 2001:db8:1::1/64 dev lan0\n"
			  "addr add 2001:db8:2::1/64 dev wan0\n"
			  "route add default via 2001:db8:2::9\n"
			  "route add 2001:db8:3::/48 dev lan0\n"
			  "route add unreachable 2001:db8:3:1::/64\n"
			  "route add prohibit 2001:db8:3:2::/64\n"
			  "route add blackhole 2001:db8:3:3::/64\n"
			  "route add 2001:db8:4::/48 dev lan0 metric 9\n"
			  "route add 2001:db8:4::/48 dev wan0 metric 8\n"
			  "addr add 2001:db8:5::1/128 dev lan0\n"
			  "addr add 2001:db8:6::1/127 dev lan0\n"
			  "addr add 2001:db8:7::/64 dev wan0\n"
			  "route add default dev wan0 table 77\n";

/* addresses of every scope, several on a link, and rules */
static const char six_many[] =
	"addr add 2001:db8:1::1/64 dev lan0 nodad\n"
	"addr add fe80::1/64 dev lan0\n"
	"addr add 2001:db8:2::1/64 dev wan0\n"
	"addr add fe80::2/64 dev wan0\n"
	"addr add 2001:db8:2::7/64 dev wan0\n"
	"addr add fd00:2::1/64 dev wan0\n"
	"addr add 2001:db8:2:8000::5/49 dev wan0\n"
	"addr add 2002:102:304::1/48 dev oth0\n"
	"route add 2001:db8:9::/48 dev wan0\n"
	"route add 2001:db8:7::/48 via 2001:db8:2::99\n"
	"route add 2001:db8:8::/48 via fe80::99 dev wan0\n"
	"route add fd00::/8 dev wan0\n"
	"route add 2001:db8:6::/48 dev oth0\n"
	"route add 2001:db8:5::/48 dev wan0 src 2001:db8:1::1\n"
	"route add fec0::/10 dev wan0\n"
	"-6 rule add iif lan0 lookup 100\n"
	"-6 rule add iif wan0 from 2001:db8:9::/48 lookup 101\n"
	"-6 rule add to 2001:db8:77::/48 lookup 101\n"
	"-6 route add default dev wan0 table 100\n"
	"-6 route add default via 2001:db8:1::77 table 101\n"
	"-6 route add unreachable 2001:db8:77:1::/64 table 101\n";

static const struct named {
	const char *name, *text;
	uint8_t family;
	bool by_both; /* each route depends on both addresses */
} topologies[] = {
	{"one_router", one_router, 4, false},
	{"home_router", home_router, 4, false},
	{"many_routes", many_routes, 4, false},
	{"no_default", no_default, 4, false},
	{"policies", policies, 4, true},
	{"six", six, 6, false},
	{"six_many", six_many, 6, false},
};

static struct nat_topology *parse(const char *text)
{
	struct nat_error err;
	struct nat_topology *t = nat_topology_parse(text, strlen(text), &err);

	if (!t)
		fail_msg("line %u: %s", err.line, err.text);
	return t;
}

/* ----------------------------------------------------------------- tables */

static const char *const verdict_name[] = {
	[ROUTE_TO_FORWARD] = "forward",
	[ROUTE_TO_LOCAL] = "local",
	[ROUTE_TO_BROADCAST] = "broadcast",
	[ROUTE_TO_MULTICAST] = "multicast",
	[ROUTE_TO_ANYCAST] = "anycast",
	[ROUTE_NOT_OURS] = "not ours",
	[ROUTE_MARTIAN_SOURCE] = "martian source",
	[ROUTE_MARTIAN_DEST] = "martian destination",
	[ROUTE_NONE] = "none",
};

static const char *type_name(uint8_t type)
{
	static const char *const name[] = {
		"no route", "unicast",   "local",     "broadcast",
		"anycast",  "multicast", "blackhole", "unreachable",
		"prohibit", "throw",     "nat",       "xresolve",
	};

	return name[type];
}

/* "forward wan0 via 198.51.100.254", "none prohibit", "local" */
static void describe(const struct nat_topology *t, const struct route *r,
		     const char *dst, char *out, size_t size)
{
	struct nat_addr to = addr_of(dst);

	if (r->verdict == ROUTE_TO_FORWARD)
		(void)snprintf(out, size, "forward %s%s%s",
			       nat_topology_if_name(t, r->out_if),
			       addr_equal(&to, &r->next_hop) ? "" : " via ",
			       addr_equal(&to, &r->next_hop)
				       ? ""
				       : text_addr(&r->next_hop, 4).s);
	else if (r->verdict == ROUTE_NONE)
		(void)snprintf(out, size, "none %s", type_name(r->type));
	else
		(void)snprintf(out, size, "%s", verdict_name[r->verdict]);
}

/* in NULL: the router's own packet, and src NULL: without a source yet */
static const struct {
	const char *topology, *in, *src, *dst, *want;
} decisions[] = {
	{"one_router", "lan0", "192.168.1.9", "8.8.8.8",
	 "forward wan0 via 198.51.100.254"},
	{"one_router", "lan0", "192.168.1.9", "198.51.100.9", "forward wan0"},
	{"one_router", "lan0", "192.168.1.9", "192.168.1.77", "forward lan0"},
	{"one_router", "lan0", "192.168.1.9", "192.168.1.0", "forward lan0"},
	{"one_router", "lan0", "192.168.1.9", "192.168.1.1", "local"},
	{"one_router", "lan0", "192.168.1.9", "198.51.100.7", "local"},
	{"one_router", "wan0", "1.1.1.1", "192.168.1.255", "broadcast"},
	{"one_router", "wan0", "1.1.1.1", "255.255.255.255", "broadcast"},
	{"one_router", "wan0", "1.1.1.1", "224.0.0.1", "multicast"},
	{"one_router", "wan0", "1.1.1.1", "224.0.0.251", "not ours"},
	{"one_router", "wan0", "1.1.1.1", "0.0.0.0", "martian destination"},
	{"one_router", "wan0", "1.1.1.1", "127.0.0.1", "martian destination"},
	{"one_router", "wan0", "1.1.1.1", "0.1.2.3",
	 "forward wan0 via 198.51.100.254"},
	{"one_router", "wan0", "1.1.1.1", "240.0.0.1",
	 "forward wan0 via 198.51.100.254"},
	{"one_router", "lan0", "0.0.0.0", "8.8.8.8", "martian source"},
	{"one_router", "lan0", "0.0.0.0", "192.168.1.1", "martian source"},
	{"one_router", "lan0", "0.0.0.0", "255.255.255.255", "broadcast"},
	{"one_router", "lan0", "0.0.0.0", "0.0.0.0", "broadcast"},
	{"one_router", "lan0", "0.0.0.0", "224.0.0.1", "multicast"},
	{"one_router", "lan0", "0.0.0.5", "8.8.8.8",
	 "forward wan0 via 198.51.100.254"},
	{"one_router", "lan0", "127.0.0.1", "8.8.8.8", "martian source"},
	{"one_router", "lan0", "224.0.0.9", "8.8.8.8", "martian source"},
	{"one_router", "lan0", "255.255.255.255", "8.8.8.8", "martian source"},
	{"one_router", "lan0", "192.168.1.1", "8.8.8.8", "martian source"},
	{"one_router", "lan0", "198.51.100.7", "192.168.1.1", "martian source"},
	{"one_router", "lan0", "192.168.1.1", "224.0.0.1", "martian source"},
	{"one_router", "lan0", "192.168.1.1", "255.255.255.255",
	 "martian source"},
	/* somebody's broadcast address is a source like any, until rules make
	 * the kernel look closer */
	{"one_router", "lan0", "192.168.1.255", "8.8.8.8",
	 "forward wan0 via 198.51.100.254"},
	{"home_router", "lan0", "192.168.1.255", "8.8.8.8", "martian source"},
	{"home_router", "lan0", "10.0.0.1", "192.168.1.77", "forward wan0"},
	{"home_router", "wan0", "8.8.8.8", "10.0.0.1", "forward lan0"},
	{"home_router", NULL, NULL, "8.8.8.8", "none no route"},
	{"home_router", NULL, NULL, "192.168.1.9", "forward lan0"},
	{"one_router", NULL, NULL, "192.168.1.1", "local"},
	{"one_router", NULL, "192.168.1.1", "8.8.8.8",
	 "forward wan0 via 198.51.100.254"},
	{"no_default", "a0", "10.9.0.9", "8.8.8.8", "none no route"},
	{"no_default", "a0", "10.9.0.1", "8.8.8.8", "none no route"},
	{"no_default", "a0", "127.0.0.1", "8.8.8.8", "martian source"},
	{"no_default", "a0", "10.50.7.7", "10.9.1.9", "martian source"},
	{"many_routes", "e0", "10.0.0.9", "172.16.1.1", "none blackhole"},
	{"many_routes", "e0", "10.0.0.9", "172.16.2.1", "none unreachable"},
	{"many_routes", "e0", "10.0.0.9", "172.16.3.1", "none prohibit"},
	{"many_routes", "e0", "10.0.0.9", "172.16.4.1", "none no route"},
	{"many_routes", "e0", "10.0.0.9", "172.17.4.1", "forward e0"},
	{"many_routes", "e0", "10.0.0.9", "172.18.255.255",
	 "forward e3 via 9.9.9.9"},
	{"policies", "in0", "10.1.3.1", "8.8.8.8", "none unreachable"},
	{"policies", "in0", "10.1.2.1", "8.8.8.8", "forward out1"},
	{"policies", "in0", "10.1.2.129", "8.8.8.8", "forward in1"},
	{"policies", "in1", "10.1.3.1", "203.0.113.130", "forward out0"},
	{"policies", "in0", "10.1.3.1", "203.0.113.130",
	 "forward in1 via 10.2.0.7"},
	/* without rules of the user's, table local is no better than main */
	{"no_default", "a0", "10.9.0.9", "10.50.1.1", "forward b0"},
	{"no_default", "a0", "10.9.0.9", "10.50.2.1", "local"},
	{"policies", NULL, NULL, "8.8.8.8", "forward out0 via 198.51.100.77"},
};

static const struct named *find_topology(const char *name)
{
	size_t i = 0;

	while (strcmp(topologies[i].name, name) != 0)
		i++;
	return &topologies[i];
}

static void test_decisions(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(decisions); i++) {
		const char *in = decisions[i].in, *src = decisions[i].src;
		const struct named *named =
			find_topology(decisions[i].topology);
		struct nat_topology *t = parse(named->text);
		struct nat_addr dst = addr_of(decisions[i].dst), from = {{0}};
		struct route r;
		char got[128];

		if (src)
			from = addr_of(src);
		if (in)
			r = route_input(t,
					(uint16_t)nat_topology_if_index(t, in),
					4, &from, &dst, 0);
		else
			r = route_output(t, NAT_NO_IF, 4, src ? &from : NULL,
					 &dst, 0);
		describe(t, &r, decisions[i].dst, got, sizeof(got));
		if (strcmp(got, decisions[i].want) != 0)
			fail_msg("%s: %s %s > %s: %s instead of %s",
				 named->name, in ? in : "output",
				 src ? src : "-", decisions[i].dst, got,
				 decisions[i].want);
		nat_topology_free(t);
	}
}

/* What MASQUERADE and REDIRECT put in, and the router's own source. */
static const char addresses[] = "addr add 10.1.0.1/24 scope link dev e0\n"
				"addr add 10.2.0.1/24 dev e0\n"
				"addr add 10.2.0.2/24 dev e0\n"
				"addr add 10.3.0.1/24 dev e0\n"
				"addr add 10.4.0.1/24 scope link dev e1\n"
				"link set dev e2 mtu 1400\n"
				"route add default via 10.3.0.9\n"
				"route add 9.0.0.0/8 dev e1\n"
				"route add 8.0.0.0/8 dev e2\n"
				"route add 7.0.0.0/8 dev e2 src 10.2.0.2\n";

enum question { MASQUERADE, REDIRECT, SOURCE };

static const struct {
	const char *name;
	enum question question;
	const char *dev, *near, *want; /* want NULL: no address */
} choices[] = {
	{"the subnet of the next hop", MASQUERADE, "e0", "10.3.0.9",
	 "10.3.0.1"},
	{"a secondary never", MASQUERADE, "e0", "10.2.0.9", "10.2.0.1"},
	{"the first of scope global", MASQUERADE, "e0", "1.1.1.1", "10.2.0.1"},
	{"scope link is too narrow", MASQUERADE, "e0", "10.1.0.9", "10.2.0.1"},
	{"another device's", MASQUERADE, "e1", "10.4.0.9", "10.2.0.1"},
	{"no address of its own", MASQUERADE, "e2", "1.1.1.1", "10.2.0.1"},
	{"the first of all", REDIRECT, "e0", NULL, "10.1.0.1"},
	{"whatever its scope", REDIRECT, "e1", NULL, "10.4.0.1"},
	{"none to redirect to", REDIRECT, "e2", NULL, NULL},
	{"near the gateway", SOURCE, NULL, "1.1.1.1", "10.3.0.1"},
	{"connected", SOURCE, NULL, "10.2.0.9", "10.2.0.1"},
	{"narrow scope on a narrow route", SOURCE, NULL, "9.1.1.1", "10.4.0.1"},
	{"borrowed", SOURCE, NULL, "8.1.1.1", "10.2.0.1"},
	{"by the route", SOURCE, NULL, "7.1.1.1", "10.2.0.2"},
	{"itself", SOURCE, NULL, "10.2.0.1", "10.2.0.1"},
};

static bool choose(const struct nat_topology *t, size_t i, struct nat_addr *got)
{
	struct nat_addr near = {{0}};
	uint16_t dev = 0;

	if (choices[i].near)
		near = addr_of(choices[i].near);
	if (choices[i].dev)
		dev = (uint16_t)nat_topology_if_index(t, choices[i].dev);
	if (choices[i].question == MASQUERADE)
		return route_masquerade(t, dev, 4, &near, got);
	if (choices[i].question == REDIRECT)
		return route_redirect(t, dev, 4, &near, got);
	return route_source(t, NAT_NO_IF, 4, &near, got);
}

static void test_choices(void **state)
{
	struct nat_topology *t = parse(addresses);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(choices); i++) {
		struct nat_addr got = {{0}};
		bool found = choose(t, i, &got);

		if (found != !!choices[i].want)
			fail_msg("%s: found %d", choices[i].name, found);
		if (found && strcmp(text_addr(&got, 4).s, choices[i].want) != 0)
			fail_msg("%s: %s instead of %s", choices[i].name,
				 text_addr(&got, 4).s, choices[i].want);
	}
	assert_int_equal(route_mtu(t, 0), 1500);
	assert_int_equal(route_mtu(t, 2), 1400);
	nat_topology_free(t);
}

static const struct {
	const char *addr, *limit;
	enum route_type want;
} addr_types[] = {
	{"192.168.1.1", NULL, ROUTE_LOCAL},
	{"192.168.1.1", "lan0", ROUTE_LOCAL},
	{"192.168.1.1", "wan0", ROUTE_UNICAST},
	{"198.51.100.7", NULL, ROUTE_LOCAL},
	{"127.0.0.1", NULL, ROUTE_LOCAL},
	{"127.9.9.9", NULL, ROUTE_LOCAL},
	{"127.9.9.9", "lan0", ROUTE_UNICAST},
	{"192.168.1.255", NULL, ROUTE_BROADCAST},
	{"192.168.1.255", "wan0", ROUTE_UNICAST},
	{"192.168.1.0", NULL, ROUTE_UNICAST},
	{"255.255.255.255", NULL, ROUTE_BROADCAST},
	{"255.255.255.255", "wan0", ROUTE_BROADCAST},
	{"0.0.0.0", NULL, ROUTE_BROADCAST},
	{"0.0.0.1", NULL, ROUTE_UNICAST},
	{"224.0.0.1", NULL, ROUTE_MULTICAST},
	{"239.255.255.255", NULL, ROUTE_MULTICAST},
	{"240.0.0.1", NULL, ROUTE_UNICAST},
	{"8.8.8.8", NULL, ROUTE_UNICAST},
	{"8.8.8.8", "wan0", ROUTE_UNICAST},
};

static void test_addr_types(void **state)
{
	struct nat_topology *t = parse(one_router);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(addr_types); i++) {
		const char *on = addr_types[i].limit;
		uint16_t limit = on ? (uint16_t)nat_topology_if_index(t, on)
				    : (uint16_t)NAT_NO_IF;
		struct nat_addr a = addr_of(addr_types[i].addr);
		enum route_type got = route_addr_type(t, 4, &a, limit);

		if (got != addr_types[i].want)
			fail_msg("%s on %s: %s", addr_types[i].addr,
				 on ? on : "any", type_name((uint8_t)got));
	}
	nat_topology_free(t);
}

/* -------------------------------------------------------------- the kernel */

/* What a route of ours looks like from outside. An errno where the kernel has
 * one; it does not tell martians and black holes apart. */
static int expected_error(const struct route *r)
{
	switch ((enum route_verdict)r->verdict) {
	case ROUTE_TO_FORWARD:
	case ROUTE_TO_LOCAL:
	case ROUTE_TO_BROADCAST:
	case ROUTE_TO_MULTICAST:
	case ROUTE_TO_ANYCAST:
		return 0;
	case ROUTE_NOT_OURS:
	case ROUTE_MARTIAN_SOURCE:
	case ROUTE_MARTIAN_DEST:
		return EINVAL;
	case ROUTE_NONE:
		break;
	}
	switch (r->type) {
	case ROUTE_UNREACHABLE:
		return EHOSTUNREACH;
	case ROUTE_PROHIBIT:
		return EACCES;
	case ROUTE_BLACKHOLE:
		return EINVAL;
	default:
		return ENETUNREACH;
	}
}

static void compare(const char *name, const struct kernel_question *q,
		    const struct route *r, const struct kernel_answer *k)
{
	int error = expected_error(r);
	struct nat_addr hop = k->has_gateway ? k->gateway : q->dst;
	bool same = k->error == error && (error || k->type == r->type);

	if (same && r->verdict == ROUTE_TO_FORWARD)
		same = k->out_if == r->out_if && addr_equal(&hop, &r->next_hop);
	if (!same)
		fail_msg("%s: in %d, %s > %s: kernel error %d type %s out %d, "
			 "ours %s type %s out %d",
			 name, q->in_if,
			 q->has_source ? text_addr(&q->src, q->family).s : "-",
			 text_addr(&q->dst, q->family).s, k->error,
			 type_name(k->type), k->out_if,
			 verdict_name[r->verdict], type_name(r->type),
			 r->out_if);
}

struct address_list {
	struct nat_addr v[600];
	size_t n;
};

static void add_num(struct address_list *l, uint8_t family, addr_num num)
{
	struct nat_addr a = num_to_addr(family, num);

	for (size_t i = 0; i < l->n; i++)
		if (addr_equal(&l->v[i], &a))
			return;
	if (l->n < ARRAY_LEN(l->v))
		l->v[l->n++] = a;
}

/* Both sides of every edge that a prefix of the topology makes. */
static void add_edges(struct address_list *l, const struct prefix *p,
		      uint8_t family)
{
	addr_num start, end;
	struct prefix net;

	if (p->family != family || !p->len)
		return;
	net = prefix_network(p);
	start = prefix_num(&net);
	end = prefix_end(family, start, net.len);
	add_num(l, family, start - 1);
	add_num(l, family, start);
	add_num(l, family, start + 1);
	add_num(l, family, end);
	add_num(l, family, end + 1);
}

static void interesting(const struct nat_topology *t, uint8_t family,
			struct address_list *l)
{
	static const uint32_t fixed4[] = {
		0,          1,          0x00010203, 0x08080808, 0x09010101,
		0x7f000000, 0x7f000001, 0x7f000002, 0x7fffffff, 0xa9fe0101,
		0xc0000201, 0xdfffffff, 0xe0000001, 0xe00000fb, 0xefffffff,
		0xf0000001, 0xfffffffe, 0xffffffff, 0xcb007182, 0x0a01fd00,
	};

	l->n = 0;
	for (size_t i = 0; family == 4 && i < ARRAY_LEN(fixed4); i++)
		add_num(l, 4, fixed4[i]);
	for (size_t i = 0; i < t->n_routes; i++)
		add_edges(l, &t->routes[i].dst, family);
	for (size_t i = 0; i < t->n_rules; i++) {
		add_edges(l, &t->rules[i].from, family);
		add_edges(l, &t->rules[i].to, family);
	}
}

/* Addresses about which rtnetlink does not say what a packet would meet: of
 * what the router itself sends, and for IPv6 those that its header check turns
 * away. */
static bool is_special(uint8_t family, const struct nat_addr *a)
{
	uint32_t top = ntohl(a->w[0]);

	if (family == 6)
		return top < 0x10000 || top >> 24 == 0xff;
	return !top || top >> 28 == 0xe || top == UINT32_MAX ||
	       top >> 24 == 127;
}

static void compare_output(const struct nat_topology *t, int sock,
			   const struct named *named,
			   const struct nat_addr *dst)
{
	struct kernel_question q = {
		.family = named->family, .in_if = NAT_NO_IF, .dst = *dst};
	struct kernel_answer k;
	struct nat_addr source;
	struct route r = route_output(t, NAT_NO_IF, q.family, NULL, dst, 0);

	if (is_special(q.family, dst) ||
	    (q.family == 6 && addr_is_link_local(dst)))
		return;
	k = kernel_ask(sock, &q);
	compare(named->name, &q, &r, &k);
	if (!k.error && (!route_source(t, NAT_NO_IF, q.family, dst, &source) ||
			 !addr_equal(&source, &k.source)))
		fail_msg("%s: source towards %s", named->name,
			 text_addr(dst, q.family).s);
}

static size_t compare_all(const struct nat_topology *t, int sock,
			  const struct named *named)
{
	static struct address_list l;
	size_t asked = 0, step = 1;

	interesting(t, named->family, &l);
	while (l.n * l.n * t->n_ifs / step > 12000)
		step++;
	for (size_t i = 0; i < l.n; i++)
		compare_output(t, sock, named, &l.v[i]);
	for (size_t i = 0; i < l.n * l.n * t->n_ifs; i += step) {
		struct kernel_question q = {
			.family = named->family,
			.in_if = (uint16_t)(i % t->n_ifs),
			.has_source = true,
			.dst = l.v[i / t->n_ifs % l.n],
			.src = l.v[i / t->n_ifs / l.n],
		};
		struct route r =
			route_input(t, q.in_if, q.family, &q.src, &q.dst, 0);
		struct kernel_answer k;

		if (q.family == 6 &&
		    (is_special(6, &q.src) || is_special(6, &q.dst)))
			continue;
		k = kernel_ask(sock, &q);
		compare(named->name, &q, &r, &k);
		asked++;
	}
	return asked;
}

/* Each question after one that differs in one thing, so that what is remembered
 * of the last is asked for both sides of every edge. */
static size_t check_memo(const struct nat_topology *t, const char *name)
{
	static struct address_list l;
	struct route_memo memo = {0};
	size_t remembered = 0;

	interesting(t, 4, &l);
	for (size_t i = 0; i < t->n_ifs * l.n * l.n; i++) {
		const struct nat_addr *dst = &l.v[i % l.n];
		const struct nat_addr *src = &l.v[i / l.n % l.n];
		const uint16_t in_if = (uint16_t)(i / l.n / l.n);
		const struct route_memo before = memo;
		const struct route r = route_input(t, in_if, 4, src, dst, 0);
		const struct fib_entry *e =
			route_forward4(t, &memo, in_if, src->w[0], dst->w[0]);

		if (!e != (r.verdict != ROUTE_TO_FORWARD) ||
		    (e && (e->number != r.number || e->out_if != r.out_if)))
			fail_msg("%s: in %d, %s > %s: %s", name, in_if,
				 text_addr(src, 4).s, text_addr(dst, 4).s,
				 e ? "remembered" : "not forwarded");
		remembered += e && before.in_if == in_if &&
			      route_span_has(&before.from, src->w[0]) &&
			      route_span_has(&before.to, dst->w[0]);
	}
	return remembered;
}

static void test_memo(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(topologies); i++) {
		const struct named *named = &topologies[i];
		struct nat_topology *t;
		size_t remembered;

		if (named->family != 4)
			continue;
		t = parse(named->text);
		remembered = check_memo(t, named->name);
		print_message("%s: %zu remembered\n", named->name, remembered);
		assert_int_equal(!remembered, named->by_both);
		nat_topology_free(t);
	}
}

static void test_kernel_agrees(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(topologies); i++) {
		const struct named *named = &topologies[i];
		struct nat_topology *t = parse(named->text);
		const char *why;
		int sock = kernel_enter(t, named->text, &why);

		if (sock < 0 && !why)
			fail_msg("the kernel refuses %s", named->name);
		if (sock < 0) {
			print_message("kernel comparison of %s skipped: %s\n",
				      named->name, why);
			kernel_leave(sock);
			nat_topology_free(t);
			skip();
		}
		print_message("%s: %zu questions\n", named->name,
			      compare_all(t, sock, named));
		kernel_leave(sock);
		nat_topology_free(t);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_decisions),
		cmocka_unit_test(test_choices),
		cmocka_unit_test(test_addr_types),
		cmocka_unit_test(test_memo),
		cmocka_unit_test(test_kernel_agrees),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
