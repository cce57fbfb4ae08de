/* SPDX-License-Identifier: BSD-2-Clause
 * shared/chunk: numbers are addresses, limits, what is zero, what stays. One
 * thread; several grow in torture_table.c. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "shared/chunk.h"
#include "test/limit.h"

static uint8_t *chunk_at(const struct chunks *c, uint32_t i)
{
	return (uint8_t *)c->base + i * CHUNK_MAX;
}

/* ------------------------------------------------------------------ growth */

/* How each chunk is asked for: ready, raw, or '+', together with the next. */
static const struct growth_case {
	const char *name, *asked;
	size_t size;
	uint32_t max;
	bool more; /* than these are to be had */
} growth_cases[] = {
	{"raw", "rrr", CHUNK_MAX, 3, false},
	{"ready", "RRR", CHUNK_MAX, 3, false},
	{"by turns", "rRrRR", CHUNK_MAX, 8, true},
	{"small, by turns", "RrrRr", 4096, 8, true},
	{"several at once", "++r++R", 65536, 6, false},
	{"as many as an index names", "Rr", CHUNK_MAX, 1 << 15, true},
	{"none", "", CHUNK_MAX, 0, false},
};

/* All of them are zero at first and stay where they are. */
static void check_growth(const struct growth_case *g)
{
	struct chunks c;
	uint32_t n = 0;

	chunks_init(&c, g->size, g->max);
	assert_int_equal(chunks_bytes(&c), 0);
	assert_int_equal((uintptr_t)c.base % CHUNK_MAX, 0);
	for (const char *how = g->asked; *how; how++) {
		uint32_t was = n;

		for (n++; *how == '+'; how++)
			n++;
		assert_true(chunks_reach(&c, n, *how == 'R'));
		assert_int_equal(chunks_n(&c), n);
		for (uint32_t i = was; i < n; i++) {
			assert_true(all_bytes(chunk_at(&c, i), g->size, 0));
			memset(chunk_at(&c, i), (int)i + 1, g->size);
		}
	}
	assert_true(chunks_reach(&c, 0, false));
	assert_int_equal(chunks_reach(&c, n + 1, true), g->more);
	assert_int_equal(chunks_bytes(&c), (n + g->more) * g->size);
	for (uint32_t i = 0; i < n; i++)
		assert_true(
			all_bytes(chunk_at(&c, i), g->size, (uint8_t)(i + 1)));
	chunks_fini(&c);
}

static void growth(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(growth_cases); i++) {
		print_message("  %s\n", growth_cases[i].name);
		check_growth(&growth_cases[i]);
	}
}

/* ------------------------------------------------------------------ limits */

static rlim_t address_space_used(void)
{
	unsigned long pages = 0;
	FILE *f = fopen("/proc/self/statm", "r");

	assert_non_null(f);
	assert_int_equal(fscanf(f, "%lu", &pages), 1);
	(void)fclose(f);
	return pages * (rlim_t)sysconf(_SC_PAGESIZE);
}

static const struct space_case {
	const char *name;
	uint32_t max, free, want; /* chunks */
} space_cases[] = {
	{"all of it", 64, 130, 64},  {"half of it", 64, 127, 32},
	{"a little", 1 << 15, 5, 2}, {"one", 1 << 15, 2, 1},
	{"not one", 1 << 15, 1, 0},
};

/* Where address space is short there are fewer, and as much is left. */
static void space(void **state)
{
	(void)state;
	skip_unless_limited();
	for (size_t i = 0; i < ARRAY_LEN(space_cases); i++) {
		const struct space_case *s = &space_cases[i];
		struct rlimit old;
		struct chunks c;
		bool within, past;

		print_message("  %s\n", s->name);
		old = limit(RLIMIT_AS,
			    address_space_used() + s->free * CHUNK_MAX);
		chunks_init(&c, CHUNK_MAX, s->max);
		within = chunks_reach(&c, c.max, false);
		past = chunks_reach(&c, (uint64_t)c.max + 1, false);
		assert_int_equal(setrlimit(RLIMIT_AS, &old), 0);
		assert_int_equal(c.max, s->want);
		assert_true(within);
		assert_false(past);
		chunks_fini(&c);
	}
}

/* With no memory left there are no more, until there is. */
static void no_memory(void **state)
{
	(void)state;
	skip_unless_limited();
	for (int ready = 0; ready < 2; ready++) {
		struct rlimit old;
		struct chunks c;
		bool got;

		chunks_init(&c, CHUNK_MAX, 4);
		assert_true(chunks_reach(&c, 1, ready));
		old = limit(RLIMIT_DATA, 1);
		got = chunks_reach(&c, 2, ready);
		assert_int_equal(setrlimit(RLIMIT_DATA, &old), 0);
		assert_false(got);
		assert_int_equal(chunks_n(&c), 1);
		assert_true(chunks_reach(&c, 4, ready));
		assert_true(all_bytes(c.base, 4 * CHUNK_MAX, 0));
		chunks_fini(&c);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(growth),
		cmocka_unit_test(space),
		cmocka_unit_test(no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
