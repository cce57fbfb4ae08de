/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The histogram against sorted values. */
#include <stdlib.h>
#include <string.h>

#include "capture/random.h"
#include "replay/hist.h"
#include "test/check.h"

#define N_ROWS(a) (sizeof(a) / sizeof((a)[0]))

enum { N = 20000 };

static struct hist hist, other;
static uint64_t value[N];

/* clang-format off */
static const struct {
	const char *name;
	unsigned bits; /* of the greatest value */
} spreads[] = {
	{ "exact below 64", 6 },
	{ "nanoseconds", 12 },
	{ "milliseconds", 22 },
	{ "up to the limit", 40 },
};

static const double quantiles[] = { 0, .001, .5, .9, .99, .999, .9999, 1 };
/* clang-format on */

static int compare(const void *a, const void *b)
{
	uint64_t x, y;

	memcpy(&x, a, sizeof(x));
	memcpy(&y, b, sizeof(y));
	return (x > y) - (x < y);
}

static uint64_t exact(double quantile)
{
	double rank = quantile * N;
	size_t i = (size_t)rank;

	if ((double)i < rank)
		i++;
	return value[i ? i - 1 : 0];
}

static void test_quantiles(void **state)
{
	struct rng rng = rng_new(7);

	(void)state;
	for (size_t s = 0; s < N_ROWS(spreads); s++) {
		memset(&hist, 0, sizeof(hist));
		memset(&other, 0, sizeof(other));
		for (size_t i = 0; i < N; i++) {
			value[i] = rng_u64(&rng) >> (64 - spreads[s].bits);
			value[i] >>= rng_below(&rng, spreads[s].bits);
			hist_add(i % 2 ? &hist : &other, value[i], 1);
		}
		hist_merge(&hist, &other);
		qsort(value, N, sizeof(*value), compare);
		for (size_t q = 0; q < N_ROWS(quantiles); q++) {
			uint64_t want = exact(quantiles[q]);
			uint64_t got = hist_quantile(&hist, quantiles[q]);

			if (got < want || got > want + want / HIST_FINE)
				fail_msg("%s: quantile %g is %llu, not %llu",
					 spreads[s].name, quantiles[q],
					 (unsigned long long)got,
					 (unsigned long long)want);
		}
		assert_int_equal(hist_quantile(&hist, 1), value[N - 1]);
	}
}

static void test_edges(void **state)
{
	(void)state;
	memset(&hist, 0, sizeof(hist));
	assert_int_equal(hist_quantile(&hist, .5), 0);
	hist_add(&hist, UINT64_MAX, 1); /* beyond the limit: the last bucket */
	assert_int_equal(hist_bucket(UINT64_MAX), HIST_BUCKETS - 1);
	hist_add(&hist, 5, 99);
	assert_int_equal(hist_quantile(&hist, .99), 5);
	assert_int_equal(hist.count, 100);
	for (uint64_t v = 1; v < UINT64_C(1) << HIST_VALUE_BITS; v *= 2)
		assert_int_equal(hist_bucket(v), hist_bucket(v - 1) + 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_quantiles),
		cmocka_unit_test(test_edges),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
