/* SPDX-License-Identifier: BSD-2-Clause
 * Where connections end: the limit, memory, and two workers' clocks. */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "shared/conns.h"
#include "test/check.h"

struct fixture {
	struct conns s;
	struct conns_view v[2];
};

static struct fixture *fixture_new(uint32_t max, bool acct,
				   const struct pool_config *pool)
{
	struct fixture *f = aligned_alloc(CACHE_LINE, sizeof(*f));

	assert_non_null(f);
	memset(f, 0, sizeof(*f));
	assert_int_equal(conns_init(&f->s, 1, max, acct ? CONN_ACCT : 0), 0);
	if (pool) {
		pool_fini(&f->s.pool);
		pool_init(&f->s.pool, pool);
	}
	grace_thread_register();
	for (uint8_t i = 0; i < 2; i++)
		conns_view_init(&f->v[i], &f->s, i, false);
	return f;
}

static void fixture_free(struct fixture *f)
{
	for (int i = 0; i < 2; i++)
		conns_view_fini(&f->v[i]);
	grace_thread_unregister();
	conns_fini(&f->s);
	free(f);
}

static struct nat_tuple tuple_of(uint32_t n, uint8_t family)
{
	struct nat_tuple t = {
		.src_id = htons((uint16_t)n),
		.dst_id = htons((uint16_t)(n >> 16)),
		.proto = PROTO_UDP,
		.family = family,
	};

	for (int i = 0; i < (family == 4 ? 1 : 4); i++) {
		t.src.w[i] = htonl(0x0a000001);
		t.dst.w[i] = htonl(0xc0000201);
	}
	return t;
}

static struct conn_ref new_conn(struct conns_view *v, uint32_t n,
				uint8_t family, bool *full)
{
	struct nat_tuple t = tuple_of(n, family), reply;
	struct conn_ref r;

	*full = false;
	r = conns_new(v, &t, conns_hash(v, &t), full);
	if (!r.conn)
		return r;
	assert_true(tuple_invert(&reply, &t));
	conn_set_tuple(r.conn, NAT_REPLY, &reply);
	conn_set_timeout(r.conn, 100);
	return r;
}

static struct conn_ref confirmed(struct conns_view *v, uint32_t n,
				 uint8_t family, uint16_t status)
{
	bool full;
	struct conn_ref r = new_conn(v, n, family, &full);

	assert_non_null(r.conn);
	conn_set_status(r.conn, status);
	assert_int_equal(conns_confirm(v, &r), CONFIRM_INSERTED);
	return r;
}

static struct conn_ref find(struct conns_view *v, uint32_t n, uint8_t family)
{
	struct nat_tuple t = tuple_of(n, family);

	return conns_find(v, &t, conns_hash(v, &t));
}

static void kill_all(struct conns_view *v, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		struct conn_ref r = find(v, i, 4);

		if (r.conn)
			assert_true(conns_kill(v, r));
	}
}

/* -------------------------------------------------------------- table full */

static const struct full_case {
	const char *name;
	uint16_t status;
	ticks later; /* when the others want in */
	bool let_in;
} full_cases[] = {
	{"unanswered ones make room", 0, 0, true},
	{"answered ones too", NAT_ST_SEEN_REPLY, 0, true},
	{"assured ones do not", NAT_ST_ASSURED, 0, false},
	{"but if they have expired", NAT_ST_ASSURED, 200, true},
};

static void check_full(const struct full_case *c)
{
	enum { MAX = 8192, MORE = 100 };
	struct fixture *f = fixture_new(MAX, false, NULL);
	struct conns_view *v = &f->v[0];

	for (uint32_t i = 0; i < MAX; i++)
		(void)confirmed(v, i, 4, c->status);
	v->now = v->others = c->later;
	for (uint32_t i = MAX; i < MAX + MORE; i++) {
		bool full;
		struct conn_ref r = new_conn(v, i, 4, &full);

		if ((r.conn != NULL) != c->let_in || full == c->let_in)
			fail_msg("%s: %u", c->name, i);
		if (r.conn)
			assert_int_equal(conns_confirm(v, &r),
					 CONFIRM_INSERTED);
		assert_in_range(places_taken(&f->s.places), MAX / 2, MAX);
	}
	assert_int_equal(v->stats.early_drop > 0, c->let_in);
	assert_int_equal(places_taken(&f->s.places),
			 v->stats.created - v->stats.deleted);
	assert_in_range(places_peak(&v->stock.peak), MAX, MAX + 1);
	v->now = v->others = 0;
	kill_all(v, MAX + MORE);
	assert_int_equal(places_taken(&f->s.places), 0);
	fixture_free(f);
}

static void table_full(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(full_cases); i++)
		check_full(&full_cases[i]);
}

