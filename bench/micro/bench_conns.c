/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The connections of an engine without packets: found and not found one at a
 * time, made, ended, expired; among 1 thousand to 10 million. */
#include <stdlib.h>

#include "flows.h"
#include "gbench.h"
#include "pure/random.h"
#include "shared/conns.h"
#include "shared/rcu.h"

enum {
	ROUND = 64,
	CHANGES = 1 << 18,
	LOOKUPS = 1 << 21,
	PREPARE = 1 << 12, /* connections between two calls for memory */
	NOW = 1,
	EXPIRES = 1 << 30,
};

struct bed {
	struct conns *conns;
	struct conns_view view;
	uint32_t n;
};

static bool make(struct bed *bed, uint32_t i)
{
	struct nat_tuple orig = flow_tuple(i, NAT_ORIGINAL);
	struct nat_tuple reply = flow_tuple(i, NAT_REPLY);
	bool full;
	struct conn_ref r = conns_new(&bed->view, &orig,
				      conns_hash(&bed->view, &orig), &full);

	if (!r.conn)
		return false;
	conn_set_tuple(r.conn, NAT_REPLY, &reply);
	conn_set_timeout(r.conn, EXPIRES); /* a span, then a time */
	return conns_confirm(&bed->view, &r) == CONFIRM_INSERTED;
}

static void bed_free(struct bed *bed)
{
	conns_view_fini(&bed->view);
	grace_thread_unregister();
	grace_wait_deferred();
	conns_fini(bed->conns);
	free(bed->conns);
}

/* False: no memory, and the benchmark knows. */
static bool bed_new(struct bed *bed, struct gbench *b)
{
	size_t size = (sizeof(*bed->conns) + CACHE_LINE - 1) &
		      ~(size_t)(CACHE_LINE - 1);
	uint32_t made = 0;

	*bed = (struct bed){
		.conns = aligned_alloc(CACHE_LINE, size),
		.n = (uint32_t)gbench_arg(b, 0),
	};
	if (!bed->conns || conns_init(bed->conns, 1, 0, 0)) {
		free(bed->conns);
		gbench_skip(b, "no memory");
		return false;
	}
	grace_thread_register();
	conns_view_init(&bed->view, bed->conns, 0, true);
	bed->view.now = bed->view.others = NOW;
	while (made < bed->n && make(bed, made))
		if (++made % PREPARE == 0)
			(void)conns_maintain(bed->conns, false);
	gbench_counter(b, "flows", bed->n);
	if (made == bed->n)
		return true;
	bed_free(bed);
	gbench_skip(b, "no memory");
	return false;
}

/* Looks for connections from number @first on; counts those there are. */
static void look(struct gbench *b, uint32_t first, bool hit)
{
	struct random random = random_new(1);
	uint64_t found = 0, sought = 0;
	struct bed bed;

	if (!bed_new(&bed, b))
		return;
	while (gbench_run(b, ROUND)) {
		for (unsigned i = 0; i < ROUND; i++) {
			uint64_t draw = random_u64(&random) >> 32;
			struct nat_tuple t = flow_tuple(
				first + (uint32_t)(draw * bed.n >> 32),
				NAT_ORIGINAL);

			found += conns_find(&bed.view, &t,
					    conns_hash(&bed.view, &t))
					 .conn != NULL;
		}
		sought += ROUND;
		grace_quiescent();
	}
	if (found != (hit ? sought : 0))
		gbench_skip(b, "found what is not there, or not what is");
	bed_free(&bed);
}

static void bench_hit(struct gbench *b)
{
	look(b, 0, true);
}

static void bench_miss(struct gbench *b)
{
	look(b, (uint32_t)gbench_arg(b, 0), false);
}

