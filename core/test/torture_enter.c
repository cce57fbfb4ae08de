/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Entering connections of others: every thread makes connections without end,
 * and all of them enter the newest, whoever's they are. Inside, counters that
 * are no atomics go up, each by as much as the other. Were two ever inside at
 * once, an update would be lost, or the two counters be seen to differ.
 *
 * Every generation of threads has other numbers than the one before: what a
 * worker left behind when it went is its successor's.
 */
#include <arpa/inet.h>
#include <stdlib.h>

#include "pure/random.h"
#include "shared/conns.h"
#include "test/check.h"
#include "test/threads.h"

enum {
	MAX_THREADS = 3,
	GENERATIONS = 3,
	ENTRIES = 32, /* in a turn, at most */
	NEWEST = 4,   /* that are fought over */
	LONG = 1 << 30,
};

struct torture {
	struct conns s;
	struct threads threads;
	_Atomic uint32_t made; /* numbers given to connections */
};

struct worker {
	struct conns_view v;
	struct torture *t;
	struct random random;
	uint8_t id;
	uint64_t entered, locked, together;
};

static struct nat_tuple tuple_of(uint32_t n)
{
	return (struct nat_tuple){
		.src = addr_v4(htonl(0x0a000000 + n)),
		.dst = addr_v4(htonl(0xc0000201)),
		.src_id = htons(1000),
		.dst_id = htons(53),
		.proto = PROTO_UDP,
		.family = 4,
	};
}

static void make(struct worker *w)
{
	uint32_t n = atomic_fetch_add(&w->t->made, 1);
	struct nat_tuple t = tuple_of(n), reply;
	bool full = false;
	struct conn_ref r = conns_new(&w->v, &t, conns_hash(&w->v, &t), &full);

	if (!r.conn || !tuple_invert(&reply, &t))
		abort();
	conn_set_tuple(r.conn, NAT_REPLY, &reply);
	conn_set_timeout(r.conn, LONG);
	conn_set_status(r.conn, NAT_ST_SRC_NAT_DONE);
	if (conns_confirm(&w->v, &r) != CONFIRM_INSERTED)
		abort();
}

static struct conn_ref find(struct worker *w, uint32_t n)
{
	struct nat_tuple t = tuple_of(n);

	return conns_find(&w->v, &t, conns_hash(&w->v, &t));
}

static void enter(struct worker *w)
{
	uint32_t made = atomic_load_explicit(&w->t->made, memory_order_relaxed);
	struct conn_ref r = find(w, made - 1 - random_u32(&w->random) % NEWEST);
	struct conn_acct *a;
	bool locked;

	if (!r.conn) /* it has a number, but is not in the table yet */
		return;
	a = conn_acct(r.conn);
	locked = conns_enter(&w->v, r.conn);
	a->packets[NAT_ORIGINAL]++;
	w->together += a->packets[NAT_ORIGINAL] != a->bytes[NAT_ORIGINAL] + 1;
	a->bytes[NAT_ORIGINAL]++;
	conns_leave(r.conn, locked);
	w->entered++;
	w->locked += locked;
}

static void *work(void *arg)
{
	struct worker *w = arg;

	grace_thread_register();
	conns_view_init(&w->v, &w->t->s, w->id, false);
	while (!threads_over(&w->t->threads)) {
		unsigned entries = random_u32(&w->random) % ENTRIES;

		conns_begin(&w->v);
		for (unsigned i = 0; i < entries; i++)
			enter(w);
		make(w);
		conns_end(&w->v);
		grace_quiescent();
	}
	conns_view_fini(&w->v);
	grace_thread_unregister();
	return NULL;
}

static void generation(struct torture *t, struct worker *w, unsigned threads,
		       unsigned first_id)
{
	for (unsigned i = 0; i < threads; i++) {
		w[i].t = t;
		w[i].id = (uint8_t)((first_id + i) % threads);
		threads_start(&t->threads, work, &w[i]);
	}
	threads_finish(&t->threads, 150000);
}

/* What the connections have counted. */
static uint64_t harvest(struct torture *t)
{
	struct worker w = {.t = t};
	uint64_t sum = 0;

	grace_thread_register();
	conns_view_init(&w.v, &t->s, CONN_NO_OWNER, false);
	for (uint32_t n = 0; n < atomic_load(&t->made); n++) {
		struct conn_ref r = find(&w, n);
		const struct conn_acct *a = r.conn ? conn_acct(r.conn) : NULL;

		if (!a)
			fail_msg("connection %u is lost", n);
		else
			sum += a->packets[NAT_ORIGINAL];
		assert_true(conns_kill(&w.v, r));
	}
	conns_view_fini(&w.v);
	grace_thread_unregister();
	return sum;
}

static void check_threads(unsigned threads)
{
	struct torture *t = lines_of_zeros(sizeof(*t));
	struct worker *w = lines_of_zeros(MAX_THREADS * sizeof(*w));
	uint64_t entered = 0, locked = 0, together = 0;

	assert_int_equal(conns_init(&t->s, 1, 0, CONN_ACCT), 0);
	for (unsigned i = 0; i < threads; i++)
		w[i].random = random_new(i);
	for (unsigned i = 0; i < GENERATIONS; i++)
		generation(t, w, threads, i);
	for (unsigned i = 0; i < threads; i++) {
		entered += w[i].entered;
		locked += w[i].locked;
		together += w[i].together;
	}
	print_message("  %u threads: %lu times into %u, %lu with a lock\n",
		      threads, entered, atomic_load(&t->made), locked);
	assert_true(locked > 0 && locked < entered);
	assert_int_equal(together, 0);
	assert_int_equal(harvest(t), entered);
	conns_fini(&t->s);
	free(w);
	free(t);
}

static void torture(void **state)
{
	(void)state;
	for (unsigned threads = 2; threads <= MAX_THREADS; threads++)
		check_threads(threads);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(torture)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
