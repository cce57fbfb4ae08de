/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Connections under threads:
 *	- one that a thread confirmed and nobody else may kill is found until
 *	  it kills it itself;
 *	- of those that kill one connection, one is told that it did;
 *	- of those that confirm one tuple, one connection lives at a time.
 * Some tuples are a thread's own, some are everybody's. A sweeper runs along,
 * and connections of the shared ones expire under it. Under ThreadSanitizer it
 * also shows that nothing else is shared.
 */
#include <arpa/inet.h>
#include <stdlib.h>

#include "pure/random.h"
#include "shared/conns.h"
#include "test/check.h"
#include "test/threads.h"

enum {
	MAX_THREADS = 3,
	OWN = 300,  /* tuples of each thread's own */
	HOT = 16,   /* of all */
	BATCH = 16, /* operations between quiescent states */
	LONG = 1 << 30,
	SHORT = 20,
};

struct torture {
	struct conns s;
	struct threads threads;
	uint8_t proto; /* of the hot ones */
};

/* What a thread did, and what went wrong. */
struct tally {
	uint64_t created, killed, missed, torn, twice;
};

struct worker {
	struct conns_view v;
	struct torture *t;
	struct random random;
	uint8_t id;
	bool mine[OWN]; /* in the table */
	struct tally did;
};

/* @who: a worker's own, or MAX_THREADS for those of all. */
static struct nat_tuple tuple_of(unsigned who, uint32_t n, uint8_t proto)
{
	return (struct nat_tuple){
		.src = addr_v4(htonl(0x0a000000 + who)),
		.dst = addr_v4(htonl(0xc0000201)),
		.src_id = htons((uint16_t)n),
		.dst_id = htons(53),
		.proto = proto,
		.family = 4,
	};
}

static struct conn_ref find(struct worker *w, const struct nat_tuple *t)
{
	struct conn_ref r = conns_find(&w->v, t, conns_hash(&w->v, t));
	struct nat_tuple got;

	if (!r.conn)
		return r;
	conn_tuple(r.conn, (enum nat_dir)r.dir, &got);
	if (!tuple_equal(&got, t))
		w->did.torn++;
	return r;
}

static bool confirm(struct worker *w, const struct nat_tuple *t, ticks timeout)
{
	bool full = false;
	struct conn_ref r = conns_new(&w->v, t, conns_hash(&w->v, t), &full);
	struct nat_tuple reply;
	enum confirm_result res;

	if (!r.conn || !tuple_invert(&reply, t))
		abort();
	conn_set_tuple(r.conn, NAT_REPLY, &reply);
	conn_set_timeout(r.conn, timeout);
	conn_set_status(r.conn, NAT_ST_SRC_NAT_DONE);
	res = conns_confirm(&w->v, &r);
	w->did.created += res == CONFIRM_INSERTED;
	return res == CONFIRM_INSERTED;
}

/* Refreshed, and something changed that is no atomic, as a packet does. */
static void touch(struct worker *w, struct conn_ref r, ticks timeout)
{
	bool locked = conns_enter(&w->v, r.conn);

	conn_set_status(r.conn, NAT_ST_SEEN_REPLY);
	conn_set_timeout(r.conn, timeout);
	if (r.conn->proto == PROTO_TCP)
		conn_tcp(r.conn)->last_seq++;
	conns_leave(r.conn, locked);
}

/* What is in the table is what was put there. */
static void own(struct worker *w)
{
	uint32_t n = random_u32(&w->random) % OWN;
	struct nat_tuple t = tuple_of(w->id, n, PROTO_TCP), reply;
	struct conn_ref r = find(w, &t);

	if ((r.conn != NULL) != w->mine[n] || !tuple_invert(&reply, &t) ||
	    find(w, &reply).conn != r.conn)
		w->did.missed++;
	if (!r.conn) {
		w->mine[n] = confirm(w, &t, LONG);
		if (!w->mine[n])
			w->did.missed++;
	} else if (random_u32(&w->random) % 2) {
		touch(w, r, w->v.now + LONG);
	} else {
		w->mine[n] = false;
		if (!conns_kill(&w->v, r))
			w->did.twice++;
		w->did.killed++;
	}
}

