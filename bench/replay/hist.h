/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A log-linear histogram: values up to 2^40, each counted in a bucket whose
 * width is at most 1/64 of the value. Adding is a few instructions. */
#ifndef NATBENCH_HIST_H
#define NATBENCH_HIST_H

#include <stdint.h>

enum {
	HIST_FINE_BITS = 6,
	HIST_FINE = 1 << HIST_FINE_BITS,
	HIST_VALUE_BITS = 40,
	HIST_BUCKETS = (HIST_VALUE_BITS - HIST_FINE_BITS + 1) * HIST_FINE,
};

struct hist {
	uint64_t count, max;
	uint64_t bucket[HIST_BUCKETS];
};

static inline unsigned hist_bucket(uint64_t value)
{
	unsigned top, shift;

	if (value < HIST_FINE)
		return (unsigned)value;
	if (value >> HIST_VALUE_BITS)
		return HIST_BUCKETS - 1;
	top = 63 - (unsigned)__builtin_clzll(value);
	shift = top - HIST_FINE_BITS;
	return (shift + 1) * HIST_FINE + (unsigned)(value >> shift) - HIST_FINE;
}

/* Counts @value @n times. */
static inline void hist_add(struct hist *h, uint64_t value, uint64_t n)
{
	h->bucket[hist_bucket(value)] += n;
	h->count += n;
	if (value > h->max)
		h->max = value;
}

void hist_merge(struct hist *into, const struct hist *from);

/* The least bucket end such that a share of at least @quantile lies at or
 * below it; exact for the greatest value. 0 when nothing was counted. */
uint64_t hist_quantile(const struct hist *h, double quantile);

#endif
