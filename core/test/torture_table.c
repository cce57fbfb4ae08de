/* SPDX-License-Identifier: BSD-2-Clause
 *
 * shared/table and shared/pool under threads, growing all the while:
 *	- a key that is always there is always found;
 *	- of two that insert one key, one does; of two that remove it, one does;
 *	- what a reader holds is not reused under it.
 * Under ThreadSanitizer it also shows that nothing else is shared.
 */
#include <stdlib.h>
#include <unistd.h>

#include "pure/random.h"
#include "shared/pool.h"
#include "shared/rcu.h"
#include "shared/table.h"
#include "test/check.h"
#include "test/threads.h"

enum { BATCH = 16, MAX_THREADS = 8 };

/* As a connection: two keys, references index << 1 | side. */
struct object {
	_Atomic uint32_t live;
	uint64_t key[2], check[2]; /* check is ~key */
};

struct torture {
	struct table table;
	struct pool pool;
	uint64_t (*hash)(uint64_t key);
	uint32_t permanent, churned; /* objects */
	struct threads threads;
	_Atomic uint64_t lookups, missed, torn, half, inserted, removed;
};

struct worker {
	struct torture *t;
	struct pool_cache cache;
	struct table_hand hand;
	struct random random;
};

static void bump(_Atomic uint64_t *n, uint64_t by)
{
	atomic_fetch_add_explicit(n, by, memory_order_relaxed);
}

/* ------------------------------------------------------------ one operation */

static void verify(struct torture *t, const struct object *o)
{
	if (o->check[0] != ~o->key[0] || o->check[1] != ~o->key[1])
		bump(&t->torn, 1);
}

static bool is_key(struct torture *t, uint32_t ref, uint64_t key)
{
	const struct object *o = pool_at(&t->pool, ref >> 1);

	verify(t, o);
	return o->key[ref & 1] == key;
}

static uint32_t find(struct torture *t, uint64_t key)
{
	struct table_probe p;
	uint32_t ref;

	table_for_each_candidate(&t->table, &p, t->hash(key),
				 ref) if (is_key(t, ref, key)) return ref;
	return 0;
}

static bool taken(struct torture *t, const struct table_guard *g,
		  const struct object *o)
{
	struct table_probe p;
	uint32_t ref;

	for (unsigned i = 0; i < 2; i++)
		table_for_each_locked(
			&t->table, g, i, &p,
			ref) if (is_key(t, ref, o->key[i])) return true;
	return false;
}

static bool insert(struct worker *w, uint64_t n)
{
	struct torture *t = w->t;
	uint32_t index =
		pool_alloc(&w->cache, pool_units(sizeof(struct object)));
	struct object *o = pool_at(&t->pool, index);
	uint64_t hash[2] = {t->hash(2 * n), t->hash(2 * n + 1)};
	uint32_t ref[2] = {index << 1, index << 1 | 1};
	struct table_guard g;
	bool ok;

	if (!index)
		abort();
	for (unsigned i = 0; i < 2; i++) {
		o->key[i] = 2 * n + i;
		o->check[i] = ~o->key[i];
	}
	table_lock(&t->table, &g, hash, 2);
	ok = !taken(t, &g, o);
	if (ok) {
		atomic_store_explicit(&o->live, 1, memory_order_release);
		if (table_insert(&t->table, &w->hand, &g, ref))
			abort();
	}
	table_unlock(&t->table, &w->hand, &g);
	if (!ok)
		pool_free_now(&w->cache, index);
	return ok;
}

/* Who removes the first key owns the rest. */
static bool removes(struct worker *w, uint64_t n)
{
	struct torture *t = w->t;
	uint32_t ref = find(t, 2 * n);
	struct object *o;

	if (!ref || !table_remove(&t->table, &w->hand, t->hash(2 * n), ref))
		return false;
	if (!table_remove(&t->table, &w->hand, t->hash(2 * n + 1), ref | 1))
		bump(&t->half, 1);
	o = pool_at(&t->pool, ref >> 1);
	atomic_store_explicit(&o->live, 0, memory_order_relaxed);
	pool_free_deferred(&w->cache, ref >> 1);
	return true;
}

/* Permanent keys, in the stages of a batch: guessed, or else looked up. */
static void look_up_batch(struct worker *w)
{
	struct torture *t = w->t;
	const struct bucket *b[BATCH];
	uint64_t n_buckets = table_buckets(&t->table);
	uint64_t key[BATCH], missed = 0;

	for (unsigned i = 0; i < BATCH; i++) {
		key[i] = random_u32(&w->random) % (2 * t->permanent);
		b[i] = table_aim(&t->table, n_buckets, t->hash(key[i]));
	}
	for (unsigned i = 0; i < BATCH; i++) {
		uint32_t ref = table_guess(&t->table, b[i], t->hash(key[i]));

		missed += (!ref || !is_key(t, ref, key[i])) && !find(t, key[i]);
		missed += !find(t, key[i] ^ 1);
	}
	bump(&t->missed, missed);
	bump(&t->lookups, UINT64_C(2) * BATCH);
}

/* ----------------------------------------------------------------- threads */

static void *reader(void *arg)
{
	struct worker *w = arg;

	grace_thread_register();
	while (!threads_over(&w->t->threads)) {
		look_up_batch(w);
		grace_quiescent();
	}
	grace_thread_unregister();
	return NULL;
}

/* Inserts more than it removes, so that the table grows to hold most of the
 * churned objects; all churners work on the same ones. */
