/* SPDX-License-Identifier: BSD-2-Clause
 * What is remembered of paths, for how long, of how many. */
#include "shared/path_mtus.h"
#include "test/check.h"
#include "util.h"

enum { LINK = 1500, MINUTE = 60 * TICKS_PER_S };

struct step {
	const char *name;
	uint32_t host, route;
	uint32_t told; /* 0: nothing */
	ticks at;
	uint32_t found;
};

/* One after the other, of one table. */
static const struct step steps[] = {
	{"nothing was told", 1, 1, 0, 0, LINK},
	{"told", 1, 1, 1300, 0, 1300},
	{"another host", 2, 1, 0, 0, LINK},
	{"another route", 1, 2, 0, 0, LINK},
	{"told of that, too", 1, 2, 1400, 1 * MINUTE, 1400},
	{"the first stays", 1, 1, 0, 1 * MINUTE, 1300},
	{"told again", 1, 1, 1280, 5 * MINUTE, 1280},
	{"ten minutes from then on", 1, 1, 0, 15 * MINUTE - 1, 1280},
	{"no longer", 1, 1, 0, 15 * MINUTE, LINK},
	{"neither the other", 1, 2, 0, 15 * MINUTE, LINK},
	{"told anew", 1, 1, 1350, 16 * MINUTE, 1350},
	{"more than the link takes", 3, 1, 9000, 16 * MINUTE, LINK},
};

static struct path_key key_of(uint32_t host, uint32_t route)
{
	return (struct path_key){.dst = {{1, 2, 3, host}}, .route = route};
}

static void test_steps(void **state)
{
	/* the clock wraps on the way */
	const ticks start = UINT32_MAX - 2 * MINUTE;
	struct path_mtus m;

	(void)state;
	path_mtus_init(&m, 1);
	for (const struct step *s = steps; s < steps + ARRAY_LEN(steps); s++) {
		struct path_key key = key_of(s->host, s->route);
		uint32_t got;

		if (s->told)
			path_mtus_learn(&m, &key, s->told, start + s->at);
		got = path_mtus_find(&m, &key, LINK, start + s->at);
		if (got != s->found)
			fail_msg("%s: %u", s->name, got);
	}
	path_mtus_fini(&m);
}

/* However many there are, the latest is known and memory is not used up. */
static void test_crowd(void **state)
{
	enum { HOSTS = 50000 };
	struct path_mtus m;
	unsigned known = 0;

	(void)state;
	path_mtus_init(&m, 1);
	for (uint32_t i = 0; i < HOSTS; i++) {
		struct path_key key = key_of(i, 0);

		path_mtus_learn(&m, &key, 1280, i);
		assert_int_equal(path_mtus_find(&m, &key, LINK, i), 1280);
	}
	for (uint32_t i = 0; i < HOSTS; i++) {
		struct path_key key = key_of(i, 0);

		known += path_mtus_find(&m, &key, LINK, HOSTS) == 1280;
	}
	assert_in_range(known, 5000, 5 * 1024);
	path_mtus_fini(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_steps),
		cmocka_unit_test(test_crowd),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
