/* SPDX-License-Identifier: BSD-2-Clause
 * shared/pool: indices, sizes, limits, caches, grace periods, slabs. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "shared/pool.h"
#include "test/check.h"

struct fixture {
	struct pool pool;
	struct pool_cache cache[2];
	uint32_t index[1000];
};

static struct fixture *fixture_new(const struct pool_config *cfg)
{
	struct fixture *f = aligned_alloc(CACHE_LINE, sizeof(*f));

	assert_non_null(f);
	pool_init(&f->pool, cfg);
	pool_cache_init(&f->cache[0], &f->pool);
	pool_cache_init(&f->cache[1], &f->pool);
	return f;
}

static void fixture_free(struct fixture *f)
{
	pool_cache_fini(&f->cache[0]);
	pool_cache_fini(&f->cache[1]);
	pool_fini(&f->pool);
	free(f);
}

static struct pool_usage usage(struct fixture *f)
{
	struct pool_usage u;

	pool_usage(&f->pool, &u);
	return u;
}

/* Every object of every slab, as sweepers see them: how many bear a mark. */
static uint32_t marked(const struct pool *p, uint32_t mark)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < pool_n_slabs(p); i++) {
		struct pool_slab s = pool_slab(p, i);

		for (uint32_t k = 0; k < s.n; k++) {
			uint32_t *o = pool_at(p, s.first + k * s.step);

			n += *o == mark;
		}
	}
	return n;
}

/* ------------------------------------------------------------------ sizes */

static const struct size_case {
	const char *name;
	size_t slab_bytes, bytes;
	unsigned n;
	bool reserve;
} size_cases[] = {
	{"smallest", 4096, 32, 1000, false},
	{"two units, slab made ahead", 4096, 64, 1000, true},
	{"does not divide the slab", 8192, 96, 1000, false},
	{"does not divide, made ahead", 8192, 96, 1000, true},
	{"odd size is rounded up", 4096, 130, 500, false},
	{"largest", 65536, 256, 2000, false},
	{"default slab", 0, 96, 30000, false},
	{"default slab, made ahead", 0, 96, 30000, true},
};

/* Distinct, aligned, apart, zero at first, and seen by sweepers. */
static void check_size(const struct size_case *c)
{
	struct pool_config cfg = {.slab_bytes = c->slab_bytes};
	struct fixture *f = fixture_new(&cfg);
	unsigned units = pool_units(c->bytes);
	size_t bytes = units * (size_t)POOL_UNIT;
	uint32_t *index = calloc(c->n, sizeof(*index));

	assert_non_null(index);
	if (c->reserve)
		assert_true(pool_reserve(&f->pool, 2));
	for (unsigned i = 0; i < c->n; i++) {
		index[i] = pool_alloc(&f->cache[0], units);
		assert_int_not_equal(index[i], 0);

		uint8_t *o = pool_at(&f->pool, index[i]);

		assert_int_equal((uintptr_t)o % POOL_UNIT, 0);
		assert_true(all_bytes(o, bytes, 0));
		memset(o, (int)(i % 255) + 1, bytes);
	}
	for (unsigned i = 0; i < c->n; i++)
		assert_true(all_bytes(pool_at(&f->pool, index[i]), bytes,
				      (uint8_t)(i % 255 + 1)));
	assert_int_equal(usage(f).live, c->n);
	assert_int_equal(usage(f).live_bytes, c->n * bytes);
	assert_true(usage(f).total_bytes >= c->n * bytes);
	for (unsigned i = 0; i < c->n; i++)
		*(uint32_t *)pool_at(&f->pool, index[i]) = 0xfeedface;
	assert_int_equal(marked(&f->pool, 0xfeedface), c->n);
	for (unsigned i = 0; i < c->n; i++)
		pool_free_now(&f->cache[i % 2], index[i]);
	assert_int_equal(usage(f).live, 0);
	free(index);
	fixture_free(f);
}

static void sizes(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(size_cases); i++) {
		print_message("  %s\n", size_cases[i].name);
		check_size(&size_cases[i]);
	}
}

/* ------------------------------------------------------------------ limit */

static const struct limit_case {
	const char *name;
	uint64_t max_bytes;
	unsigned units, want; /* index 0 takes the first object of the first */
} limit_cases[] = {
	{"one slab", 4096, 1, 127},
	{"three slabs", 12288, 2, 3 * 64 - 1},
	{"a slab and a bit", 6000, 4, 31},
	{"less than a slab", 4095, 1, 0},
};