static void bench_insert(struct gbench *b)
{
	uint32_t i, done = 0;
	struct bed bed;

	if (!bed_new(&bed, b))
		return;
	i = bed.n;
	while (gbench_run(b, PREPARE)) {
		gbench_pause(b); /* a maintenance thread's work */
		(void)conns_maintain(bed.conns, false);
		gbench_resume(b);
		for (unsigned k = 0; k < PREPARE; k++)
			done += make(&bed, i++);
		grace_quiescent();
	}
	if (done != i - bed.n)
		gbench_skip(b, "a connection could not be made");
	bed_free(&bed);
}

static void bench_remove(struct gbench *b)
{
	struct conn_ref *victim = calloc(CHANGES, sizeof(*victim));
	uint32_t at = 0, done = 0;
	struct bed bed;

	if (!victim || !bed_new(&bed, b)) {
		free(victim);
		return;
	}
	for (uint32_t i = 0; i < CHANGES; i++) {
		struct nat_tuple t;

		(void)make(&bed, bed.n + i);
		t = flow_tuple(bed.n + i, NAT_ORIGINAL);
		victim[i] =
			conns_find(&bed.view, &t, conns_hash(&bed.view, &t));
	}
	while (gbench_run(b, ROUND)) {
		for (unsigned k = 0; k < ROUND; k++)
			done += conns_kill(&bed.view, victim[at++]);
		conns_end(&bed.view);
		grace_quiescent();
	}
	if (done != at)
		gbench_skip(b, "a connection was not there to end");
	bed_free(&bed);
	free(victim);
}

/* All have expired; the sweep finds them. An iteration is a connection. */
static void bench_expire(struct gbench *b)
{
	struct bed bed;

	if (!bed_new(&bed, b))
		return;
	bed.view.now = bed.view.others = NOW + EXPIRES + 1;
	while (gbench_run(b, bed.n))
		for (uint64_t turns = conns_slots(bed.conns);
		     turns && bed.view.stats.expired < bed.n; turns--) {
			struct conns_portion p = {ROUND, ROUND};

			(void)conns_sweep(&bed.view, &p);
			conns_end(&bed.view);
			grace_quiescent();
		}
	if (bed.view.stats.expired != bed.n)
		gbench_skip(b, "not all have expired");
	bed_free(&bed);
}

static bool anyone(void *ctx, const struct conn *c)
{
	(void)ctx;
	(void)c;
	return true;
}

/* All of them on request. An iteration is a connection. */
static void bench_flush(struct gbench *b)
{
	uint64_t done = 0;
	struct bed bed;

	if (!bed_new(&bed, b))
		return;
	while (gbench_run(b, bed.n))
		done += conns_kill_those(&bed.view, anyone, NULL);
	if (done != bed.n)
		gbench_skip(b, "not all have ended");
	bed_free(&bed);
}

GBENCH(conns)
{
	static const int64_t flows[] = {1000, 65536, 1000000, 10000000};
	struct gbench_case *hit = gbench_add("conns/hit", bench_hit);
	struct gbench_case *miss = gbench_add("conns/miss", bench_miss);
	struct gbench_case *insert = gbench_add("conns/insert", bench_insert);
	struct gbench_case *remove = gbench_add("conns/remove", bench_remove);

	gbench_iterations(hit, LOOKUPS);
	gbench_iterations(miss, LOOKUPS);
	gbench_iterations(insert, CHANGES);
	gbench_iterations(remove, CHANGES);
	for (size_t i = 0; i < ARRAY_LEN(flows); i++) {
		struct gbench_case *expire =
			gbench_add("conns/expire", bench_expire);
		struct gbench_case *flush =
			gbench_add("conns/flush", bench_flush);

		gbench_args1(hit, flows[i]);
		gbench_args1(miss, flows[i]);
		gbench_args1(insert, flows[i]);
		gbench_args1(remove, flows[i]);
		gbench_args1(expire, flows[i]);
		gbench_iterations(expire, flows[i]);
		gbench_args1(flush, flows[i]);
		gbench_iterations(flush, flows[i]);
	}
}