static void *churner(void *arg)
{
	struct worker *w = arg;
	struct torture *t = w->t;
	uint64_t inserted = 0, removed = 0;

	grace_thread_register();
	while (!threads_over(&t->threads)) {
		for (unsigned i = 0; i < BATCH; i++) {
			uint64_t n = t->permanent +
				     random_u32(&w->random) % t->churned;

			if (random_u32(&w->random) % 4)
				inserted += insert(w, n);
			else
				removed += removes(w, n);
		}
		grace_quiescent();
	}
	bump(&t->inserted, inserted);
	bump(&t->removed, removed);
	table_hand_close(&t->table, &w->hand);
	pool_cache_fini(&w->cache);
	grace_thread_unregister();
	return NULL;
}

static void sweep(struct torture *t)
{
	for (uint32_t i = 0; i < pool_n_slabs(&t->pool); i++) {
		struct pool_slab s = pool_slab(&t->pool, i);

		for (uint32_t k = 0; k < s.n; k++) {
			struct object *o =
				pool_at(&t->pool, s.first + k * s.step);

			if (atomic_load_explicit(&o->live,
						 memory_order_acquire))
				verify(t, o);
		}
		grace_quiescent();
	}
}

static void *maintainer(void *arg)
{
	struct worker *w = arg;
	struct torture *t = w->t;

	grace_thread_register();
	while (!threads_over(&t->threads)) {
		(void)table_maintain(&t->table, &w->hand, 32);
		(void)pool_reserve(&t->pool, 1);
		sweep(t);
		grace_thread_offline();
		usleep(500);
		grace_thread_online();
	}
	table_hand_close(&t->table, &w->hand);
	grace_thread_unregister();
	return NULL;
}

/* ------------------------------------------------------------------- cases */

static uint64_t spread(uint64_t key)
{
	struct random r = random_new(key);

	return random_u64(&r);
}

/* Chains of several buckets, which splits divide and removals shorten. */
static uint64_t long_chains(uint64_t key)
{
	return spread(key) & ~(uint64_t)0x3e0;
}

/* One chain of hundreds of buckets: whoever works on it meets its splits. */
static uint64_t one_chain(uint64_t key)
{
	return spread(key) & ~(uint64_t)0x3ff;
}

static const struct torture_case {
	const char *name;
	uint64_t (*hash)(uint64_t key);
	uint32_t permanent, churned;
	void *(*thread[MAX_THREADS])(void *worker);
	unsigned time;
} cases[] = {
	/* clang-format off */
	{ "growing, alone", spread, 1000, 400000,
	  { reader, reader, churner, churner }, 400000 },
	{ "growing, maintained", spread, 1000, 400000,
	  { reader, reader, churner, churner, maintainer }, 400000 },
	{ "few keys, fought over", spread, 500, 64,
	  { reader, churner, churner, churner, maintainer }, 300000 },
	{ "long chains", long_chains, 500, 20000,
	  { reader, churner, churner, maintainer }, 400000 },
	{ "one chain, divided", one_chain, 500, 20000,
	  { reader, churner, churner, churner }, 500000 },
	/* clang-format on */
};

static uint64_t in_table(struct torture *t)
{
	struct table_iter it;
	uint64_t n = 0;

	table_iter_start(&t->table, &it, 0, UINT64_MAX);
	while (table_iter_next(&t->table, &it))
		n++;
	return n;
}

static struct torture *torture_new(const struct torture_case *c)
{
	struct pool_config cfg = {.slab_bytes = 65536};
	struct torture *t = lines_of_zeros(sizeof(*t));

	assert_int_equal(table_init(&t->table, 0), 0);
	pool_init(&t->pool, &cfg);
	t->hash = c->hash;
	t->permanent = c->permanent;
	t->churned = c->churned;
	return t;
}

static void run_threads(struct torture *t, const struct torture_case *c,
			struct worker *w)
{
	for (unsigned n = 0; n < MAX_THREADS && c->thread[n]; n++) {
		w[n].t = t;
		w[n].random = random_new(n);
		if (c->thread[n] == churner)
			pool_cache_init(&w[n].cache, &t->pool);
		threads_start(&t->threads, c->thread[n], &w[n]);
	}
	grace_thread_offline();
	threads_finish(&t->threads, c->time);
	grace_thread_online();
}

static void check_case(const struct torture_case *c)
{
	struct torture *t = torture_new(c);
	struct worker *w = lines_of_zeros((MAX_THREADS + 1) * sizeof(*w));
	uint64_t live;

	w[MAX_THREADS].t = t;
	pool_cache_init(&w[MAX_THREADS].cache, &t->pool);
	for (uint32_t i = 0; i < c->permanent; i++)
		assert_true(insert(&w[MAX_THREADS], i));
	run_threads(t, c, w);

	live = c->permanent + atomic_load(&t->inserted) -
	       atomic_load(&t->removed);
	print_message("  %s: %lu looked up, %lu inserted, %lu removed, "
		      "%lu buckets\n",
		      c->name, atomic_load(&t->lookups),
		      atomic_load(&t->inserted), atomic_load(&t->removed),
		      table_buckets(&t->table));
	assert_true(atomic_load(&t->lookups) > 0 &&
		    atomic_load(&t->inserted) > 0);
	assert_int_equal(atomic_load(&t->missed), 0);
	assert_int_equal(atomic_load(&t->torn), 0);
	assert_int_equal(atomic_load(&t->half), 0);
	assert_int_equal(in_table(t), 2 * live);
	for (uint32_t i = 0; i < c->permanent + c->churned; i++)
		live -= removes(&w[MAX_THREADS], i);
	assert_int_equal(live, 0);
	assert_int_equal(in_table(t), 0);

	table_hand_close(&t->table, &w[MAX_THREADS].hand);
	pool_cache_fini(&w[MAX_THREADS].cache);
	pool_fini(&t->pool);
	table_fini(&t->table);
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
	int failed;

	grace_thread_register();
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	grace_thread_unregister();
	return failed;
}
