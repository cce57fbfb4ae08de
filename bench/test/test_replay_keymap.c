/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Keys are counted in order of appearance, however many there are, and keep
 * what is in their entries. */
#include <string.h>

#include "replay/keymap.h"
#include "test/check.h"

#define N_ROWS(a) (sizeof(a) / sizeof((a)[0]))

struct entry {
	uint8_t key[KEYMAP_KEY];
	uint64_t value;
};

/* Keys differ in their last bytes. */
static void make_key(uint8_t key[KEYMAP_KEY], uint32_t i)
{
	memset(key, 0, KEYMAP_KEY);
	memcpy(key + KEYMAP_KEY - sizeof(i), &i, sizeof(i));
}

static void check_key(struct keymap *m, uint32_t i)
{
	uint8_t key[KEYMAP_KEY];
	const struct entry *e;
	uint32_t at;
	bool fresh;

	make_key(key, i);
	keymap_aim(m, keymap_hash(key));
	keymap_fetch(m, keymap_hash(key));
	assert_true(keymap_find(m, key, keymap_hash(key), &at));
	assert_int_equal(at, i);
	assert_true(keymap_get(m, key, keymap_hash(key), &at, &fresh));
	assert_int_equal(at, i);
	assert_false(fresh);
	e = keymap_at(m, at);
	assert_memory_equal(e->key, key, KEYMAP_KEY);
	assert_int_equal(e->value, i * UINT64_C(3));
}

static void add_key(struct keymap *m, uint32_t i)
{
	uint8_t key[KEYMAP_KEY];
	struct entry *e;
	uint32_t at;
	bool fresh;

	make_key(key, i);
	keymap_aim(m, keymap_hash(key));
	keymap_fetch(m, keymap_hash(key));
	assert_false(keymap_find(m, key, keymap_hash(key), &at));
	assert_true(keymap_get(m, key, keymap_hash(key), &at, &fresh));
	assert_true(fresh);
	assert_int_equal(at, i);
	e = keymap_at(m, at);
	assert_int_equal(e->value, 0);
	e->value = i * UINT64_C(3);
}

/* From none to more than fit into a first table. */
static void test_counts(void **state)
{
	static const uint32_t counts[] = {0, 1, 2, 1000, 100000};

	(void)state;
	for (size_t i = 0; i < N_ROWS(counts); i++) {
		struct keymap m;

		keymap_init(&m, sizeof(struct entry));
		for (uint32_t k = 0; k < counts[i]; k++)
			add_key(&m, k);
		assert_int_equal(m.n, counts[i]);
		for (uint32_t k = 0; k < counts[i]; k++)
			check_key(&m, k);
		keymap_free(&m);
	}
}

/* Two keys of one hash are two. */
static void test_same_hash(void **state)
{
	enum { HASH = 7 };
	uint8_t key[2][KEYMAP_KEY];
	struct keymap m;
	uint32_t at;
	bool fresh;

	(void)state;
	keymap_init(&m, sizeof(struct entry));
	for (uint32_t i = 0; i < 2; i++) {
		make_key(key[i], i);
		assert_true(keymap_get(&m, key[i], HASH, &at, &fresh));
		assert_true(fresh);
		assert_int_equal(at, i);
	}
	for (uint32_t i = 0; i < 2; i++) {
		assert_true(keymap_find(&m, key[i], HASH, &at));
		assert_int_equal(at, i);
	}
	keymap_free(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_counts),
		cmocka_unit_test(test_same_hash),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
