/* SPDX-License-Identifier: BSD-2-Clause
 * shared/table against a naive model: a flag for each key. One thread; what
 * threads do to it is in torture_table.c. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "pure/random.h"
#include "shared/table.h"
#include "test/limit.h"

/* Key k has hash hash(k) and reference k + 1. */
struct fixture {
	struct table table;
	struct table_hand hand;
	uint64_t (*hash)(uint32_t key);
	uint32_t keys, present;
	bool in[];
};

static struct fixture *fixture_new(uint64_t (*hash)(uint32_t), uint32_t keys)
{
	size_t size = sizeof(struct fixture) + keys;
	struct fixture *f;

	size = (size + CACHE_LINE - 1) & ~(size_t)(CACHE_LINE - 1);
	f = aligned_alloc(CACHE_LINE, size);
	assert_non_null(f);
	memset(f, 0, size);
	assert_int_equal(table_init(&f->table, 0), 0);
	f->hash = hash;
	f->keys = keys;
	return f;
}

static void fixture_free(struct fixture *f)
{
	table_hand_close(&f->table, &f->hand);
	table_fini(&f->table);
	free(f);
}

static bool found(const struct fixture *f, uint32_t key)
{
	struct table_probe p;
	uint32_t ref;

	table_for_each_candidate(&f->table, &p, f->hash(key),
				 ref) if (ref == key + 1) return true;
	return false;
}

static uint64_t spread(uint32_t key);

/* A guess names something that was there, and mostly the right one. */
static bool guessed(const struct fixture *f, uint32_t key)
{
	uint64_t hash = f->hash(key);
	const struct bucket *b =
		table_aim(&f->table, table_buckets(&f->table), hash);
	uint32_t ref = table_guess(&f->table, b, hash);

	assert_true(ref <= f->keys);
	return ref == key + 1;
}

/* Inserts @n of @key if none is there; says whether it did. */
static bool insert(struct fixture *f, const uint32_t *key, unsigned n)
{
	uint64_t hash[2] = {f->hash(key[0]), f->hash(key[n - 1])};
	uint32_t ref[2] = {key[0] + 1, key[n - 1] + 1}, r;
	bool taken = false;
	struct table_guard g;
	struct table_probe p;

	table_lock(&f->table, &g, hash, n);
	for (unsigned i = 0; i < n; i++)
		table_for_each_locked(&f->table, &g, i, &p, r) taken |=
			r == ref[i];
	if (!taken)
		assert_int_equal(table_insert(&f->table, &f->hand, &g, ref), 0);
	table_unlock(&f->table, &f->hand, &g);
	return !taken;
}

static void check_insert(struct fixture *f, const uint32_t *key, unsigned n)
{
	bool free = !f->in[key[0]] && !f->in[key[n - 1]];

	assert_int_equal(insert(f, key, n), free);
	if (!free)
		return;
	for (unsigned i = 0; i < n; i++)
		f->in[key[i]] = true;
	f->present += n;
}

static void check_remove(struct fixture *f, uint32_t key)
{
	assert_int_equal(
		table_remove(&f->table, &f->hand, f->hash(key), key + 1),
		f->in[key]);
	f->present -= f->in[key];
	f->in[key] = false;
}

/* Iteration yields each present key once. */
static void check_iteration(const struct fixture *f)
{
	bool *seen = calloc(f->keys + 1, sizeof(*seen));
	struct table_iter it;
	uint32_t ref, n = 0;

	assert_non_null(seen);
	table_iter_start(&f->table, &it, 12345, UINT64_MAX);
	while ((ref = table_iter_next(&f->table, &it))) {
		assert_true(f->in[ref - 1] && !seen[ref - 1]);
		seen[ref - 1] = true;
		n++;
	}
	assert_int_equal(n, f->present);
	free(seen);
}

/* Chains as chain.h describes them. Returns how many overflow buckets. */
static uint32_t check_chains(const struct fixture *f)
{
	const struct overflow *o = &f->table.overflow;
	uint32_t n = 0;

	for (uint64_t i = 0; i < table_buckets(&f->table); i++) {
		struct bucket *head = bucket_at(&f->table.primary, i);
		struct bucket *first = chain_next(o, head);

		assert_int_equal(atomic_load(&head->seq) & 1, 0);
		if (first)
			assert_int_equal(bucket_used(head), BUCKET_SLOTS);
		for (struct bucket *b = first; b; b = chain_next(o, b), n++)
			assert_in_range(bucket_used(b),
					b == first ? 1 : BUCKET_SLOTS,
					BUCKET_SLOTS);
	}
	return n;
}

static void check_all(const struct fixture *f)
{
	uint32_t there = 0, right = 0;

	for (uint32_t key = 0; key < f->keys; key++) {
		assert_int_equal(found(f, key), f->in[key]);
		assert_true(f->in[key] || !guessed(f, key));
		there += f->in[key];
		right += guessed(f, key);
	}
	if (f->hash == spread) /* of hashes alone a guess gets the first */
		assert_true(right >= there - there / 10);
	check_iteration(f);
	(void)check_chains(f);
}