/* One that is not confirmed counts, and goes when it is discarded. */
static void unconfirmed_count(void **state)
{
	struct fixture *f = fixture_new(1, false, NULL);
	struct conns_view *v = &f->v[0];
	bool full;
	struct conn_ref r = new_conn(v, 1, 4, &full);

	(void)state;
	assert_non_null(r.conn);
	assert_null(new_conn(v, 2, 4, &full).conn);
	assert_true(full);
	conns_discard(v, r);
	r = new_conn(v, 2, 4, &full);
	assert_non_null(r.conn);
	conns_discard(v, r);
	assert_int_equal(places_taken(&f->s.places), 0);
	fixture_free(f);
}

/* ------------------------------------------------------------ out of memory */

/* With the pool at its end a new connection is refused, without being full,
 * and those there are stay. What is discarded can be used again. */
static void no_memory(void **state)
{
	const struct pool_config two_slabs = {4096, 8192};
	struct fixture *f = fixture_new(0, false, &two_slabs);
	struct conns_view *v = &f->v[0];
	struct conn_ref last = {0}, r;
	uint32_t n = 0;
	bool full;

	(void)state;
	while ((r = new_conn(v, n, 4, &full)).conn) {
		last = r;
		assert_int_equal(conns_confirm(v, &r), CONFIRM_INSERTED);
		n++;
		assert_true(n < 1000);
	}
	assert_false(full);
	assert_true(n >= 8192 / 128);
	assert_int_equal(places_taken(&f->s.places), n);
	for (uint32_t i = 0; i < n; i++)
		assert_non_null(find(v, i, 4).conn);
	assert_true(conns_kill(v, last));
	pool_cache_idle(&v->cache);
	grace_quiescent();
	grace_thread_offline();
	grace_wait_deferred();
	grace_thread_online();
	assert_non_null((r = new_conn(v, n, 4, &full)).conn);
	conns_discard(v, r);
	kill_all(v, n);
	fixture_free(f);
}

/* ------------------------------------------------------------------- clocks */

/* A worker that ran ahead does not end what another made; once the slowest
 * has come as far, it does. */
static void slowest_clock(void **state)
{
	static const struct {
		ticks own, others;
		bool found;
	} rows[] = {
		{99, 99, true},
		{500, 0, true},
		{500, 99, true},
		{500, 100, false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct fixture *f = fixture_new(0, false, NULL);

		(void)confirmed(&f->v[0], 7, 4, 0);
		f->v[1].now = rows[i].own;
		f->v[1].others = rows[i].others;
		assert_int_equal(find(&f->v[1], 7, 4).conn != NULL,
				 rows[i].found);
		f->v[0].now = 99;
		assert_int_equal(find(&f->v[0], 7, 4).conn != NULL,
				 rows[i].found);
		f->v[0].now = 100;
		assert_null(find(&f->v[0], 7, 4).conn);
		assert_int_equal(places_taken(&f->s.places), 0);
		fixture_free(f);
	}
}

/* ------------------------------------------------------------------ layouts */

/* Families and counters side by side in one table. */
static void layouts(void **state)
{
	(void)state;
	for (int acct = 0; acct < 2; acct++) {
		struct fixture *f = fixture_new(0, acct, NULL);
		struct conns_view *v = &f->v[0];

		for (uint32_t i = 0; i < 100; i++) {
			struct nat_tuple t;
			uint8_t family = i % 2 ? 4 : 6;
			struct conn_ref r = confirmed(v, i, family, 0);
			struct conn_acct *a = conn_acct(r.conn);

			assert_int_equal(a != NULL, acct);
			for (int d = 0; a && d < NAT_N_DIRS; d++) {
				assert_int_equal(a->packets[d], 0);
				a->packets[d] = a->bytes[d] = UINT64_MAX;
			}
			t = tuple_of(i, family);
			assert_true(conn_matches(r.conn, NAT_ORIGINAL, &t));
		}
		for (uint32_t i = 0; i < 100; i++) {
			struct conn_ref r = find(v, i, i % 2 ? 4 : 6);
			struct nat_tuple got, t;

			assert_non_null(r.conn);
			assert_null(find(v, i, i % 2 ? 6 : 4).conn);
			t = tuple_of(i, i % 2 ? 4 : 6);
			conn_tuple(r.conn, NAT_ORIGINAL, &got);
			assert_true(tuple_equal(&got, &t));
			assert_true(conns_kill(v, r));
		}
		fixture_free(f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(table_full),
		cmocka_unit_test(unconfirmed_count),
		cmocka_unit_test(no_memory),
		cmocka_unit_test(slowest_clock),
		cmocka_unit_test(layouts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