static void hot(struct worker *w)
{
	uint32_t n = random_u32(&w->random) % HOT;
	struct nat_tuple t = tuple_of(MAX_THREADS, n, w->t->proto);
	struct conn_ref r = find(w, &t);

	if (!r.conn)
		(void)confirm(w, &t, SHORT);
	else if (random_u32(&w->random) % 2)
		touch(w, r, w->v.now + SHORT);
	else
		w->did.killed += conns_kill(&w->v, r);
}

static bool any(void *ctx, const struct conn *c)
{
	(void)c;
	return ++*(unsigned *)ctx > 4;
}

static void look_by_source(struct worker *w)
{
	struct nat_tuple t = tuple_of(MAX_THREADS, random_u32(&w->random) % HOT,
				      w->t->proto);
	unsigned n = 0;

	bysource_walk(&w->t->s.bysource, &t, any, &n);
}

static void *worker(void *arg)
{
	struct worker *w = arg;
	struct torture *t = w->t;

	grace_thread_register();
	conns_view_init(&w->v, &t->s, w->id, false);
	while (!threads_over(&t->threads)) {
		conns_begin(&w->v);
		for (unsigned i = 0; i < BATCH; i++) {
			own(w);
			hot(w);
			look_by_source(w);
		}
		conns_end(&w->v);
		w->v.now++;
		w->v.others = w->v.now;
		(void)conns_sweep(&w->v, &(struct conns_portion){64, 16});
		grace_quiescent();
	}
	for (uint32_t n = 0; n < OWN; n++) {
		struct nat_tuple own_one = tuple_of(w->id, n, PROTO_TCP);
		struct conn_ref r = find(w, &own_one);

		if ((r.conn != NULL) != w->mine[n])
			w->did.missed++;
		if (r.conn)
			w->did.killed += conns_kill(&w->v, r);
	}
	w->did.killed += w->v.stats.expired;
	w->did.twice += w->did.killed != w->v.stats.deleted;
	conns_view_fini(&w->v);
	grace_thread_unregister();
	return NULL;
}

/* Nothing but the hot ones is left, and they go one by one. */
static uint64_t kill_hot(struct torture *t)
{
	struct worker w = {.t = t};
	uint64_t killed = 0;

	grace_thread_register();
	conns_view_init(&w.v, &t->s, CONN_NO_OWNER, false);
	for (uint32_t n = 0; n < HOT; n++) {
		struct nat_tuple tuple = tuple_of(MAX_THREADS, n, t->proto);
		struct conn_ref r = find(&w, &tuple);

		if (r.conn)
			killed += conns_kill(&w.v, r);
	}
	conns_view_fini(&w.v);
	grace_thread_unregister();
	return killed;
}

static const struct torture_case {
	const char *name;
	uint8_t proto;
	unsigned threads;
	unsigned time;
} cases[] = {
	{"tcp, two threads", PROTO_TCP, 2, 400000},
	{"udp, two threads", PROTO_UDP, 2, 400000},
	{"udp, three threads", PROTO_UDP, 3, 400000},
};

static void add(struct tally *sum, const struct tally *t)
{
	sum->created += t->created;
	sum->killed += t->killed;
	sum->missed += t->missed;
	sum->torn += t->torn;
	sum->twice += t->twice;
}

static void check_case(const struct torture_case *c)
{
	struct torture *t = lines_of_zeros(sizeof(*t));
	struct worker *w = lines_of_zeros(MAX_THREADS * sizeof(*w));
	struct tally sum = {0};

	assert_int_equal(conns_init(&t->s, 1, 0, 0), 0);
	t->proto = c->proto;
	for (uint8_t i = 0; i < c->threads; i++) {
		w[i].t = t;
		w[i].id = i;
		w[i].random = random_new(i);
		threads_start(&t->threads, worker, &w[i]);
	}
	threads_finish(&t->threads, c->time);
	for (unsigned i = 0; i < c->threads; i++)
		add(&sum, &w[i].did);
	print_message("  %s: %lu made\n", c->name, sum.created);
	sum.killed += kill_hot(t);
	assert_true(sum.created > 0);
	assert_int_equal(sum.missed, 0);
	assert_int_equal(sum.torn, 0);
	assert_int_equal(sum.twice, 0);
	assert_int_equal(sum.created, sum.killed);
	assert_int_equal(places_taken(&t->s.places), 0);
	assert_int_equal(table_count(&t->s.table), 0);
	conns_fini(&t->s);
	free(w);
	free(t);
}

static void torture(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		check_case(&cases[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(torture)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