static void check_free(const struct overflow *o, uint32_t i, bool *seen)
{
	const struct bucket *b = bucket_at(&o->buckets, i);

	assert_in_range(i, OVERFLOW_LOT, o->fresh - 1);
	assert_false(seen[i]);
	seen[i] = true;
	assert_int_equal(bucket_used(b), 0);
	assert_int_equal(atomic_load(&b->link), 0);
}

/* Every overflow bucket ever taken is free again, once. */
static void check_overflow_free(struct fixture *f)
{
	const struct overflow *o = &f->table.overflow;
	bool *seen = calloc(o->fresh, sizeof(*seen));
	uint32_t n = OVERFLOW_LOT;

	assert_non_null(seen);
	table_hand_close(&f->table, &f->hand);
	for (uint32_t i = o->free; i;) {
		const struct bucket *b = bucket_at(&o->buckets, i);

		check_free(o, i, seen);
		n++;
		for (unsigned k = 0; k < BUCKET_SLOTS; k++)
			if (slot_tag(b, k)) {
				check_free(o, slot_tag(b, k), seen);
				n++;
			}
		i = atomic_load(&b->seq);
	}
	assert_int_equal(n, o->fresh);
	free(seen);
}

/* ------------------------------------------------------------------ hashes */

static uint64_t spread(uint32_t key)
{
	uint64_t x = (key + 1) * UINT64_C(0x9e3779b97f4a7c15);

	x = (x ^ x >> 29) * UINT64_C(0xbf58476d1ce4e5b9);
	return x ^ x >> 32;
}

/* Equal tags in different buckets, until the table has outgrown both. */
static uint64_t few_tags(uint32_t key)
{
	return (spread(key) & ((1 << TABLE_MIN_LOG) - 1)) |
	       (uint64_t)(key % 3) << (TABLE_TAG_FROM + 30) | spread(key) << 58;
}

/* Long chains that a split divides. */
static uint64_t few_buckets(uint32_t key)
{
	return spread(key) & ~(uint64_t)((1 << TABLE_MIN_LOG) - 4);
}

/* One chain for ever. */
static uint64_t one_hash(uint32_t key)
{
	(void)key;
	return 0x123456789abcdef0;
}

/* ------------------------------------------------------------------ streams */

static const struct stream_case {
	const char *name;
	uint64_t (*hash)(uint32_t key);
	uint32_t keys, steps;
	unsigned insert_percent; /* the rest removes */
} stream_cases[] = {
	{"sparse", spread, 1000, 20000, 50},
	{"grows", spread, 60000, 100000, 90},
	{"grows and is emptied by the way", spread, 40000, 200000, 55},
	{"equal tags", few_tags, 5000, 50000, 60},
	{"long chains, growing", few_buckets, 20000, 60000, 80},
	{"one chain", one_hash, 300, 10000, 60},
};

/* Two different keys, perhaps of one hash. */
static void pick(struct random *r, uint32_t keys, uint32_t key[2])
{
	key[0] = random_u32(r) % keys;
	do
		key[1] = random_u32(r) % keys;
	while (key[1] == key[0]);
}

static void check_stream(const struct stream_case *c)
{
	struct fixture *f = fixture_new(c->hash, c->keys);
	struct random r = random_new(c->keys);
	uint32_t key[2];

	for (uint32_t i = 0; i < c->steps; i++) {
		pick(&r, c->keys, key);
		if (random_u32(&r) % 100 < c->insert_percent)
			check_insert(f, key, 1 + random_u32(&r) % 2);
		else
			check_remove(f, key[0]);
		assert_int_equal(found(f, key[1]), f->in[key[1]]);
		if (i % 64 == 0)
			assert_true(table_maintain(&f->table, &f->hand, 8));
	}
	check_all(f);
	for (uint32_t i = 0; i < c->keys; i++)
		check_remove(f, i);
	check_all(f);
	check_overflow_free(f);
	assert_int_equal(table_count(&f->table), 0);
	fixture_free(f);
}

static void streams(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(stream_cases); i++) {
		print_message("  %s\n", stream_cases[i].name);
		check_stream(&stream_cases[i]);
	}
}

/* ------------------------------------------------------------------ growth */

static const struct growth_case {
	const char *name;
	uint32_t keys;
	bool maintained;
} growth_cases[] = {
	{"stays", 4000, false},
	{"twelve bits, alone", 30000, false},
	{"over a segment, alone", 500000, false},
	{"over a segment, maintained", 500000, true},
};

