/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The whole core on the floor's packets: nat_worker_run() with connection
 * tracking, TCP windows, checksum verification, timeouts and expiry on, one
 * SNAT rule. Filling in the descriptors of a batch is part of it. */
#include "flows.h"
#include "gbench.h"
#include "router.h"

/* All the engine holds for its connections, for each of them. */
static void report_memory(struct gbench *b, struct router *r)
{
	struct nat_memory m;

	nat_engine_memory(r->engine, &m);
	gbench_counter(b, "bytes_per_connection",
		       (double)m.total_bytes / (double)m.entries);
}

static void bench(struct gbench *b, bool acct)
{
	uint32_t n = (uint32_t)gbench_arg(b, 0);
	struct flows *flows = flows_new(n);
	struct router *r = router_new(ROUTER_NAT(ROUTER_SNAT), acct);

	if (!r || !flows) {
		gbench_skip(b, "no memory");
	} else if (!router_open(r, 0, n)) {
		gbench_skip(b, "a connection could not be opened");
	} else {
		flows_play(b, flows, router_run, r, true);
		report_memory(b, r);
	}
	router_free(r);
	flows_free(flows);
}

static void bench_core(struct gbench *b)
{
	bench(b, false);
}

static void bench_acct(struct gbench *b)
{
	bench(b, true);
}

GBENCH(core)
{
	flows_register("core", bench_core);
	flows_register("core_acct", bench_acct);
}