static void limits(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(limit_cases); i++) {
		const struct limit_case *c = &limit_cases[i];
		struct pool_config cfg = {.slab_bytes = 4096,
					  .max_bytes = c->max_bytes};
		struct fixture *f = fixture_new(&cfg);
		uint32_t last = 0, index;
		unsigned n = 0;

		print_message("  %s\n", c->name);
		for (; (index = pool_alloc(&f->cache[0], c->units)); n++)
			last = index;
		assert_int_equal(n, c->want);
		assert_false(pool_reserve(&f->pool, 1));
		if (last) { /* what comes back can be had again */
			pool_free_now(&f->cache[0], last);
			assert_int_equal(pool_alloc(&f->cache[0], c->units),
					 last);
			assert_int_equal(pool_alloc(&f->cache[0], c->units), 0);
		}
		fixture_free(f);
	}
}

/* ----------------------------------------------------------- grace periods */

/* Takes all there is and counts those that are one of @of. */
static unsigned take_all(struct fixture *f, const uint32_t *of, unsigned n)
{
	unsigned found = 0;
	uint32_t index;

	while ((index = pool_alloc(&f->cache[0], 2)))
		for (unsigned i = 0; i < n; i++)
			found += of[i] == index;
	return found;
}

static const struct grace_case {
	const char *name;
	unsigned n;
	bool idle;      /* pool_cache_idle() after the frees */
	bool quiescent; /* the reader lets go */
	unsigned back;  /* how many come back */
} grace_cases[] = {
	{"a reader holds on", 600, true, false, 0},
	{"a reader lets go", 600, true, true, 600},
	{"part of a batch waits for idle", 300, false, true, BATCH_MAX},
	{"less than a batch", 5, true, true, 5},
};

static void check_grace(const struct grace_case *c)
{
	struct pool_config cfg = {.slab_bytes = 4096, .max_bytes = 262144};
	struct fixture *f = fixture_new(&cfg);
	uint32_t *index = f->index;

	for (unsigned i = 0; i < c->n; i++)
		index[i] = pool_alloc(&f->cache[0], 2);
	while (pool_alloc(&f->cache[0], 2))
		;
	for (unsigned i = 0; i < c->n; i++)
		pool_free_deferred(&f->cache[1], index[i]);
	if (c->idle)
		pool_cache_idle(&f->cache[1]);
	if (c->quiescent)
		grace_wait_deferred();
	else
		usleep(30000); /* a grace period that did not wait is over */
	assert_int_equal(take_all(f, index, c->n), c->back);
	assert_int_equal(usage(f).stranded, 0);
	fixture_free(f);
}

/* This thread is the reader. */
static void grace(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(grace_cases); i++) {
		print_message("  %s\n", grace_cases[i].name);
		check_grace(&grace_cases[i]);
	}
}

/* ------------------------------------------------------------------ caches */

/* One cache frees what another allocates: memory must go round. */
static void goes_round(void **state)
{
	struct fixture *f = fixture_new(NULL);
	uint32_t *index = f->index;
	uint64_t bytes = 0;

	(void)state;
	for (unsigned round = 0; round < 200; round++) {
		for (unsigned i = 0; i < 1000; i++)
			index[i] = pool_alloc(&f->cache[0], 3);
		for (unsigned i = 0; i < 1000; i++)
			pool_free_now(&f->cache[1], index[i]);
		if (round == 2)
			bytes = usage(f).total_bytes;
	}
	assert_true(usage(f).total_bytes <= bytes + 4096);
	assert_int_equal(usage(f).live, 0);
	fixture_free(f);
}

/* What a cache held when it ended can be had by another. */
static void cache_ends(void **state)
{
	struct pool_config cfg = {.slab_bytes = 4096, .max_bytes = 4096};
	struct fixture *f = fixture_new(&cfg);
	unsigned n = 0;

	(void)state;
	pool_free_now(&f->cache[0], pool_alloc(&f->cache[0], 1));
	pool_cache_fini(&f->cache[0]);
	while (pool_alloc(&f->cache[1], 1))
		n++;
	assert_int_equal(n, 127);
	assert_int_equal(usage(f).live, 127);
	pool_cache_init(&f->cache[0], &f->pool);
	fixture_free(f);
}

static void two_sizes_two_slabs(void **state)
{
	struct fixture *f = fixture_new(NULL);
	uint32_t a = pool_alloc(&f->cache[0], 2);
	uint32_t b = pool_alloc(&f->cache[0], 3);

	(void)state;
	assert_int_equal(pool_n_slabs(&f->pool), 2);
	assert_int_equal(pool_slab(&f->pool, a >> POOL_UNIT_BITS).step, 2);
	assert_int_equal(pool_slab(&f->pool, b >> POOL_UNIT_BITS).step, 3);
	fixture_free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes),
		cmocka_unit_test(limits),
		cmocka_unit_test(grace),
		cmocka_unit_test(goes_round),
		cmocka_unit_test(cache_ends),
		cmocka_unit_test(two_sizes_two_slabs),
	};
	int failed;

	grace_thread_register();
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	grace_thread_unregister();
	return failed;
}
