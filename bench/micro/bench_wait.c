/* SPDX-License-Identifier: BSD-2-Clause
 *
 * How long single packets wait, each handed over alone: while nothing changes,
 * while connections come and expire, and while the table grows from nothing to
 * 10 million.
 *
 * A machine adds waits of its own: the scheduler runs something else, which it
 * tells, or a hypervisor does, which nobody tells. They strike now one packet,
 * now another; what the code does strikes the same packet each time, for with
 * one worker a run is reproducible to the byte. So the packets are played
 * several times, each time from the beginning, and of each the least wait
 * counts; what they waited all in all is told beside it.
 *
 * And the steady state of a router of short connections: one comes, one
 * expires. */
#include <stdlib.h>
#include <string.h>
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
	PASSES = 5,
	NS_PER_BIN = 16,
	BINS = 1 << 16, /* a millisecond */
	LONG_NS = 4000, /* worth asking why */
	NEW_IN = 4,     /* while connections come, one packet in so many */
	CHURN = 1 << 20,
	CHURNS = 3, /* before one is timed */
};
#define LIFE_NS UINT64_C(120000000000) /* of a connection not answered */

/* ------------------------------------------------------------------ waits */

struct waits {
	uint32_t bin[BINS + 1]; /* the last: longer */
	uint64_t n, longest;
};

static void waits_add(struct waits *w, uint64_t ns)
{
	w->n++;
	w->bin[ns / NS_PER_BIN < BINS ? ns / NS_PER_BIN : BINS]++;
	if (ns > w->longest)
		w->longest = ns;
}

/* What all but one in @one_in waited at most. */
static double waits_all_but(const struct waits *w, uint64_t one_in)
{
	uint64_t more = 0, few = w->n / one_in;
	unsigned i = BINS;

	while (i && (more += w->bin[i]) <= few)
		i--;
	return i == BINS ? (double)w->longest : (i + 1.0) * NS_PER_BIN;
}

/* The packets of some passes. */
struct vigil {
	struct waits all;
	struct waits kept;  /* those for which the processor was not lost */
	struct waits least; /* of each packet */
	uint64_t taken;
	long switches;
	uint32_t n;
	uint32_t ns[]; /* by packet, the least so far */
};

static struct vigil *vigil_new(uint32_t n)
{
	struct vigil *v = calloc(1, sizeof(*v) + n * sizeof(v->ns[0]));

	if (!v)
		return NULL;
	v->n = n;
	memset(v->ns, 0xff, n * sizeof(v->ns[0]));
	return v;
}

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

/* The @i-th packet has waited. */
static void vigil_add(struct vigil *v, uint32_t i, uint64_t ns)
{
	long before = v->switches;

	if (ns < v->ns[i])
		v->ns[i] = (uint32_t)ns;
	waits_add(&v->all, ns);
	if (ns >= LONG_NS)
		v->switches = switches();
	if (v->switches != before)
		v->taken++;
	else
		waits_add(&v->kept, ns);
}

static void vigil_report(struct gbench *b, struct vigil *v)
{
	for (uint32_t i = 0; i < v->n; i++)
		waits_add(&v->least, v->ns[i]);
	gbench_counter(b, "p50_ns", waits_all_but(&v->least, 2));
	gbench_counter(b, "p9999_ns", waits_all_but(&v->least, 10000));
	gbench_counter(b, "max_ns", (double)v->least.longest);
	gbench_counter(b, "raw_p50_ns", waits_all_but(&v->kept, 2));
	gbench_counter(b, "raw_p9999_ns", waits_all_but(&v->kept, 10000));
	gbench_counter(b, "raw_max_ns", (double)v->kept.longest);
	gbench_counter(b, "max_of_all_ns", (double)v->all.longest);
	gbench_counter(b, "taken_away", (double)v->taken);
}

/* ------------------------------------------------------------------ cases */

/* What becomes of the packets of a pass. */
struct course {
	uint32_t live; /* connections, before */
	uint32_t new_in;
	uint32_t packets;
};

/* The @i-th packet alone, packet @step of connection @conn. True: it left. */
static bool play(struct router *r, struct vigil *v, uint32_t i, uint32_t conn,
		 unsigned step)
{
	uint64_t since;
	size_t left;

	flow_opening(r->scratch, conn, step);
	since = clock_ns();
	left = router_run(r, r->scratch, 1);
	vigil_add(v, i, clock_ns() - since);
	return left;
}

