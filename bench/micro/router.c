/* SPDX-License-Identifier: BSD-2-Clause
 * An engine and the packets handed to it. */
#include "router.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "memory.h"

static const char topology_text[] =
	"link set dev lan0 up\n"
	"link set dev wan0 up\n"
	"addr add 172.16.0.1/24 dev lan0\n"
	"addr add 192.0.2.1/24 dev wan0\n"
	"route add 10.0.0.0/8 via 172.16.0.2 dev lan0\n"
	"route add default via 192.0.2.254 dev wan0\n";

static bool parse(struct router *r, const char *rules)
{
	struct nat_error err;

	r->topology = nat_topology_parse(topology_text,
					 sizeof(topology_text) - 1, &err);
	r->rules = nat_rules_parse(rules, strlen(rules), &err);
	if (!r->topology || !r->rules)
		return false;
	for (int client = 0; client < 2; client++)
		r->in_if[client] = (uint16_t)nat_topology_if_index(
			r->topology, client ? "lan0" : "wan0");
	return true;
}

/* Memory ahead of need, as every program with an engine should have it. */
static void *keep(void *ctx)
{
	const struct timespec pause = {.tv_nsec = 2000000};
	struct router *r = ctx;

	while (!atomic_load_explicit(&r->over, memory_order_relaxed)) {
		(void)nat_engine_maintain(r->engine);
		(void)nanosleep(&pause, NULL);
	}
	return NULL;
}

static bool start(struct router *r, unsigned workers, bool acct)
{
	struct nat_sysctl sysctl;
	struct nat_config cfg = {
		.topology = r->topology,
		.rules = r->rules,
		.workers = workers,
		.sysctl = &sysctl,
		.seed = 1,
	};
	struct nat_error err;

	nat_sysctl_defaults(&sysctl);
	sysctl.max = 0;
	sysctl.acct = acct;
	r->engine = nat_engine_new(&cfg, &err);
	if (r->engine)
		r->worker = nat_worker_new(r->engine);
	r->kept = r->worker && !pthread_create(&r->keeper, NULL, keep, r);
	return r->kept;
}

static void warm(void)
{
	enum { WARM = 1 << 30 }; /* what the pairs of threads take */

	memory_warm(WARM);
}

static struct router *alloc_router(void)
{
	struct router *r = calloc(1, sizeof(*r));

	if (r) {
		r->now_ns = 1000000000;
		r->ns_per_packet = 20;
	}
	return r;
}

static struct router *make(unsigned workers, const char *rules, bool acct)
{
	static pthread_once_t warmed = PTHREAD_ONCE_INIT;
	struct router *r = alloc_router();

	if (!r)
		return NULL;
	(void)pthread_once(&warmed, warm);
	if (parse(r, rules) && start(r, workers, acct))
		return r;
	router_free(r);
	return NULL;
}

struct router *router_new(const char *rules, bool acct)
{
	return make(1, rules, acct);
}

struct router *router_new_for(unsigned workers, const char *rules)
{
	return make(workers, rules, false);
}

struct router *router_join(const struct router *first)
{
	struct router *r = alloc_router();

	if (!r)
		return NULL;
	memcpy(r->in_if, first->in_if, sizeof(r->in_if));
	r->worker = nat_worker_new(first->engine);
	if (r->worker)
		return r;
	router_free(r);
	return NULL;
}

void router_free(struct router *r)
{
	if (!r)
		return;
	atomic_store_explicit(&r->over, true, memory_order_relaxed);
	if (r->kept)
		(void)pthread_join(r->keeper, NULL);
	nat_worker_free(r->worker);
	if (r->engine)
		nat_engine_free(r->engine);
	nat_rules_free(r->rules);
	nat_topology_free(r->topology);
	free(r);
}

/* @packets lie one after another; who is for a client's server came by the
 * client's side. What else a descriptor says is as the core has left it: 0. */
static void describe(struct router *r, uint8_t *packets, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		uint8_t *p = packets + (size_t)i * FLOWS_SLOT;

		__builtin_prefetch(p + sizeof(r->scratch), 1);
		r->pkt[i].data = p;
		r->pkt[i].len = FLOWS_SLOT;
		r->pkt[i].in_if = r->in_if[p[IPV4_SRC] == 10];
	}
}

size_t router_run(void *ctx, uint8_t *packets, size_t n)
{
	struct router *r = ctx;
	size_t done = 0;

	for (size_t at = 0; at < n; at += ROUTER_BATCH) {
		unsigned now = n - at < ROUTER_BATCH ? (unsigned)(n - at)
						     : ROUTER_BATCH;

		describe(r, packets + at * FLOWS_SLOT, now);
		(void)nat_worker_run(r->worker, r->now_ns, r->pkt, now);
		for (unsigned i = 0; i < now; i++)
			done += r->pkt[i].verdict == NAT_FORWARD;
		r->now_ns += now * r->ns_per_packet;
	}
	return done;
}

bool router_open(struct router *r, uint32_t first, uint32_t n)
{
	size_t done = 0;

	for (uint32_t at = 0; at < n; at += ROUTER_BATCH) {
		uint32_t now = n - at < ROUTER_BATCH ? n - at : ROUTER_BATCH;

		for (unsigned step = 0; step < FLOWS_OPENING; step++) {
			for (uint32_t i = 0; i < now; i++)
				flow_opening(r->scratch +
						     (size_t)i * FLOWS_SLOT,
					     first + at + i, step);
			done += router_run(r, r->scratch, now);
		}
	}
	return done == (size_t)n * FLOWS_OPENING;
}
