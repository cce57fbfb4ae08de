/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Reading a histogram. */
#include "replay/hist.h"

#include <math.h>

/* The greatest value that lands in bucket @i. */
static uint64_t bucket_end(unsigned i)
{
	unsigned shift = i / HIST_FINE;
	uint64_t fine = i % HIST_FINE;

	if (!shift)
		return fine;
	shift--;
	return ((fine + HIST_FINE + 1) << shift) - 1;
}

void hist_merge(struct hist *into, const struct hist *from)
{
	for (unsigned i = 0; i < HIST_BUCKETS; i++)
		into->bucket[i] += from->bucket[i];
	into->count += from->count;
	if (from->max > into->max)
		into->max = from->max;
}

uint64_t hist_quantile(const struct hist *h, double quantile)
{
	uint64_t want = (uint64_t)ceil(quantile * (double)h->count);
	uint64_t seen = 0;

	if (!h->count)
		return 0;
	for (unsigned i = 0; i < HIST_BUCKETS; i++) {
		seen += h->bucket[i];
		if (seen >= want && seen)
			return bucket_end(i) < h->max ? bucket_end(i) : h->max;
	}
	return h->max;
}