static void check_growth(const struct growth_case *c)
{
	struct fixture *f = fixture_new(spread, c->keys);
	uint64_t n, slots, off;

	for (uint32_t i = 0; i < c->keys; i++) {
		n = table_buckets(&f->table);
		check_insert(f, &i, 1);
		assert_true(table_buckets(&f->table) - n <= 4);
		if (c->maintained && i % 256 == 0)
			assert_true(table_maintain(&f->table, &f->hand, 64));
	}
	table_hand_close(&f->table, &f->hand);
	n = table_buckets(&f->table);
	slots = n * BUCKET_SLOTS;
	assert_true(slots > c->keys);
	assert_true(n == 1 << TABLE_MIN_LOG || slots < (uint64_t)c->keys * 4);
	assert_true(table_bytes(&f->table) >= n * sizeof(struct bucket));
	off = table_count(&f->table) > c->keys
		      ? table_count(&f->table) - c->keys
		      : c->keys - table_count(&f->table);
	assert_true(off * off < 16 * (uint64_t)64 * c->keys); /* 4 sigma */
	assert_true(check_chains(f) < n / 3);
	check_all(f);
	fixture_free(f);
}

static void growth(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(growth_cases); i++) {
		print_message("  %s\n", growth_cases[i].name);
		check_growth(&growth_cases[i]);
	}
}

/* Every n from 2^10 to 2^12 maps a hash to a bucket that exists, and to the
 * bucket that splits have put it in. */
static void linear_hashing(void **state)
{
	(void)state;
	for (uint64_t n = 1 << 10; n <= 1 << 12; n++) {
		uint64_t half = UINT64_C(1) << (63 - __builtin_clzll(n));
		uint64_t s = n - half; /* splits when n becomes n + 1 */

		for (uint32_t key = 0; key < 50; key++) {
			uint64_t h = spread(key);
			uint64_t was = bucket_number(n, h);
			uint64_t is = bucket_number(n + 1, h);

			assert_true(was < n);
			assert_int_equal(is, was == s && h & half ? n : was);
		}
	}
}

/* ------------------------------------------------------------ out of memory */

/* With no memory left an insertion that needs an overflow bucket fails
 * and changes nothing. */
static void no_memory(void **state)
{
	struct fixture *f;
	uint64_t hash[2] = {one_hash(7), one_hash(8)};
	uint32_t ref[2] = {8, 9};
	struct rlimit old;
	struct table_guard g;
	int err;

	(void)state;
	skip_unless_limited();
	f = fixture_new(one_hash, 9);
	for (uint32_t i = 0; i < 7; i++)
		check_insert(f, &i, 1);
	old = limit(RLIMIT_DATA, 1);
	table_lock(&f->table, &g, hash, 2);
	err = table_insert(&f->table, &f->hand, &g, ref);
	table_unlock(&f->table, &f->hand, &g);
	assert_int_equal(setrlimit(RLIMIT_DATA, &old), 0);
	assert_int_equal(err, -ENOMEM);
	check_all(f);
	for (uint32_t i = 7; i < 9; i++)
		check_insert(f, &i, 1);
	check_all(f);
	fixture_free(f);
}

/* --------------------------------------------------------------- iteration */

static const struct iter_case {
	const char *name;
	uint64_t hash, n_buckets;
	uint32_t want; /* with one key in each of the 1024 buckets */
} iter_cases[] = {
	{"none", 5, 0, 0},
	{"one", 5, 1, 1},
	{"eight", 5, 8, 8},
	{"wraps around", 1020, 8, 8},
	{"at most all", 7, 5000, 1024},
};

static uint64_t identity(uint32_t key)
{
	return key | UINT64_C(1) << 48; /* not sampled: never grows */
}

static void iteration(void **state)
{
	struct fixture *f = fixture_new(identity, 1024);

	(void)state;
	for (uint32_t i = 0; i < 1024; i++)
		check_insert(f, &i, 1);
	for (size_t i = 0; i < ARRAY_LEN(iter_cases); i++) {
		const struct iter_case *c = &iter_cases[i];
		struct table_iter it;
		uint32_t ref, n = 0;

		print_message("  %s\n", c->name);
		table_iter_start(&f->table, &it, c->hash, c->n_buckets);
		for (; (ref = table_iter_next(&f->table, &it)); n++)
			assert_int_equal(ref - 1, (c->hash + n) % 1024);
		assert_int_equal(n, c->want);
	}
	fixture_free(f);
}

/* A guess made of a bucket that was aimed at before it changed. */
static void guesses(void **state)
{
	struct fixture *f = fixture_new(one_hash, 3);
	uint64_t n = table_buckets(&f->table);
	const struct bucket *b = table_aim(&f->table, n, one_hash(0));
	uint32_t key[2] = {0, 1};

	(void)state;
	assert_int_equal(table_guess(&f->table, b, one_hash(0)), 0);
	check_insert(f, &key[0], 1);
	assert_int_equal(table_guess(&f->table, b, one_hash(0)), 1);
	check_remove(f, key[0]);
	assert_int_equal(table_guess(&f->table, b, one_hash(0)), 0);
	check_insert(f, &key[1], 1);
	assert_int_equal(table_guess(&f->table, b, one_hash(0)), 2);
	fixture_free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(streams),        cmocka_unit_test(growth),
		cmocka_unit_test(linear_hashing), cmocka_unit_test(no_memory),
		cmocka_unit_test(iteration),      cmocka_unit_test(guesses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
