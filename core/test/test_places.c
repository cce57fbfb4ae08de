/* SPDX-License-Identifier: BSD-2-Clause
 * Places under a limit, taken by two who keep a stock. */
#include "shared/places.h"
#include "test/check.h"

enum { TAKERS = 2 };

struct bed {
	struct places p;
	struct places_stock stock[TAKERS];
	uint32_t n; /* taken, and not in stock */
};

static bool take(struct bed *b, unsigned who)
{
	bool ok = places_take(&b->p, &b->stock[who]);

	if (ok)
		b->n++;
	else
		places_give(&b->p, &b->stock[who]);
	return ok;
}

static void give(struct bed *b, unsigned who)
{
	places_give(&b->p, &b->stock[who]);
	b->n--;
}

/* Two who come and go. */
static void close_all(struct bed *b)
{
	for (unsigned who = 0; who < TAKERS; who++)
		places_close(&b->p, &b->stock[who]);
}

static uint32_t in_use(const struct bed *b)
{
	return places_taken(&b->p) - places_in_stock(&b->stock[0]) -
	       places_in_stock(&b->stock[1]);
}

static const struct limit {
	const char *name;
	uint32_t max, rest; /* who takes the last ones alone */
} limits[] = {
	{"a single place", 1, 1},
	{"too few for lots", 1000, 300},
	{"lots of one", 10000, 3000},
	{"lots", 1 << 18, 1 << 16},
	{"lots until shortly before the end", 1 << 18, 100},
};

/* Exactly so many are let in, whoever asks, once the other has been told that
 * few are left. One that is given back is there for either. */
static void check_limit(const struct limit *l)
{
	struct bed b = {.p.max = l->max};

	while (b.n < l->max - l->rest)
		if (!take(&b, b.n % TAKERS) || in_use(&b) != b.n)
			fail_msg("%s: %u", l->name, b.n);
	while (b.n < l->max) {
		places_balance(&b.p, &b.stock[0]);
		if (!take(&b, 1) || in_use(&b) != b.n)
			fail_msg("%s: %u", l->name, b.n);
	}
	for (unsigned who = 0; who < TAKERS; who++) {
		if (take(&b, who))
			fail_msg("%s: one too many", l->name);
		give(&b, !who);
		if (!take(&b, who))
			fail_msg("%s: not the one given back", l->name);
	}
	close_all(&b);
	assert_int_equal(places_taken(&b.p), l->max);
	assert_int_equal(places_peak(&b.p.peak), l->max);
}

static void limit(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(limits); i++)
		check_limit(&limits[i]);
}

/* Without one, the common counter is seldom touched; nothing is lost. */
static void no_limit(void **state)
{
	enum { MOST = 1 << 18 };
	struct bed b = {0};
	uint32_t changes = 0, before = 0;

	(void)state;
	while (b.n < MOST) {
		assert_true(take(&b, b.n % TAKERS));
		changes += places_taken(&b.p) != before;
		before = places_taken(&b.p);
		assert_int_equal(in_use(&b), b.n);
	}
	assert_in_range(changes, 1, MOST / 5);
	while (b.n) {
		give(&b, b.n % TAKERS);
		assert_int_equal(in_use(&b), b.n);
	}
	assert_int_equal(places_taken(&b.p), 0);
	close_all(&b);
	assert_in_range(places_peak(&b.p.peak), MOST, MOST + 2 * PLACES_LOT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(limit),
		cmocka_unit_test(no_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
