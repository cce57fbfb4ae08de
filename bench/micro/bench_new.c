/* SPDX-License-Identifier: BSD-2-Clause
 *
 * New connections through the whole core: the first packet of each, among a
 * million that live, behind any number of rules that do not match; and one
 * port for each out of a pool of which part is taken. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

#include "gbench.h"
#include "memory.h"
#include "router.h"

enum {
	LIVE = 1000000,
	NEW = 1 << 18,
	POOL_FIRST = 1024,
	POOL_LAST = 65535,
	POOL = POOL_LAST - POOL_FIRST + 1,
	STIR = 40507, /* prime to POOL: the taken lie everywhere */
	MORE = 320,   /* timed: half a percent of the pool */
	RULES_MOST = 1000,
};

/* @packets through @r; returns how many left. */
static size_t run(struct gbench *b, struct router *r, uint8_t *packets)
{
	size_t done = 0;

	for (; gbench_run(b, ROUTER_BATCH);
	     packets += (size_t)ROUTER_BATCH * FLOWS_SLOT)
		done += router_run(r, packets, ROUTER_BATCH);
	return done;
}

/* The rules that everybody passes: each about a source of its own. */
static char *rules_text(int n)
{
	static const char each[] =
		"-A POSTROUTING -s 203.%d.%d.0/24 -o wan0 -j SNAT "
		"--to-source 192.0.2.9\n";
	const size_t most = (size_t)(n + 8) * sizeof(each) * 2;
	char *text = malloc(most);
	size_t at;

	if (!text)
		return NULL;
	at = (size_t)snprintf(text, most, "*nat\n:POSTROUTING ACCEPT [0:0]\n");
	for (int i = 0; i < n; i++)
		at += (size_t)snprintf(text + at, most - at, each, i / 256,
				       i % 256);
	(void)snprintf(text + at, most - at, ROUTER_SNAT "COMMIT\n");
	return text;
}

static void bench_rules(struct gbench *b)
{
	char *text = rules_text((int)gbench_arg(b, 0));
	struct router *r = text ? router_new(text, false) : NULL;
	uint8_t *packets = memory_new((size_t)NEW * FLOWS_SLOT);

	free(text);
	if (!r || !packets || !router_open(r, 0, LIVE)) {
		gbench_skip(b, "no memory");
	} else {
		for (uint32_t i = 0; i < NEW; i++)
			flow_opening(packets + (size_t)i * FLOWS_SLOT, LIVE + i,
				     0);
		if (run(b, r, packets) != NEW)
			gbench_skip(b, "a connection could not be opened");
	}
	gbench_counter(b, "flows", LIVE);
	memory_free(packets, (size_t)NEW * FLOWS_SLOT);
	router_free(r);
}

/* The @i-th client to open a connection to the same server, from @port. */
static void opening_alike(uint8_t *slot, uint32_t i, uint32_t port)
{
	struct flow_key k = flow_key(0, NAT_ORIGINAL);

	k.src = htonl(UINT32_C(10) << 24 | (i + 1));
	k.src_port = htons((uint16_t)port);
	flow_syn(slot, &k);
}

/* Who comes first keeps a port of its own; then all want one that is taken. Of
 * these some are refused when the search, which is bounded, finds none. */
static void bench_ports(struct gbench *b)
{
	struct router *r =
		router_new(ROUTER_NAT("-A POSTROUTING -o wan0 -p tcp -j SNAT "
				      "--to-source 192.0.2.1:1024-65535\n"),
			   false);
	uint32_t taken = (uint32_t)(POOL * gbench_arg(b, 0) / 100);
	size_t size = (size_t)(taken + MORE) * FLOWS_SLOT;
	uint8_t *packets = memory_new(size);
	size_t left = 0;

	for (uint32_t i = 0; packets && i < taken + MORE; i++)
		opening_alike(packets + (size_t)i * FLOWS_SLOT, i,
			      POOL_FIRST + (i < taken ? i * STIR % POOL : 0));
	if (!r || !packets)
		gbench_skip(b, "no memory");
	else if (router_run(r, packets, taken) != taken)
		gbench_skip(b, "a free port was refused");
	else
		left = run(b, r, packets + (size_t)taken * FLOWS_SLOT);
	gbench_counter(b, "refused", MORE - (double)left);
	memory_free(packets, size);
	router_free(r);
}

GBENCH(new)
{
	struct gbench_case *rules = gbench_add("new/rules", bench_rules);
	struct gbench_case *ports = gbench_add("new/ports_taken", bench_ports);
	static const int64_t percent[] = {10, 50, 90, 99};

	gbench_iterations(rules, NEW);
	gbench_args1(rules, 0);
	for (int64_t n = 1; n <= RULES_MOST; n *= 10)
		gbench_args1(rules, n);
	gbench_iterations(ports, MORE);
	for (size_t i = 0; i < ARRAY_LEN(percent); i++)
		gbench_args1(ports, percent[i]);
}