/* Of @c->new_in packets, unless 0, one begins a connection, which ends
 * unanswered; the others are of those that live. */
static bool play_all(const struct course *c, struct router *r, struct vigil *v)
{
	struct random random = random_new(1);
	uint32_t next = c->live;
	bool ok = true;

	v->switches = switches();
	for (uint32_t i = 0; i < c->packets; i++) {
		uint64_t draw = random_u64(&random) >> 32;

		ok &= c->new_in && i % c->new_in == 0
			      ? play(r, v, i, next++, 0)
			      : play(r, v, i, (uint32_t)(draw * c->live >> 32),
				     2);
	}
	return ok;
}

static bool play_anew(struct gbench *b, const struct course *c, struct vigil *v)
{
	struct router *r = router_new(ROUTER_NAT(ROUTER_SNAT), false);
	bool ok = r && router_open(r, 0, c->live);

	if (ok && c->live && c->new_in)
		r->ns_per_packet = LIFE_NS / c->live;
	gbench_resume(b);
	ok = ok && play_all(c, r, v);
	gbench_pause(b);
	router_free(r);
	return ok;
}

static void bench_wait(struct gbench *b, const struct course *c)
{
	struct vigil *v = vigil_new(c->packets);
	bool ok = v;

	while (gbench_run(b, c->packets)) {
		gbench_pause(b);
		ok = ok && play_anew(b, c, v);
		gbench_resume(b);
	}
	if (ok)
		vigil_report(b, v);
	else
		gbench_skip(b, "a packet was not taken");
	free(v);
}

static void bench_still(struct gbench *b)
{
	bench_wait(b, &(struct course){LIVE, 0, PACKETS});
}

static void bench_changing(struct gbench *b)
{
	bench_wait(b, &(struct course){LIVE, NEW_IN, PACKETS});
}

static void bench_growing(struct gbench *b)
{
	bench_wait(b, &(struct course){0, 1, GROWN});
}

/* ------------------------------------------------------------------ churn */

/* The first packets of connections @first to @first + @n - 1, into @packets. */
static void begin(uint8_t *packets, uint32_t first, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		flow_opening(packets + (size_t)i * FLOWS_SLOT, first + i, 0);
}

/* One comes, one expires: first those come that expire then, and as many again
 * until the sweep has found its pace. */
static void bench_churn(struct gbench *b)
{
	const size_t size = (size_t)CHURN * FLOWS_SLOT;
	uint8_t *packets = memory_new(size), *at = packets;
	struct router *r = router_new(ROUTER_NAT(ROUTER_SNAT), false);
	struct nat_stats before = {0}, after = {0};
	size_t left = 0, sent = 0;

	if (r && packets) {
		r->ns_per_packet = LIFE_NS / LIVE;
		for (; sent < (size_t)CHURNS * CHURN; sent += CHURN) {
			begin(packets, (uint32_t)sent, CHURN);
			left += router_run(r, packets, CHURN);
		}
		begin(packets, (uint32_t)sent, CHURN);
		nat_engine_stats(r->engine, &before);
		for (; gbench_run(b, ROUTER_BATCH); sent += ROUTER_BATCH) {
			left += router_run(r, at, ROUTER_BATCH);
			at += (size_t)ROUTER_BATCH * FLOWS_SLOT;
		}
		nat_engine_stats(r->engine, &after);
		gbench_counter(b, "expired_each",
			       (double)(after.expired - before.expired) /
				       CHURN);
	}
	if (!left || left != sent)
		gbench_skip(b, "a connection could not be opened");
	memory_free(packets, size);
	router_free(r);
}

static void add_wait(const char *name, gbench_fn fn, uint32_t packets)
{
	gbench_iterations(gbench_add(name, fn), (int64_t)PASSES * packets);
}

GBENCH(wait)
{
	add_wait("wait/still", bench_still, PACKETS);
	add_wait("wait/changing", bench_changing, PACKETS);
	add_wait("wait/growing", bench_growing, GROWN);
	gbench_iterations(gbench_add("new/churn", bench_churn), CHURN);
}
