/* SPDX-License-Identifier: BSD-2-Clause
 *
 * How long single packets wait, each handed over alone: while nothing changes,
 * while connections come and expire, and while the table grows from nothing to
 * 10 million. The first is what the machine itself adds: a wait during which
 * the scheduler took the processor away is counted apart, one that a
 * hypervisor made is not told from ours.
 *
 * And the steady state of a router of short connections: one comes, one
 * expires. */
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#include "gbench.h"
#include "memory.h"
#include "pure/random.h"
#include "router.h"

enum {
	LIVE = 1000000,
	GROWN = 10000000,
	PACKETS = 1 << 22,
	NS_PER_BIN = 16,
	BINS = 1 << 16, /* a millisecond */
	LONG_NS = 4000, /* worth asking why */
	NEW_IN = 4,     /* while connections come, one packet in so many */
	CHURN = 1 << 20,
};
#define LIFE_NS UINT64_C(120000000000) /* of a connection not answered */

/* ------------------------------------------------------------------ waits */

struct waits {
	uint32_t bin[BINS + 1]; /* the last: longer */
	uint64_t n, longest, longest_of_all, taken;
	long switches;
};

static uint64_t clock_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static long switches(void)
{
	struct rusage u;

	(void)getrusage(RUSAGE_THREAD, &u);
	return u.ru_nivcsw + u.ru_nvcsw;
}

static void waits_add(struct waits *w, uint64_t ns)
{
	long before = w->switches;

	w->n++;
	if (ns > w->longest_of_all)
		w->longest_of_all = ns;
	if (ns >= LONG_NS) {
		w->switches = switches();
		if (w->switches != before) {
			w->taken++;
			return;
		}
	}
	w->bin[ns / NS_PER_BIN < BINS ? ns / NS_PER_BIN : BINS]++;
	if (ns > w->longest)
		w->longest = ns;
}

/* What all but one in @one_in waited at most. */
static double waits_all_but(const struct waits *w, uint64_t one_in)
{
	uint64_t more = 0, few = (w->n - w->taken) / one_in;
	unsigned i = BINS;

	while (i && (more += w->bin[i]) <= few)
		i--;
	return i == BINS ? (double)w->longest : (i + 1.0) * NS_PER_BIN;
}

static void waits_report(struct gbench *b, const struct waits *w)
{
	gbench_counter(b, "p50_ns", waits_all_but(w, 2));
	gbench_counter(b, "p9999_ns", waits_all_but(w, 10000));
	gbench_counter(b, "max_ns", (double)w->longest);
	gbench_counter(b, "max_of_all_ns", (double)w->longest_of_all);
	gbench_counter(b, "taken_away", (double)w->taken);
}

/* ------------------------------------------------------------------ cases */

/* Packet @step of connection @i alone. True: it left. */
static bool play(struct router *r, struct waits *w, uint32_t i, unsigned step)
{
	uint64_t since;
	size_t left;

	flow_opening(r->scratch, i, step);
	since = clock_ns();
	left = router_run(r, r->scratch, 1);
	waits_add(w, clock_ns() - since);
	return left;
}

/* Established connections; of @new_in packets, unless 0, one begins another,
 * which ends unanswered. */
static bool play_live(struct gbench *b, struct router *r, struct waits *w,
		      uint32_t new_in)
{
	struct random random = random_new(1);
	uint32_t next = LIVE;
	bool ok = true;

	while (gbench_run(b, PACKETS))
		for (uint32_t i = 0; i < PACKETS; i++) {
			uint64_t draw = random_u64(&random) >> 32;

			ok &= new_in && i % new_in == 0
				      ? play(r, w, next++, 0)
				      : play(r, w,
					     (uint32_t)(draw * LIVE >> 32), 2);
		}
	return ok;
}

static bool play_growing(struct gbench *b, struct router *r, struct waits *w)
{
	bool ok = true;

	while (gbench_run(b, GROWN))
		for (uint32_t i = 0; i < GROWN; i++)
			ok &= play(r, w, i, 0);
	return ok;
}

static void bench_wait(struct gbench *b, uint32_t live, uint32_t new_in)
{
	struct waits *w = calloc(1, sizeof(*w));
	struct router *r = router_new(ROUTER_NAT(ROUTER_SNAT), false);
	bool ok = w && r && router_open(r, 0, live);

	if (ok && new_in)
		r->ns_per_packet = LIFE_NS / LIVE;
	if (ok) {
		w->switches = switches();
		ok = live ? play_live(b, r, w, new_in) : play_growing(b, r, w);
		waits_report(b, w);
	}
	if (!ok)
		gbench_skip(b, "a packet was not taken");
	router_free(r);
	free(w);
}

static void bench_still(struct gbench *b)
{
	bench_wait(b, LIVE, 0);
}

static void bench_changing(struct gbench *b)
{
	bench_wait(b, LIVE, NEW_IN);
}

static void bench_growing(struct gbench *b)
{
	bench_wait(b, 0, 0);
}

/* ------------------------------------------------------------------ churn */

/* The first packets of connections @first to @first + @n - 1, into @packets. */
static void begin(uint8_t *packets, uint32_t first, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		flow_opening(packets + (size_t)i * FLOWS_SLOT, first + i, 0);
}

/* One comes, one expires. */
static void bench_churn(struct gbench *b)
{
	const size_t size = (size_t)CHURN * FLOWS_SLOT;
	uint8_t *packets = memory_new(size), *at = packets;
	struct router *r = router_new(ROUTER_NAT(ROUTER_SNAT), false);
	size_t left = 0, sent = CHURN;

	if (r && packets) {
		r->ns_per_packet = LIFE_NS / LIVE;
		begin(packets, 0, CHURN);
		left = router_run(r, packets, CHURN);
		begin(packets, CHURN, CHURN);
		for (; gbench_run(b, ROUTER_BATCH); sent += ROUTER_BATCH) {
			left += router_run(r, at, ROUTER_BATCH);
			at += (size_t)ROUTER_BATCH * FLOWS_SLOT;
		}
	}
	if (!left || left != sent)
		gbench_skip(b, "a connection could not be opened");
	memory_free(packets, size);
	router_free(r);
}

GBENCH(wait)
{
	gbench_iterations(gbench_add("wait/still", bench_still), PACKETS);
	gbench_iterations(gbench_add("wait/changing", bench_changing), PACKETS);
	gbench_iterations(gbench_add("wait/growing", bench_growing), GROWN);
	gbench_iterations(gbench_add("new/churn", bench_churn), CHURN);
}
